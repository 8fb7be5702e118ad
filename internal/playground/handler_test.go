package playground_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"jobsgateway/internal/playground"
)

// get asks the handler and returns the answer with its body. The headers come as pairs.
func get(t *testing.T, h http.Handler, method, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), w.Body.String()
}

// assetPath returns the path of a file that the page, which is at /, names relative to itself.
func assetPath(t *testing.T, h http.Handler, name string) string {
	t.Helper()
	_, page := get(t, h, http.MethodGet, "/")
	for path := range strings.SplitSeq(page, `"`) {
		if strings.HasPrefix(path, "playground/") && strings.HasSuffix(path, "/"+name) {
			return "/" + path
		}
	}
	t.Fatalf("the page does not name %s", name)
	return ""
}

func TestHandler(t *testing.T) {
	t.Parallel()
	h := playground.New(playground.Options{})
	app := assetPath(t, h, "app.js")
	directory := strings.TrimSuffix(app, "app.js")

	tests := []struct {
		name, method, path string
		status             int
		cache              string
		contentType        string
	}{
		{"page", "GET", "/", 200, "no-cache", "text/html; charset=utf-8"},
		{"page, head", "HEAD", "/", 200, "no-cache", "text/html; charset=utf-8"},
		{"script", "GET", app, 200, "public, max-age=31536000, immutable", "text/javascript; charset=utf-8"},
		{"script, head", "HEAD", app, 200, "public, max-age=31536000, immutable", "text/javascript; charset=utf-8"},
		{"style", "GET", directory + "app.css", 200, "public, max-age=31536000, immutable", "text/css; charset=utf-8"},
		{"icon", "GET", directory + "icon.svg", 200, "public, max-age=31536000, immutable", "image/svg+xml"},
		{"licences", "GET", directory + "NOTICES.txt", 200, "public, max-age=31536000, immutable", "text/plain; charset=utf-8"},
		{"examples", "GET", directory + "examples.json", 200, "public, max-age=31536000, immutable", "application/json"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			answer, body := get(t, h, tt.method, tt.path)
			if answer.StatusCode != tt.status {
				t.Errorf("status: got %d, want %d", answer.StatusCode, tt.status)
			}
			if got := answer.Header.Get("Cache-Control"); got != tt.cache {
				t.Errorf("Cache-Control: got %q, want %q", got, tt.cache)
			}
			if got := answer.Header.Get("Content-Type"); got != tt.contentType {
				t.Errorf("Content-Type: got %q, want %q", got, tt.contentType)
			}
			if got := answer.Header.Get("X-Content-Type-Options"); got != "nosniff" {
				t.Errorf("X-Content-Type-Options: got %q, want nosniff", got)
			}
			if (body == "") != (tt.method == http.MethodHead) {
				t.Errorf("body: got %d bytes for %s", len(body), tt.method)
			}
		})
	}
}

// Has tells what is served from what is not: other files, other builds, and what is embedded for other ends.
func TestHas(t *testing.T) {
	t.Parallel()
	p := playground.New(playground.Options{})
	app := assetPath(t, p, "app.js")
	directory := strings.TrimSuffix(app, "app.js")
	for _, path := range []string{"/", app, directory + "app.css", directory + "examples.json", directory + "NOTICES.txt"} {
		if !p.Has(path) {
			t.Errorf("%s is not there", path)
		}
	}
	for _, path := range []string{
		"", "/index.html", "/playground", "/playground/", "/playground/app.js", "/playground/0123456789abcdef/app.js", directory,
		strings.TrimSuffix(directory, "/"), directory + "missing.js", directory + "SHA256SUMS", directory + "../app.js", directory + "app.js/",
	} {
		if p.Has(path) {
			t.Errorf("%s is there", path)
		}
	}
}

func TestPageHeaders(t *testing.T) {
	t.Parallel()
	answer, _ := get(t, playground.New(playground.Options{}), http.MethodGet, "/")
	if got := answer.Header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("Referrer-Policy: got %q, want no-referrer", got)
	}
	policy := answer.Header.Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none'", "script-src 'self';", "connect-src 'self';",
		"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
	} {
		if !strings.Contains(policy, want) {
			t.Errorf("Content-Security-Policy: got %q, want %q in it", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("Content-Security-Policy: got %q, want nothing unsafe", policy)
	}
}

func TestPageRevalidation(t *testing.T) {
	t.Parallel()
	h := playground.New(playground.Options{})
	first, _ := get(t, h, http.MethodGet, "/")
	tag := first.Header.Get("ETag")
	demo, _ := get(t, playground.New(playground.Options{Demo: true}), http.MethodGet, "/")
	if tag == "" || tag == demo.Header.Get("ETag") {
		t.Fatalf("ETag: got %q, and %q for another page", tag, demo.Header.Get("ETag"))
	}
	tests := []struct {
		name, header string
		status       int
	}{
		{"same", tag, 304},
		{"same, weak", "W/" + tag, 304},
		{"one of many", `"other", ` + tag, 304},
		{"any", "*", 304},
		{"other", `"other"`, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			answer, body := get(t, h, http.MethodGet, "/", "If-None-Match", tt.header)
			if answer.StatusCode != tt.status {
				t.Errorf("status: got %d, want %d", answer.StatusCode, tt.status)
			}
			if got := answer.Header.Get("ETag"); got != tag {
				t.Errorf("ETag: got %q, want %q", got, tag)
			}
			if (body == "") != (tt.status == http.StatusNotModified) {
				t.Errorf("body: got %d bytes with status %d", len(body), tt.status)
			}
		})
	}
}

func TestAssetEncoding(t *testing.T) {
	t.Parallel()
	h := playground.New(playground.Options{})
	path := assetPath(t, h, "graphiql.min.js")
	plain, want := get(t, h, http.MethodGet, path)
	if got := plain.Header.Get("Content-Encoding"); got != "" {
		t.Fatalf("Content-Encoding without Accept-Encoding: got %q, want none", got)
	}
	if got := plain.Header.Get("Content-Length"); got != strconv.Itoa(len(want)) {
		t.Errorf("Content-Length: got %s, want %d", got, len(want))
	}

	packed, body := get(t, h, http.MethodGet, path, "Accept-Encoding", "br, gzip")
	if got := packed.Header.Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("Content-Encoding: got %q, want gzip", got)
	}
	if got := packed.Header.Get("Content-Length"); got != strconv.Itoa(len(body)) {
		t.Errorf("Content-Length: got %s, want %d", got, len(body))
	}
	reader, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("the compressed file has %d bytes inside, the plain one %d", len(got), len(want))
	}
	for _, answer := range []*http.Response{plain, packed} {
		if got := answer.Header.Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("Vary: got %q, want Accept-Encoding", got)
		}
	}
}
