package gateway

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A trace is continued if it is one: its id is logged, and the Jobs API is told of it, as of the request's
// id.
func TestTrace(t *testing.T) {
	t.Parallel()
	const trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	good := "00-" + trace + "-" + parent + "-01"
	gw := startGateway(t)
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
		gw.send(request{method: http.MethodPost, path: "/graphql", header: header, body: `{"query":"{jobs(first:1){totalCount}}"}`})
		want := map[bool]string{true: strings.Join(c.values, "")}[c.fine]
		sent := gw.jobs.Requests()[gw.jobs.Total()-1].Header
		if sent.Get("Traceparent") != want || sent.Get("X-Request-Id") != header.Get("X-Request-Id") {
			t.Errorf("%s: sent %q, %q", name, sent.Get("Traceparent"), sent.Get("X-Request-Id"))
		}
		lines := gw.log.With("operation")
		id, logged := lines[len(lines)-1]["trace_id"]
		if logged != c.fine || c.fine && id != trace {
			t.Errorf("%s: logged as %v", name, id)
		}
	}
}

// What tracing systems wrote beside a trace goes on with it, from however many headers, if all of it is
// right; never without.
func TestTraceState(t *testing.T) {
	t.Parallel()
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	numbered := func(n int, value string) string {
		members := make([]string, n)
		for i := range members {
			members[i] = fmt.Sprintf("v%d=%s", i, value)
		}
		return strings.Join(members, ",")
	}
	long := "long=" + strings.Repeat("x", 200)
	gw := startGateway(t)
	for name, c := range map[string]struct {
		parent string
		values []string
		want   string
	}{
		"one":                    {parent, []string{"rojo=00f067aa0ba902b7"}, "rojo=00f067aa0ba902b7"},
		"several":                {parent, []string{"rojo=1,congo=t61rcWkgMzE"}, "rojo=1,congo=t61rcWkgMzE"},
		"several headers":        {parent, []string{"rojo=1", "congo=2,a@b=3"}, "rojo=1,congo=2,a@b=3"},
		"blanks and gaps":        {parent, []string{" rojo=1 ,, congo=a b", "", "\t*=2"}, ""},
		"blanks and gaps, right": {parent, []string{" rojo=1 ,, congo=a b", "", "\tz/*=2"}, "rojo=1,congo=a b,z/*=2"},
		"a number first":         {parent, []string{"0a=1"}, "0a=1"},
		"none":                   {parent, nil, ""},
		"empty":                  {parent, []string{""}, ""},
		"nothing but commas":     {parent, []string{",, ,"}, ""},
		"no trace":               {"", []string{"rojo=1"}, ""},
		"another version":        {"01" + parent[2:], []string{"rojo=1"}, ""},
		"no trace at all":        {"00-" + strings.Repeat("0", 32) + parent[35:], []string{"rojo=1"}, ""},
		"no value":               {parent, []string{"rojo=1,congo="}, ""},
		"no name":                {parent, []string{"=1"}, ""},
		"no sign":                {parent, []string{"rojo"}, ""},
		"two signs":              {parent, []string{"rojo=1=2"}, ""},
		"a capital":              {parent, []string{"Rojo=1"}, ""},
		"a name twice":           {parent, []string{"rojo=1,congo=2", "rojo=3"}, ""},
		"a control character":    {parent, []string{"rojo=a\tb"}, ""},
		"another alphabet":       {parent, []string{"rojo=ä"}, ""},
		"the longest name":       {parent, []string{strings.Repeat("k", 256) + "=1"}, strings.Repeat("k", 256) + "=1"},
		"a name too long":        {parent, []string{strings.Repeat("k", 257) + "=1"}, ""},
		"the longest value":      {parent, []string{"k=" + strings.Repeat("v", 256)}, "k=" + strings.Repeat("v", 256)},
		"a value too long":       {parent, []string{"k=" + strings.Repeat("v", 257)}, ""},
		"32 members":             {parent, []string{numbered(32, "1")}, numbered(32, "1")},
		"33 members":             {parent, []string{numbered(33, "1")}, ""},
		"512 characters":         {parent, []string{numbered(10, strings.Repeat("x", 46)) + ",y=3456789012"}, numbered(10, strings.Repeat("x", 46)) + ",y=3456789012"},
		"more, all short":        {parent, []string{numbered(10, strings.Repeat("x", 46)) + ",y=34567890123"}, numbered(10, strings.Repeat("x", 46))},
		"more, some long":        {parent, []string{"a=1," + long + "," + numbered(7, strings.Repeat("x", 47))}, "a=1," + numbered(7, strings.Repeat("x", 47))},
		"more, two long":         {parent, []string{long + ",b=2," + long[1:] + "," + long[2:]}, long + ",b=2," + long[1:]},
	} {
		header := http.Header{}
		if c.parent != "" {
			header["Traceparent"] = []string{c.parent}
		}
		if c.values != nil {
			header["Tracestate"] = c.values
		}
		gw.send(request{method: http.MethodPost, path: "/graphql", header: header, body: `{"query":"{jobs(first:1){totalCount}}"}`})
		if sent := gw.jobs.Requests()[gw.jobs.Total()-1].Header["Tracestate"]; strings.Join(sent, "|") != c.want || len(sent) > 1 || len(c.want) > 512 {
			t.Errorf("%s: sent %q, want %q", name, sent, c.want)
		}
	}
}
