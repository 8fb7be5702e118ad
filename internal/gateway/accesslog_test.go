package gateway

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestRequestID(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	made := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for _, tc := range []struct {
		name, lines, want string // an empty want is one made here
	}{
		{"none", "", ""},
		{"none again", "", ""},
		{"a word", "X-Request-Id: abc.DEF_1:2-3\r\n", "abc.DEF_1:2-3"},
		{"lower case", "x-request-id: abc\r\n", "abc"},
		{"the longest", "X-Request-Id: " + strings.Repeat("a", 128) + "\r\n", strings.Repeat("a", 128)},
		{"one too long", "X-Request-Id: " + strings.Repeat("a", 129) + "\r\n", ""},
		{"empty", "X-Request-Id:\r\n", ""},
		{"a blank", "X-Request-Id: a b\r\n", ""},
		{"a tag", "X-Request-Id: <script>\r\n", ""},
		{"a quote", "X-Request-Id: \"x\"\r\n", ""},
		{"an umlaut", "X-Request-Id: \xc3\xbc\r\n", ""},
		{"a fold", "X-Request-Id: a\r\n b\r\n", ""},
	} {
		got := gw.sendBytes(rawPost(tc.lines, `{nope}`)) // whose error has the id, too, as read checks
		id := got.header.Get("X-Request-Id")
		if tc.want != "" && id != tc.want || tc.want == "" && !made.MatchString(id) || len(got.header.Values("X-Request-Id")) != 1 {
			t.Errorf("%s: %q", tc.name, id)
		}
		if seen[id] {
			t.Errorf("%s: %q was given out before", tc.name, id)
		}
		seen[id] = true
		lines := gw.log.With("operation")
		if last := lines[len(lines)-1]; last["request_id"] != id {
			t.Errorf("%s: logged as %v", tc.name, last["request_id"])
		}
	}
	// Every answer has one, also where no operation runs.
	for _, path := range []string{"/schema.graphql", "/nowhere"} {
		if got := gw.send(request{method: http.MethodGet, path: path}); !made.MatchString(got.header.Get("X-Request-Id")) {
			t.Errorf("%s: %q", path, got.header.Get("X-Request-Id"))
		}
	}
	if RequestID(t.Context()) != "" {
		t.Error("there is an id outside a request")
	}
}

// One operation is one line, with these members and nothing else.
func TestAccessLog(t *testing.T) {
	t.Parallel()
	always := []string{"time", "level", "msg", "request_id", "operation", "status", "duration_ms", "upstream_calls"}
	longName := strings.Repeat("N", 300)
	gw := startGateway(t)
	for _, tc := range []struct {
		name      string
		request   request
		operation string
		status    int
		calls     int
		codes     []any
	}{
		{"a named one", request{body: `{"query":"query Board{jobs(first:1){totalCount}}"}`}, "Board", 200, 1, nil},
		{"an anonymous one", request{body: `{"query":"{__typename}"}`}, "", 200, 0, nil},
		{"one of two", request{body: `{"query":"query A{__typename} query B{__typename}","operationName":"B"}`}, "B", 200, 0, nil},
		{"by GET", request{method: http.MethodGet, path: "/graphql?query=" + url.QueryEscape("query G{__typename}")}, "G", 200, 0, nil},
		{"errors of fields, each code once", request{body: `{"query":"query E{a:job(id:\"` + marker + `\"){id} b:job(id:\"x\"){id}}"}`}, "E", 200, 0, []any{"BAD_USER_INPUT"}},
		{"two calls", request{body: `{"query":"query D{datasets(ids:[1,2]){latestJob{id}}}"}`}, "D", 200, 2, nil},
		{"no token", request{body: `{"query":"query T{jobs{totalCount}}"}`, anonymous: true}, "T", 200, 0, []any{"UNAUTHENTICATED"}},
		{"not parsed", request{body: `{"query":"query P{` + marker[:7] + `","operationName":"P"}`}, "", 400, 0, []any{"GRAPHQL_PARSE_FAILED"}},
		{"not valid", request{body: `{"query":"query V{` + marker[:7] + `}"}`}, "V", 400, 0, []any{"GRAPHQL_VALIDATION_FAILED"}},
		{"a wrong variable", request{body: `{"query":"query W($x:Int!){jobs(first:$x){totalCount}}","variables":{"x":"` + marker + `"}}`}, "W", 400, 0, []any{"BAD_USER_INPUT"}},
		{"a name of nothing", request{body: `{"query":"query A{__typename}","operationName":"` + marker + `"}`}, "", 400, 0, []any{"OPERATION_RESOLUTION_FAILURE"}},
		{"no envelope", request{body: marker}, "", 400, 0, []any{"BAD_REQUEST"}},
		{"a wrong method", request{method: http.MethodPut}, "", 405, 0, []any{"METHOD_NOT_ALLOWED"}},
		{"a wrong header", request{header: http.Header{"Authorization": {"Basic " + marker}}}, "", 401, 0, []any{"UNAUTHENTICATED"}},
		{"a long name", request{body: `{"query":"query ` + longName + `{__typename}"}`}, longName[:128], 200, 0, nil},
	} {
		before := len(gw.log.With("operation"))
		gw.send(tc.request)
		lines := gw.log.With("operation")
		if len(lines) != before+1 {
			t.Fatalf("%s: %d lines", tc.name, len(lines)-before)
		}
		line := lines[before]
		want := always
		if tc.codes != nil {
			want = append(slices.Clone(always), "codes")
		}
		if keys := slices.Sorted(maps.Keys(line)); !slices.Equal(keys, slices.Sorted(slices.Values(want))) {
			t.Errorf("%s: the line has %q", tc.name, keys)
		}
		codes, _ := line["codes"].([]any)
		if line["level"] != "INFO" || line["operation"] != tc.operation || line["status"] != float64(tc.status) ||
			!slices.Equal(codes, tc.codes) {
			t.Errorf("%s: %v", tc.name, line)
		}
		if calls := line["upstream_calls"]; calls != float64(tc.calls) {
			t.Errorf("%s: %v upstream calls", tc.name, calls)
		}
		if ms, _ := line["duration_ms"].(float64); ms <= 0 {
			t.Errorf("%s: took %v", tc.name, line["duration_ms"])
		}
	}
	for _, secret := range []string{marker[:7], "totalCount", "__typename"} {
		if strings.Contains(gw.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	gw.send(request{method: http.MethodGet, path: "/schema.graphql"})
	others := gw.log.With("request")
	if len(others) != 1 || others[0]["level"] != "DEBUG" || others[0]["path"] != "/schema.graphql" || others[0]["method"] != "GET" {
		t.Errorf("%v", others)
	}
}
