package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"jobsgateway/graph/live"
	"jobsgateway/internal/memory"
)

// changeEvent is what an event of jobsChanged has.
type changeEvent struct {
	Cursor string `json:"cursor"`
	Resync bool   `json:"resync"`
	Jobs   []struct {
		State string `json:"state"`
	} `json:"jobs"`
}

// nextChange reads an event of jobsChanged, which has to have data.
func (s *sse) nextChange() (change changeEvent) {
	s.t.Helper()
	event, data := s.next()
	var answer struct {
		Data struct {
			JobsChanged *changeEvent `json:"jobsChanged"`
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(data), &answer); err != nil || event != "next" || answer.Data.JobsChanged == nil {
		s.t.Fatalf("%s %.300s: %v", event, data, err)
	}
	return *answer.Data.JobsChanged
}

// An event that needs more memory than an operation may hold, or there is, would take its changes with it: the
// client is told to read its list instead, and goes on from there.
func TestEventThatCannotBeWrittenIsAResync(t *testing.T) {
	const most = 128 << 10
	gw := startLiveWith(t, func(s *setup) {
		s.config.MaxOperation = most
	}, func(c *live.Config) {
		c.Kept = &memory.Account{Memory: memory.New(8<<20, true), Owner: "streams", Limit: 2 << 20}
	})
	selection := ""
	for i := range 20 {
		selection += fmt.Sprintf(" r%d: raw", i)
	}
	s := gw.subscribe(t, "subscription { jobsChanged { cursor resync jobs { state "+selection+" } } }", http.Header{})
	first := s.nextChange()
	gw.jobs.Replace(liveJob, fmt.Appendf(nil, `{"job_id":%q,"state":"running","type":"t","created_at":"2026-03-12T15:00:00",
		"updated_at":"2026-03-12T15:00:02","executor":"%s"}`, liveJob, strings.Repeat("x", 14_000)))
	lost := s.nextChange()
	if !lost.Resync || len(lost.Jobs) > 0 || lost.Cursor == "" || lost.Cursor == first.Cursor {
		t.Errorf("%+v", lost)
	}
	gw.jobs.Replace(liveJob, liveRecord(liveJob, "failed", 3))
	if next := s.nextChange(); next.Resync || len(next.Jobs) != 1 || next.Jobs[0].State != "FAILED" {
		t.Errorf("%+v", next)
	}
}
