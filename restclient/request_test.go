package restclient

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/internal/emulator"
)

func TestQueryAsTheUpstreamSeesIt(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, emulator.Records())
	u.Script(answering(`{"records":[]}`))
	for _, test := range []struct {
		name   string
		filter JobsFilter
		query  JobsQuery
		want   string
	}{
		{"nothing but the order and the size", JobsFilter{}, JobsQuery{}, "order_by=created_at_desc&per_page=50"},
		{"order", JobsFilter{}, JobsQuery{OrderBy: UpdatedAtAsc}, "order_by=updated_at_asc&per_page=50"},
		{"smallest page", JobsFilter{}, JobsQuery{PerPage: 1}, "order_by=created_at_desc&per_page=1"},
		{"largest page", JobsFilter{}, JobsQuery{PerPage: MaxPerPage}, "order_by=created_at_desc&per_page=500"},
		{"offset", JobsFilter{}, JobsQuery{Offset: 7}, "offset=7&order_by=created_at_desc&per_page=50"},
		{
			"largest offset",
			JobsFilter{},
			JobsQuery{Offset: 1<<63 - 1},
			"offset=9223372036854775807&order_by=created_at_desc&per_page=50",
		},
		{"one state", JobsFilter{States: []string{"failed"}}, JobsQuery{}, "state=failed&order_by=created_at_desc&per_page=50"},
		{
			"states in the order given",
			JobsFilter{States: []string{"running", "failed", "running"}},
			JobsQuery{},
			"state=running&state=failed&state=running&order_by=created_at_desc&per_page=50",
		},
		{
			"types",
			JobsFilter{Types: []string{"nql-forecast", "a type"}},
			JobsQuery{},
			"type=nql-forecast&type=a+type&order_by=created_at_desc&per_page=50",
		},
		{
			"tags",
			JobsFilter{TagsAny: []string{"workflow_id=7", "a,b", "a&b", ""}},
			JobsQuery{},
			"tag=workflow_id%3D7&tag=a%2Cb&tag=a%26b&tag=&order_by=created_at_desc&per_page=50",
		},
		{
			"data plane",
			JobsFilter{DataPlaneID: "f79cbdae-4848-47ca-95e8-69588364d185"},
			JobsQuery{},
			"data_plane_id=f79cbdae-4848-47ca-95e8-69588364d185&order_by=created_at_desc&per_page=50",
		},
		{"dataset", JobsFilter{DatasetID: "10736"}, JobsQuery{}, "dataset_id=10736&order_by=created_at_desc&per_page=50"},
		{"all at once", JobsFilter{
			States: []string{"pending"}, Types: []string{"t"}, TagsAny: []string{"x", "y"}, DataPlaneID: "p", DatasetID: "1",
		}, JobsQuery{Offset: 50, PerPage: 25, OrderBy: CreatedAtAsc}, "data_plane_id=p&dataset_id=1&state=pending&type=t&tag=x&tag=y&offset=50&order_by=created_at_asc&per_page=25"},
	} {
		test.query.Filter = test.filter.Encode()
		if test.query.PerPage == 0 {
			test.query.PerPage = 50
		}
		if test.query.OrderBy == "" {
			test.query.OrderBy = CreatedAtDesc
		}
		u.Reset()
		if _, err := u.Jobs(withToken(t.Context(), secret), test.query); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		got := u.Requests()[0]
		if got.Method != http.MethodGet || got.Path != "/jobs" || got.RawQuery != test.want || len(got.Unknown) > 0 {
			t.Errorf("%s: got %s %s?%s (unknown: %v), want GET /jobs?%s", test.name, got.Method, got.Path, got.RawQuery, got.Unknown, test.want)
		}
	}
}

// Whatever a caller filters by stays one value of its own parameter.
func TestValuesAreEscaped(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"a b":                  "a+b",
		"a+b":                  "a%2Bb",
		"a&state=failed":       "a%26state%3Dfailed",
		"a=b":                  "a%3Db",
		"a,b":                  "a%2Cb",
		"100%":                 "100%25",
		"%26":                  "%2526",
		"a#b;c?d/e":            "a%23b%3Bc%3Fd%2Fe",
		"é → 東京":               "%C3%A9+%E2%86%92+%E6%9D%B1%E4%BA%AC",
		"\r\nX-Injected: 1":    "%0D%0AX-Injected%3A+1",
		"\x00":                 "%00",
		"\xff":                 "%FF",
		"":                     "",
		"plain-1_2.3~":         "plain-1_2.3~",
		"\"quoted\" <b>[]{}|`": "%22quoted%22+%3Cb%3E%5B%5D%7B%7D%7C%60",
	} {
		for key, filter := range map[string]JobsFilter{
			"state": {States: []string{value}}, "type": {Types: []string{value}}, "tag": {TagsAny: []string{value}},
			"data_plane_id": {DataPlaneID: value}, "dataset_id": {DatasetID: value},
		} {
			encoded := string(filter.Encode())
			if single := key == "data_plane_id" || key == "dataset_id"; single && value == "" {
				if encoded != "" {
					t.Errorf("an empty %s filters: %q", key, encoded)
				}
				continue
			}
			if encoded != key+"="+want {
				t.Errorf("%s of %q: got %q, want %q", key, value, encoded, want)
			}
			back, err := url.ParseQuery(JobsQuery{Filter: Filter(encoded), OrderBy: CreatedAtDesc, PerPage: 1}.Encode())
			if err != nil || len(back) != 3 || back.Get(key) != value {
				t.Errorf("%s of %q comes back as %v (%v)", key, value, back, err)
			}
		}
	}
}

