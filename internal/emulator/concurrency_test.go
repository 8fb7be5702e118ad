package emulator_test

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
	"testing"
	"time"

	"jobsgateway/internal/emulator"
)

// Everything at once: the race detector watches, and each answer must be whole.
func TestManyCallersAtOnce(t *testing.T) {
	t.Parallel()
	now := &clock{now: end}
	c := newLivingAPI(t, now, 100)
	c.Script(emulator.Fault{Status: 503, Times: 10, Match: func(r *http.Request) bool { return r.URL.RawQuery == "type=x" }})
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			id := fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
			for range 25 {
				now.Advance(time.Second)
				c.Insert(json.RawMessage(`{"job_id":"` + id + `"}`))
				for _, target := range []string{"/jobs?per_page=20", "/jobs/" + id, "/jobs?order_by=updated_at_asc&state=running", "/jobs?type=x"} {
					res, body, err := c.do(c.request(target))
					if err != nil || res.StatusCode != http.StatusOK && res.StatusCode != http.StatusServiceUnavailable || !json.Valid([]byte(body)) {
						t.Errorf("%s: %v %s", target, err, body)
					}
				}
				if !c.Replace(id, json.RawMessage(`{"job_id":"`+id+`","state":"failed"}`)) || !c.Remove(id) {
					t.Errorf("%s is gone", id)
				}
				_, _, _, _ = c.Len(), c.IDs(), c.Requests(), c.Scripted()
			}
		})
	}
	all.Wait()
	if c.Total() != 4*25*4 || c.Scripted() != 0 {
		t.Errorf("%d requests, %d faults left", c.Total(), c.Scripted())
	}
}

// A reset reaches through TLS, and over HTTP/2 ends the stream.
func TestResetOverTLS(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		e := emulator.New(emulator.Records())
		srv := httptest.NewUnstartedServer(e)
		srv.EnableHTTP2 = http2
		srv.StartTLS()
		client := srv.Client()
		if !http2 {
			client.Transport.(*http.Transport).TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
		}
		for _, cut := range []emulator.Cut{emulator.CutReset, emulator.CutClose, emulator.CutResetBody} {
			e.Script(emulator.Fault{Huge: 1000, Cut: cut, Times: emulator.Forever})
			c := &jobsAPI{Emulator: e, t: t, url: srv.URL, token: "x", client: client}
			_, _, err := c.do(c.request("/jobs"))
			if err == nil || !http2 && cut != emulator.CutClose && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("HTTP/2 %v, cut %d: %v", http2, cut, err)
			}
			e.Unscript()
		}
		client.CloseIdleConnections()
		srv.Close()
	}
}
