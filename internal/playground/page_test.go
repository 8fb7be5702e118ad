package playground_test

import (
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"jobsgateway/internal/playground"
)

// TestPageHasNoInlineCode: the policy forbids inline scripts and styles, so one in the page would silently
// not run.
func TestPageHasNoInlineCode(t *testing.T) {
	t.Parallel()
	h := playground.New(playground.Options{
		Endpoint: `/"><script>alert(1)</script>`, SchemaPath: "javascript:alert(1)", Demo: true,
	})
	_, page := get(t, h, http.MethodGet, "/")
	inScript, scripts := false, 0
	for token := range elements(t, page) {
		switch token := token.(type) {
		case xml.StartElement:
			attributes := map[string]string{}
			for _, attribute := range token.Attr {
				attributes[attribute.Name.Local] = attribute.Value
				if name := attribute.Name.Local; strings.HasPrefix(name, "on") || name == "style" {
					t.Errorf("<%s> has the attribute %s", token.Name.Local, name)
				}
				if strings.HasPrefix(attribute.Value, "javascript:") && attribute.Name.Local != "data-schema" {
					t.Errorf("<%s %s> holds a script", token.Name.Local, attribute.Name.Local)
				}
			}
			if token.Name.Local == "style" {
				t.Error("the page has a style element")
			}
			if token.Name.Local == "script" {
				inScript = true
				scripts++
				if attributes["src"] == "" {
					t.Error("a script has no src")
				}
			}
		case xml.EndElement:
			inScript = false
		case xml.CharData:
			if inScript && strings.TrimSpace(string(token)) != "" {
				t.Errorf("inline script: %s", token)
			}
		}
	}
	if scripts != 5 {
		t.Errorf("scripts: got %d, want 5", scripts)
	}
}

// elements reads HTML of the plain kind that our page is with the decoder for XML.
func elements(t *testing.T, page string) func(func(xml.Token) bool) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(page))
	decoder.Strict = false
	decoder.AutoClose = xml.HTMLAutoClose
	decoder.Entity = xml.HTMLEntity
	return func(yield func(xml.Token) bool) {
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !yield(token) {
				return
			}
		}
	}
}

// TestNothingForeign: neither the page nor a file of ours names another host, and all it names is there.
func TestNothingForeign(t *testing.T) {
	t.Parallel()
	h := playground.New(playground.Options{Demo: true})
	_, page := get(t, h, http.MethodGet, "/")
	texts := map[string]string{"page": page}
	for name := range scripts(t, h) {
		_, texts[name] = get(t, h, http.MethodGet, assetPath(t, h, name))
	}
	for _, name := range []string{"app.css", "icon.svg", "examples.json"} {
		_, texts[name] = get(t, h, http.MethodGet, assetPath(t, h, name))
	}
	absolute := regexp.MustCompile(`[a-z]+://[^\s"')]*|["'(]//\w[^\s"')]*`)
	for name, text := range texts {
		for _, url := range absolute.FindAllString(text, -1) {
			if url != "http://www.w3.org/2000/svg" { // the name of a language, not an address
				t.Errorf("%s names %s", name, url)
			}
		}
	}

	named := regexp.MustCompile(`"(playground/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(named) < 9 {
		t.Errorf("the page names %d files, want at least 9", len(named))
	}
	for _, match := range named {
		if answer, _ := get(t, h, http.MethodGet, "/"+match[1]); answer.StatusCode != http.StatusOK {
			t.Errorf("%s: got status %d, want 200", match[1], answer.StatusCode)
		}
	}
}

// TestPageIsRelative: a page below another path finds its files, the endpoint and the schema there, and keeps
// a token of its own.
func TestPageIsRelative(t *testing.T) {
	t.Parallel()
	h := playground.New(playground.Options{Demo: true})
	_, page := get(t, h, http.MethodGet, "/")
	address := &url.URL{Scheme: "https", Host: "a.example", Path: "/jobs-gw/"}
	references := regexp.MustCompile(`(?:href|src|data-endpoint|data-schema|data-examples)="([^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(references) < 14 {
		t.Errorf("%d references", len(references))
	}
	for _, reference := range references {
		to, err := address.Parse(reference[1])
		if err != nil || to.Host != address.Host || !strings.HasPrefix(to.Path, address.Path) {
			t.Errorf("%s leads to %v, %v", reference[0], to, err)
		}
	}
	texts := scripts(t, h)
	for name, script := range texts {
		if rooted := regexp.MustCompile("[\"'`(]/[a-z][^\"'`\n]*").FindString(script); rooted != "" {
			t.Errorf("%s names %s", name, rooted)
		}
	}
	if !strings.Contains(texts["token.js"], "tokenKey = `jobsgateway:token:${location.pathname}`") {
		t.Error("the token is one for all paths")
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		options  playground.Options
		has, not []string
	}{
		{
			name: "defaults",
			has:  []string{`data-endpoint="graphql"`, `data-schema="schema.graphql"`, `data-examples="playground/`},
			not:  []string{"data-demo", "demonstration data", " data-schema-hidden", " data-trusted-only", " data-no-subscriptions"},
		},
		{
			name:    "other paths",
			options: playground.Options{Endpoint: "/api/graphql", SchemaPath: "/api/schema"},
			has:     []string{`data-endpoint="/api/graphql"`, `data-schema="/api/schema"`},
		},
		{
			name:    "demo",
			options: playground.Options{Demo: true},
			has:     []string{"data-demo", "demonstration data"},
		},
		{
			name:    "no schema",
			options: playground.Options{SchemaHidden: true},
			has:     []string{" data-schema-hidden"},
			not:     []string{`href="schema.graphql"`, " data-trusted-only"},
		},
		{
			name:    "no subscriptions",
			options: playground.Options{NoSubscriptions: true},
			has:     []string{" data-no-subscriptions"},
		},
		{
			name:    "trusted documents",
			options: playground.Options{TrustedOnly: true},
			has:     []string{" data-trusted-only", `href="schema.graphql"`},
			not:     []string{" data-schema-hidden"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, page := get(t, playground.New(tt.options), http.MethodGet, "/")
			for _, want := range tt.has {
				if !strings.Contains(page, want) {
					t.Errorf("the page lacks %s", want)
				}
			}
			for _, bad := range tt.not {
				if strings.Contains(page, bad) {
					t.Errorf("the page has %s", bad)
				}
			}
		})
	}
}

