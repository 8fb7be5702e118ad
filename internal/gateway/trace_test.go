package gateway

import (
	"net/http"
	"strings"
	"testing"
)

// A trace is continued if it is one: its id is logged, and the Jobs API is told of it, as of the request's id.
func TestTrace(t *testing.T) {
	t.Parallel()
	const trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	good := "00-" + trace + "-" + parent + "-01"
	h := start(t)
	for name, c := range map[string]struct {
		values []string
		fine   bool
	}{
		"a trace":          {[]string{good}, true},
		"not sampled":      {[]string{strings.TrimSuffix(good, "1") + "0"}, true},
		"none":             {nil, false},
		"two":              {[]string{good, good}, false},
		"upper case":       {[]string{strings.ToUpper(good)}, false},
		"another version":  {[]string{"01" + good[2:]}, false},
		"longer":           {[]string{good + "-00"}, false},
		"no trace at all":  {[]string{"00-" + strings.Repeat("0", 32) + "-" + parent + "-01"}, false},
		"no parent at all": {[]string{"00-" + trace + "-" + strings.Repeat("0", 16) + "-01"}, false},
		"markup":           {[]string{"<script>"}, false},
	} {
		header := http.Header{"X-Request-Id": {strings.ReplaceAll(name, " ", "-")}}
		if c.values != nil {
			header["Traceparent"] = c.values
		}
		h.do(request{method: http.MethodPost, path: "/graphql", header: header, body: `{"query":"{jobs(first:1){totalCount}}"}`})
		want := map[bool]string{true: strings.Join(c.values, "")}[c.fine]
		sent := h.jobs.Requests()[h.jobs.Total()-1].Header
		if sent.Get("Traceparent") != want || sent.Get("X-Request-Id") != header.Get("X-Request-Id") {
			t.Errorf("%s: sent %q, %q", name, sent.Get("Traceparent"), sent.Get("X-Request-Id"))
		}
		lines := h.log.with("operation")
		id, logged := lines[len(lines)-1]["trace_id"]
		if logged != c.fine || c.fine && id != trace {
			t.Errorf("%s: logged as %v", name, id)
		}
	}
}
