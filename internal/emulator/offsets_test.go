package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
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
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/jobs?"+c.query, http.NoBody)
		r.Header.Set("Authorization", "Bearer t")
		emulator.New(c.options).ServeHTTP(w, r)
		var page struct {
			Records []struct {
				JobID string `json:"job_id"`
			} `json:"records"`
			Total int `json:"total_records"`
		}
		if w.Code != c.status {
			t.Errorf("%s: %d", c.name, w.Code)
			continue
		}
		if c.status != http.StatusOK {
			continue
		}
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		if page.Total != 10 || len(page.Records) != c.records || page.Records[0].JobID != c.first {
			t.Errorf("%s: %+v", c.name, page)
		}
	}
}