// scripts are ours, by name: all that the page names beside those of third_party.
func scripts(t *testing.T, h http.Handler) map[string]string {
	t.Helper()
	_, page := get(t, h, http.MethodGet, "/")
	texts := map[string]string{}
	for _, match := range regexp.MustCompile(`"playground/[0-9a-f]+/(\w+\.js)"`).FindAllStringSubmatch(page, -1) {
		if match[1] != "explorer.js" {
			_, texts[match[1]] = get(t, h, http.MethodGet, assetPath(t, h, match[1]))
		}
	}
	return texts
}

// Each script of ours is in the page, so that none waits for another to name it, and each that one imports is
// there.
func TestScripts(t *testing.T) {
	t.Parallel()
	texts := scripts(t, playground.New(playground.Options{}))
	imported := map[string]bool{"app.js": true}
	for name, text := range texts {
		for _, match := range regexp.MustCompile(`(?m)^import .* from '\./(.*)';$`).FindAllStringSubmatch(text, -1) {
			imported[match[1]] = true
			if texts[match[1]] == "" {
				t.Errorf("%s imports %s, which the page does not name", name, match[1])
			}
		}
	}
	if !maps.Equal(imported, map[string]bool{
		"access.js": true, "answer.js": true, "app.js": true, "gateway.js": true, "notice.js": true, "share.js": true, "token.js": true,
	}) || len(texts) != len(imported) {
		t.Errorf("imported are %v of %d", imported, len(texts))
	}
}

// TestTokenStaysInItsTab: the token may live in session storage and a header; this is the cheap half of the
// check, the browser's is elsewhere.
func TestTokenStaysInItsTab(t *testing.T) {
	t.Parallel()
	all := ""
	for name, script := range scripts(t, playground.New(playground.Options{})) {
		all += script
		for _, bad := range []string{"localStorage", "document.cookie"} {
			if strings.Contains(script, bad) {
				t.Errorf("%s uses %s", name, bad)
			}
		}
	}
	for _, want := range []string{"sessionStorage.setItem(tokenKey", "`Bearer ${token()}`", "shouldPersistHeaders: false"} {
		if !strings.Contains(all, want) {
			t.Errorf("the scripts lack %s", want)
		}
	}
}
