// Package clienttest gives tests a Jobs API over HTTP, and a client that asks it.
package clienttest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"jobsgateway/restclient"
)

// Token goes to the Jobs API with every call and must come out nowhere.
const Token = "token-4be1f0c2d3a5968778695a4b3c2d1e0f" //nolint:gosec // it opens nothing

// T is what *testing.T, *testing.B and *rapid.T share.
type T interface {
	Fatalf(format string, args ...any)
	Cleanup(f func())
}

// New serves an API over HTTP and returns a client of it. Both are closed when the test ends. The client sends
// Token, takes 8 MiB an answer, waits an hour, for a connection, too, since a machine may stand still for a minute,
// and overwrites its memory when it is given back, so that a late reader is noticed; change may change that.
func New(t T, api http.Handler, change ...func(*restclient.Config)) *restclient.Client {
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatalf("%v", err)
	}
	cfg := restclient.Config{
		BaseURL: base, Timeout: time.Hour, ConnectTimeout: time.Hour, MaxBody: 8 << 20, MaxConns: 64, Scribble: true,
		Token: func(context.Context) (string, bool) { return Token, true },
	}
	for _, f := range change {
		f(&cfg)
	}
	client := restclient.New(cfg)
	t.Cleanup(client.Close)
	return client
}
