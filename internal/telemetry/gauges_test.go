package telemetry

import (
	"testing"
	"time"

	"jobsgateway/graph/live"
	"jobsgateway/internal/memory"
	"jobsgateway/internal/places"
)

// readAll has Metrics read gauges, each of another value.
func readAll(m *Metrics) {
	m.Read(Gauges{
		DocumentBytes: func() uint64 { return 7 }, PersistedBytes: func() uint64 { return 8 }, TrustedDocuments: func() int { return 6 },
		Memory:     func() memory.Figures { return memory.Figures{Total: 104, Held: 40, Idle: 20, Owners: 3, Waiting: 2} },
		Operations: func() places.State { return places.State{Most: 1024, Limit: 1000, Used: 30, Waiting: 1} },
		Live:       func() live.Figures { return live.Figures{Streams: 500, Polls: 17, Kept: 700, Age: 3 * time.Second} },
		Told:       func() (events, resyncs uint64) { return 900, 80 },
		Calls:      func() places.State { return places.State{Most: 256, Limit: 12, Used: 11, Waiting: 9} },
	})
}

// Each gauge is the figure that it is named after.
func TestGauges(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	readAll(m)
	for series, want := range map[string]string{
		`document_cache_bytes`:              "7",
		`trusted_documents`:                 "6",
		`persisted_queries_bytes`:           "8",
		`memory_limit_bytes`:                "104",
		`memory_held_bytes`:                 "40",
		`memory_idle_bytes`:                 "20",
		`memory_waiting`:                    "2",
		`polls`:                             "17",
		`poll_age_seconds`:                  "3",
		`stream_kept_bytes`:                 "700",
		`stream_events_total`:               "900",
		`stream_resyncs_total`:              "80",
		`places_limit{kind="operations"}`:   "1000",
		`places_used{kind="operations"}`:    "30",
		`places_waiting{kind="operations"}`: "1",
		`places_limit{kind="calls"}`:        "12",
		`places_used{kind="calls"}`:         "11",
		`places_waiting{kind="calls"}`:      "9",
	} {
		if got := value(t, m, "jobsgateway_"+series); got != want {
			t.Errorf("%s: %q, want %q", series, got, want)
		}
	}
}