func TestOrderReversed(t *testing.T) {
	t.Parallel()
	for order, want := range map[Order]Order{
		CreatedAtAsc: CreatedAtDesc, CreatedAtDesc: CreatedAtAsc, UpdatedAtAsc: UpdatedAtDesc, UpdatedAtDesc: UpdatedAtAsc,
	} {
		if got := order.Reversed(); got != want || got.Reversed() != order {
			t.Errorf("%s reversed is %s, want %s", order, got, want)
		}
	}
}

func TestParseJobID(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]JobID{
		"2a5b9ad7-dc8f-47bb-8e62-843a38f8054c":          anID,
		"2A5B9AD7-DC8F-47bb-8E62-843A38F8054C":          anID,
		"{2a5b9ad7-dc8f-47bb-8e62-843a38f8054c}":        "",
		"urn:uuid:2a5b9ad7-dc8f-47bb-8e62-843a38f8054c": "",
		"2a5b9ad7dc8f47bb8e62843a38f8054c":              "",
		"2a5b9ad7-dc8f-47bb-8e62-843a38f8054":           "",
		"2a5b9ad7-dc8f-47bb-8e62-843a38f8054/":          "",
		"2a5b9ad7/dc8f/47bb/8e62/843a38f8054c":          "",
		"../../../../../../../../../etc/passwd":         "",
		"":                                              "",
	} {
		if got, ok := ParseJobID(given); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", given, got, ok, want)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, emulator.Records())
	u.Script(answering(`{"records":[]}`))
	for base, want := range map[string]string{
		"": "/jobs", "/": "/jobs", "/api": "/api/jobs", "/api/": "/api/jobs", "/v1/a%2Fb/": "/v1/a%2Fb/jobs",
	} {
		c := newClient(t, u.url+base)
		u.Reset()
		if _, err := c.Jobs(withToken(t.Context(), secret), firstPage); err != nil {
			t.Errorf("base %q: %v", base, err)
		}
		_, err := c.Job(withToken(t.Context(), secret), anID)
		wantKind(t, err, KindMalformed) // a page is no job
		if got := u.Requests(); got[0].Path != want || got[1].Path != want+"/"+string(anID) || got[1].RawQuery != "" {
			t.Errorf("base %q: asked for %s and %s?%s", base, got[0].Path, got[1].Path, got[1].RawQuery)
		}
	}
}

// Nothing of a caller but the token and the names of its request leaves the house, whatever else its context
// holds; a name that is empty is no header.
func TestHeaderAllowlist(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "X-Request-Id", "Traceparent", "Tracestate"} {
		const value = "of the request"
		want := http.Header{
			"Accept": {"application/json"}, "Accept-Encoding": {"gzip"},
			"Authorization": {"Bearer " + secret}, "User-Agent": {"jobsgateway"},
		}
		var id Identity
		if name != "" {
			want.Set(name, value)
			*map[string]*string{"X-Request-Id": &id.RequestID, "Traceparent": &id.Traceparent, "Tracestate": &id.Tracestate}[name] = value
		}
		u := newUpstream(t, emulator.Records(rawRecords(record(string(anID), ""))...), func(cfg *Config) {
			if name != "" { // else nobody is asked for one
				cfg.Identity = func(context.Context) Identity { return id }
			}
		})
		ctx := withToken(t.Context(), secret)
		ctx = context.WithValue(ctx, http.ServerContextKey, "LEAK-7")
		if _, err := u.Jobs(ctx, firstPage); err != nil {
			t.Fatal(err)
		}
		if _, err := u.Job(ctx, anID); err != nil {
			t.Fatal(err)
		}
		for _, r := range u.Requests() {
			if diff := cmp.Diff(want, r.Header); diff != "" {
				t.Errorf("%q, %s (-want +got):\n%s\n%v", name, r.Path, diff, slices.Sorted(maps.Keys(r.Header)))
			}
		}
	}
}

// The token goes to the configured host, and not through whatever the environment names.
func TestNoProxy(t *testing.T) {
	t.Parallel()
	if c := newClient(t, "http://jobs.invalid"); c.transport.Proxy != nil {
		t.Error("the transport asks for a proxy")
	}
}

func TestNoTokenNoRequest(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, emulator.Records())
	_, err := u.Jobs(t.Context(), firstPage)
	wantKind(t, err, KindUnauthenticated)
	_, err = u.Job(t.Context(), anID)
	if e := wantKind(t, err, KindUnauthenticated); e.Status != 0 {
		t.Errorf("got status %d of an answer that never was", e.Status)
	}
	if u.Total() != 0 || u.conns.Load() != 0 {
		t.Errorf("%d requests, %d connections, want none", u.Total(), u.conns.Load())
	}
}

// A token that cannot stand in a header is not sent, and not told either.
func TestTokenThatIsNoHeader(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, emulator.Records())
	_, err := u.Jobs(withToken(t.Context(), secret+"\r\nX-Injected: 1"), firstPage)
	wantKind(t, err, KindUnavailable)
	if u.Total() != 0 {
		t.Errorf("%d requests, want none", u.Total())
	}
}
