//go:build e2e

package program

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"jobsgateway/internal/emulator"
)

// Upstream is a Jobs API that knows which requests are open, and may hold them.
type Upstream struct {
	URL string
	API *emulator.Emulator // it has recorded the requests
	// Hold is called before a request is answered. It returns when that may go on.
	Hold func(*http.Request)

	open   atomic.Int64
	server *httptest.Server
}

// StartUpstream serves a Jobs API until the test ends; a nil hold holds nothing.
func StartUpstream(t testing.TB, hold func(*http.Request)) *Upstream {
	t.Helper()
	u := &Upstream{API: emulator.New(emulator.Options{}), Hold: hold}
	u.server = httptest.NewServer(u)
	t.Cleanup(u.server.Close)
	u.URL = u.server.URL
	return u
}

// ServeHTTP answers as the Jobs API does.
func (u *Upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.open.Add(1)
	defer u.open.Add(-1)
	if u.Hold != nil {
		u.Hold(r)
	}
	u.API.ServeHTTP(w, r)
}

// Open returns how many requests have not been answered.
func (u *Upstream) Open() int { return int(u.open.Load()) }

// Disconnect closes all connections.
func (u *Upstream) Disconnect() { u.server.CloseClientConnections() }
