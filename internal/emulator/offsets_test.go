package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"jobsgateway/internal/emulator"
)

// Each rule for an offset between two pages, and the cap: what comes, counted from the first record.
func TestOffsetRules(t *testing.T) {
	t.Parallel()
	raw := []json.RawMessage{}
	for i := range 10 {
		raw = append(raw, fmt.Appendf(nil, `{"job_id":"%d"}`, i))
	}
	for _, c := range []struct {
		name    string
		options emulator.Options
		query   string
		status  int
		first   string
		records int
	}{
		{"any", emulator.Options{}, "offset=3&per_page=2", http.StatusOK, "3", 2},
		{"floored", emulator.Options{Offsets: emulator.OffsetsFloored}, "offset=3&per_page=2", http.StatusOK, "2", 2},
		{"floored, between nothing", emulator.Options{Offsets: emulator.OffsetsFloored}, "offset=4&per_page=2", http.StatusOK, "4", 2},
		{"refused", emulator.Options{Offsets: emulator.OffsetsRefused}, "offset=3&per_page=2", http.StatusBadRequest, "", 0},
		{"refused, between nothing", emulator.Options{Offsets: emulator.OffsetsRefused}, "offset=4&per_page=2", http.StatusOK, "4", 2},
		{"capped", emulator.Options{MaxRecords: 3}, "offset=1&per_page=5", http.StatusOK, "1", 3},
	} {
		c.options.Records = raw
		api := newJobsAPI(t, c.options)
		if status, _ := api.get("/jobs?" + c.query); status != c.status {
			t.Errorf("%s: %d", c.name, status)
		}
		if c.status != http.StatusOK {
			continue
		}
		ids := api.ids("?" + c.query)
		if len(ids) != c.records || ids[0] != c.first || *api.page("?" + c.query).Records != 10 {
			t.Errorf("%s: %v", c.name, ids)
		}
	}
}
