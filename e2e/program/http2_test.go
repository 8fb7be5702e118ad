//go:build e2e

package program_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"jobsgateway/e2e/program"
	"jobsgateway/internal/badapi"
)

// Over HTTP/2 calls share a connection. One that fails, hangs or never ends is an error of its own caller, and the
// calls beside it on the same connection are answered.
func TestFaultsOverHTTP2(t *testing.T) {
	t.Parallel()
	bomb := badapi.Bomb() // now, since it takes longer to make than an answer may take
	flush := func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }
	for name, tc := range map[string]struct {
		fault http.HandlerFunc
		code  string
		calls int64
	}{
		"A56 reset before a byte": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "UPSTREAM_UNAVAILABLE", 3},
		"A57 reset in the body": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"records":[`)
			flush(w)
			panic(http.ErrAbortHandler)
		}, "UPSTREAM_UNAVAILABLE", 1},
		"A58 an early end": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"records":[`)
		}, "UPSTREAM_UNAVAILABLE", 1},
		"A52 no answer": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "UPSTREAM_TIMEOUT", 1},
		"A55 a body in drops": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, " ")
				flush(w)
				time.Sleep(50 * time.Millisecond)
			}
		}, "UPSTREAM_TIMEOUT", 1},
		"A72 a body without an end": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, err := io.WriteString(w, `{"records":[],"pad":"`)
			for piece := strings.Repeat("x", 1<<16); err == nil && r.Context().Err() == nil; {
				_, err = io.WriteString(w, piece)
			}
		}, "UPSTREAM_BAD_RESPONSE", 1},
		"A71 a bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
		}, "UPSTREAM_BAD_RESPONSE", 1},
		"A60 503":        {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, "UPSTREAM_UNAVAILABLE", 3},
		"A64 a redirect": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/LEAK", http.StatusFound) }, "UPSTREAM_REJECTED", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int64
			api := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.ProtoMajor != 2 {
					t.Error(r.Proto)
				}
				if strings.HasPrefix(r.Header.Get("Authorization"), "Bearer "+canary) {
					calls.Add(1)
					tc.fault(w, r)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, badapi.EmptyPage)
			}))
			api.EnableHTTP2 = true
			api.StartTLS()
			defer api.Close()
			timeout := "1m" // which only a test that hangs can meet
			if tc.code == "UPSTREAM_TIMEOUT" {
				timeout = "3s"
			}
			gw := program.StartWith(t, []string{"SSL_CERT_FILE=" + certificateOf(t, api)}, "--upstream-url="+api.URL,
				"--upstream-timeout="+timeout, "--request-timeout=2m", "--max-upstream-body=1MiB")
			client := newClient(t)
			done := make(chan struct{})
			var beside sync.WaitGroup
			beside.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-done:
						return
					case <-time.After(5 * time.Millisecond):
					}
					if _, text := ask(t, client, gw, fmt.Sprint("tokB-", n), oneCall); text != `{"data":{"jobs":{"totalCount":0}}}` {
						t.Errorf("beside it: %s", text)
					}
				}
			})
			_, text := ask(t, client, gw, canary, oneCall)
			close(done)
			beside.Wait()
			if !strings.Contains(text, fmt.Sprintf(`"code":%q`, tc.code)) || calls.Load() != tc.calls {
				t.Errorf("%d calls: %s", calls.Load(), text)
			}
			if log := gw.Log.String(); strings.Contains(log, "LEAK") || strings.Contains(log, canary) {
				t.Error(log)
			}
		})
	}
}
