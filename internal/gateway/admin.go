package gateway

import (
	"net/http"
	"sync/atomic"
)

// Admin serves the admin listener: /healthz says that the process lives, /readyz that it wants requests, and
// /metrics what happens in it. None asks the upstream: its bad minute must not take every replica out at
// once. It is ready from the first call of SetReady.
type Admin struct {
	mux   *http.ServeMux
	ready atomic.Bool
}

// NewAdmin makes an Admin that is not ready yet, and that answers at /metrics by the handler of that name.
func NewAdmin(metrics http.Handler) *Admin {
	a := &Admin{mux: http.NewServeMux()}
	a.mux.Handle("GET /metrics", metrics)
	a.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answerHealth(w, http.StatusOK, "ok")
	})
	a.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if a.ready.Load() {
			answerHealth(w, http.StatusOK, "ready")
			return
		}
		answerHealth(w, http.StatusServiceUnavailable, "not ready")
	})
	return a
}

// SetReady switches /readyz.
func (a *Admin) SetReady(ready bool) { a.ready.Store(ready) }

// ServeHTTP answers a request of the admin listener.
func (a *Admin) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// answerHealth answers with one word, which nothing may keep.
func answerHealth(w http.ResponseWriter, status int, word string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(word + "\n"))
}
