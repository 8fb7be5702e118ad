package gateway

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const browserAccept = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"

func TestWantsPage(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]bool{
		browserAccept: true,
		"text/html":   true,
		"TEXT/HTML":   true,
		"text/html, image/gif, image/jpeg, */*; q=0.2":       true, // Java's HttpURLConnection
		"text/html;q=0.5, */*":                               false,
		"text/html;q=0.5, application/*;q=0.6":               false,
		"text/html;q=0":                                      false,
		"text/html, application/json;q=0.1":                  false,
		"text/html, application/json;q=0":                    true,
		"application/graphql-response+json;q=0.9, text/html": false,
		"*/*":              false,
		"application/json": false,
		"application/graphql-response+json, application/json;q=0.9": false,
		"":                       false,
		"application/xhtml+xml":  false,
		"text/htmlx, xtext/html": false,
		"text/plain, text/*":     false,
	} {
		if got := wantsPage([]string{list}); got != want {
			t.Errorf("%q: %v", list, got)
		}
	}
	if wantsPage([]string{"text/html", "application/json"}) || !wantsPage([]string{"image/png", "text/html"}) {
		t.Error("several headers are not one list")
	}
}

// Whoever opens the address of GraphQL in a browser gets to the page, with the query of a link; programs are
// answered, and so is everybody where there is no page.
func TestToPage(t *testing.T) {
	t.Parallel()
	typename := "query=" + url.QueryEscape(queryType)
	long := "query=" + strings.Repeat("x", maxQueryString)
	html, token := http.Header{"Accept": {browserAccept}}, http.Header{"Accept": {browserAccept}, "Authorization": {"Bearer t"}}
	both := http.Header{"Accept": {"text/html, application/json"}}
	for name, tc := range map[string]struct {
		rawQuery string
		header   http.Header
		fragment string // "-" where the request is answered
		status   int    // of the answer
	}{
		"the address":              {"", html, "", 0},
		"only html":                {"", http.Header{"Accept": {"text/html"}}, "", 0},
		"the address, token":       {"", token, "", 0},
		"an empty query":           {"query=", html, "", 0},
		"a stray parameter":        {"utm_source=chat", html, "", 0},
		"a link":                   {typename, html, typename, 0},
		"a link with variables":    {"variables=%7B%22a%22:1%7D&query=%7Ba+b%20%26%7D", html, "query=%7Ba+b+%26%7D&variables=%7B%22a%22%3A1%7D", 0},
		"a link of only html":      {typename, http.Header{"Accept": {"text/html"}}, typename, 0},
		"a query with a token":     {typename, token, "-", http.StatusOK},
		"a query and JSON":         {typename, both, "-", http.StatusOK},
		"a query and no Accept":    {typename, http.Header{}, "-", http.StatusOK},
		"a named document":         {"extensions=%7B%7D", html, "-", http.StatusBadRequest},
		"the address and JSON":     {"", both, "-", http.StatusBadRequest},
		"two queries":              {typename + "&" + typename, html, "-", http.StatusBadRequest},
		"a query string in shards": {"query=%zz", html, "-", http.StatusBadRequest},
		"too long":                 {long, html, "-", http.StatusRequestURITooLong},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, base := range []string{"", "/jobs-gw"} {
				gw := startGateway(t, func(s *setup) { s.config.Playground, s.config.BasePath = paged{}, base })
				gw.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				got := gw.send(request{method: http.MethodGet, path: base + "/graphql?" + tc.rawQuery, header: tc.header, anonymous: tc.header["Authorization"] == nil})
				if tc.fragment == "-" {
					if got.status != tc.status || !strings.HasPrefix(got.header.Get("Content-Type"), "application/") {
						t.Errorf("%d %s", got.status, got.body)
					}
					continue
				}
				at, err := url.Parse(gw.url + base + "/graphql")
				if err != nil {
					t.Fatal(err)
				}
				to, err := at.Parse(got.header.Get("Location"))
				if err != nil || got.status != http.StatusTemporaryRedirect {
					t.Fatalf("%d to %q", got.status, got.header.Get("Location"))
				}
				if place, fragment, _ := strings.Cut(got.header.Get("Location"), "#"); place != "./" || fragment != tc.fragment {
					t.Errorf("Location %q", got.header.Get("Location"))
				}
				if to.Path != base+"/" || to.Host != at.Host {
					t.Errorf("leads to %s", to)
				}
				vary, cache := strings.Join(got.header.Values("Vary"), ", "), got.header.Get("Cache-Control")
				if !strings.Contains(vary, "Accept, Authorization") || !strings.Contains(cache, "no-store") {
					t.Errorf("Vary %q, Cache-Control %q", vary, cache)
				}
			}
		})
	}
}

// A POST is never sent elsewhere, and without a page nothing is.
func TestToPageIsForGetsWithAPage(t *testing.T) {
	t.Parallel()
	html := http.Header{"Accept": {browserAccept}}
	gw := startGateway(t, func(s *setup) { s.config.Playground = paged{} })
	gw.wantFine(gw.send(request{body: envelopeOf(t, queryType, nil), header: html}))
	gw = startGateway(t)
	gw.wantFine(gw.send(request{method: http.MethodGet, path: "/graphql?query=" + url.QueryEscape(queryType), header: html}))
	gw.wantRefused(gw.send(request{method: http.MethodGet, path: "/graphql", header: html}), http.StatusBadRequest, "BAD_REQUEST")
}
