package gateway

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestAdmin(t *testing.T) {
	t.Parallel()
	admin := NewAdmin(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answerHealth(w, http.StatusOK, "measured")
	}))
	expect := func(method, path string, status int, body string) {
		t.Helper()
		rec := httptest.NewRecorder()
		admin.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), method, path, nil))
		if rec.Code != status || body != "" && rec.Body.String() != body {
			t.Errorf("%s %s: %d %q, want %d %q", method, path, rec.Code, rec.Body, status, body)
		}
		if body == "" {
			return
		}
		if rec.Header().Get("Content-Type") != "text/plain; charset=utf-8" || rec.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: %v", method, path, rec.Header())
		}
	}
	expect(http.MethodGet, "/healthz", 200, "ok\n")
	expect(http.MethodGet, "/readyz", 503, "not ready\n")
	admin.SetReady(true)
	expect(http.MethodGet, "/readyz", 200, "ready\n")
	expect(http.MethodHead, "/readyz", 200, "")
	admin.SetReady(false)
	expect(http.MethodGet, "/readyz", 503, "not ready\n")
	expect(http.MethodGet, "/healthz", 200, "ok\n")
	expect(http.MethodPost, "/healthz", 405, "")
	expect(http.MethodGet, "/metrics", 200, "measured\n")
	expect(http.MethodPost, "/metrics", 405, "")
	for _, path := range []string{"/", "/graphql", "/schema.graphql", "/healthz/", "/readyz/x", "/metrics/", "/debug/pprof/"} {
		expect(http.MethodGet, path, 404, "")
	}
}
