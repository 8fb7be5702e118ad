package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// paged is a playground that says where it is asked.
type paged struct{}

func (paged) Has(path string) bool {
	return path == "/" || path == "/playground/x.js" || path == "/playground/a/x.js"
}

func (paged) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = w.Write([]byte("page " + r.URL.Path))
}

// What is not there says so in the form of every refusal, with the paths that are there, whoever asks how.
func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*Config)
		want   []string
		beside []string // unknown here alone
	}{
		"all":           {func(c *Config) { c.Playground = paged{} }, []string{"/graphql", "/schema.graphql", "/"}, []string{"/jobs-gw/graphql"}},
		"no playground": {func(*Config) {}, []string{"/graphql", "/schema.graphql"}, []string{"/", "/playground/x.js"}},
		"no schema":     {func(c *Config) { c.Introspection = false }, []string{"/graphql"}, []string{"/schema.graphql"}},
		"a base path": {
			func(c *Config) { c.Playground, c.BasePath = paged{}, "/jobs-gw" },
			[]string{"/jobs-gw/graphql", "/jobs-gw/schema.graphql", "/jobs-gw/"},
			[]string{"/", "/graphql", "/jobs-gwgraphql", "/jobs-gw2", "/jobs-gw/jobs-gw/graphql", "/playground/x.js"},
		},
		"a base path without a playground": {
			func(c *Config) { c.BasePath = "/a/b" }, []string{"/a/b/graphql", "/a/b/schema.graphql"}, []string{"/a/b", "/a/b/", "/a", "/"},
		},
	} {
		gw := startGateway(t, func(s *setup) { tc.change(&s.config) })
		unknown := []string{
			"/graphql/", "/Graphql", "/graphql/x", "//graphql", "/x/../graphql", "/schema.graphql/", "/healthz", "/readyz", "/metrics",
			"/debug/pprof/", "/index.html", "/playground", "/playground/", "/playground/y.js", "/playground/../graphql", "/%00",
		}
		for _, path := range append(unknown, tc.beside...) {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions, http.MethodDelete} {
				got := gw.send(request{method: method, path: path, body: envelopeOf(t, queryJobs, nil)})
				gw.wantRefused(got, http.StatusNotFound, "NOT_FOUND")
				if len(got.errors) != 1 {
					t.Fatalf("%s, %s: %s", name, path, got.body)
				}
				var paths []string
				for _, path := range got.errors[0].Extensions["paths"].([]any) {
					paths = append(paths, path.(string))
					if !strings.Contains(got.errors[0].Message, " "+path.(string)) {
						t.Errorf("%s: %s is not in %q", name, path, got.errors[0].Message)
					}
				}
				if !slices.Equal(paths, tc.want) {
					t.Errorf("%s: %q, want %q", name, paths, tc.want)
				}
			}
		}
		if lines := gw.log.With("operation"); len(lines) != 0 {
			t.Errorf("%s: logged as operations: %v", name, lines)
		}
	}
}

// Below the base path everything is as it is at the root, and a forwarded prefix changes nothing.
func TestBasePath(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "/jobs-gw", "/a/b"} {
		gw := startGateway(t, func(s *setup) { s.config.BasePath, s.config.Playground = base, paged{} })
		forwarded := http.Header{"X-Forwarded-Prefix": {"/evil"}, "X-Forwarded-Host": {"evil.example"}}
		gw.wantFine(gw.send(request{path: base + "/graphql", body: envelopeOf(t, queryJobs, nil), header: forwarded}))
		gw.wantFine(gw.send(request{method: http.MethodGet, path: base + "/graphql?query=" + url.QueryEscape(queryType), header: forwarded}))
		for path, want := range map[string]string{"/": "page /", "/playground/a/x.js": "page /playground/a/x.js", "/schema.graphql": ""} {
			got := gw.send(request{method: http.MethodGet, path: base + path, header: forwarded})
			if got.status != http.StatusOK || want != "" && got.body != want {
				t.Errorf("%s%s: %d %s", base, path, got.status, got.body)
			}
		}
		if base == "" {
			continue
		}
		escaped := gw.send(request{method: http.MethodGet, path: fmt.Sprintf("/%%%X%s/", base[1], base[2:])})
		if escaped.body != "page /" { // RFC 3986 has both for one path
			t.Errorf("%s: %d %s", base, escaped.status, escaped.body)
		}
		if got := gw.send(request{path: base + "/"}); !strings.Contains(got.body, " "+base+"/graphql") {
			t.Errorf("%s: %s", base, got.body)
		}
		gw.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		got := gw.send(request{method: http.MethodGet, path: base, header: forwarded})
		to, err := url.Parse(gw.url + base)
		if err != nil {
			t.Fatal(err)
		}
		to, err = to.Parse(got.header.Get("Location"))
		if err != nil || got.status != http.StatusTemporaryRedirect || to.String() != gw.url+base+"/" {
			t.Errorf("%s: %d to %q", base, got.status, got.header.Get("Location"))
		}
	}
}

// What is only there to read says so, as RFC 9110 has it, and where GraphQL is.
func TestReadOnlyPaths(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, func(s *setup) { s.config.Playground = paged{} })
	for _, path := range []string{"/", "/schema.graphql", "/playground/x.js"} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
			got := gw.send(request{method: method, path: path, body: envelopeOf(t, queryJobs, nil)})
			gw.wantRefused(got, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
			if got.header.Get("Allow") != "GET, HEAD" || !strings.Contains(got.body, "/graphql") {
				t.Errorf("%s %s: Allow %q, %s", method, path, got.header.Get("Allow"), got.body)
			}
		}
	}
}

// A page of another origin that may call reads why nothing is there, too.
func TestUnknownPathsAcrossOrigins(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, func(s *setup) { s.config.CORSOrigins = []string{origin} })
	got := gw.send(request{path: "/graphql/", header: http.Header{"Origin": {origin}}})
	gw.wantRefused(got, http.StatusNotFound, "NOT_FOUND")
	if got.header.Get("Access-Control-Allow-Origin") != origin || !json.Valid([]byte(got.body)) {
		t.Errorf("%v %s", got.header, got.body)
	}
}
