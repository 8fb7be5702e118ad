package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// preflight asks a gateway whether a page may send a header, as a browser does, and returns the answer's headers.
func preflight(t *testing.T, gw runningGateway, origin, header string) http.Header {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, gw.public+"/graphql", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", origin)
	r.Header.Set("Access-Control-Request-Method", "POST")
	r.Header.Set("Access-Control-Request-Headers", strings.ToLower(header))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.Header
}

// Pages may send the headers that docs/operations.md lists, those of --cors-headers, and no others.
func TestDocumentedHeadersOfPages(t *testing.T) {
	t.Parallel()
	const origin = "https://app.example.com"
	gw := startGateway(t, "--demo", "--cors-origins", origin, "--cors-headers", "X-Tenant,X-Flag")
	text := section(t, "docs/operations.md", "## Pages of other origins")
	_, list, _ := strings.Cut(text, "Pages may send the headers ")
	list, _, _ = strings.Cut(list, ". `--cors-headers")
	names := []string{"X-Tenant", "X-Flag"}
	for _, name := range regexp.MustCompile("`([A-Za-z-]+)`").FindAllStringSubmatch(list, -1) {
		names = append(names, name[1])
	}
	if len(names) != 17 {
		t.Errorf("%d headers: %v", len(names), names)
	}
	for _, name := range append(names, "X-Other") {
		told := preflight(t, gw, origin, name)
		granted := strings.EqualFold(told.Get("Access-Control-Allow-Headers"), name)
		if granted != (name != "X-Other") || told.Get("Access-Control-Allow-Origin") != origin {
			t.Errorf("%s: %v", name, told)
		}
	}
}

// A flood of refused pages is ten lines a second, whatever origins they say they are of.
func TestRefusedPagesDoNotFloodTheLog(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, "--demo", "--cors-origins", "https://app.example.com")
	const pages = 400 // within less than forty seconds
	for i := range pages {
		preflight(t, gw, fmt.Sprintf("https://evil%c%d.example", 'a'+rune(i%26), i), "authorization")
	}
	if n := len(gw.log.With("cross-origin request refused")); n < 10 || n == pages {
		t.Errorf("%d lines", n)
	}
}
