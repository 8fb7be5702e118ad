package gateway

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"jobsgateway/graph/live"
	"jobsgateway/internal/memory"
)

// What open subscriptions hold of their requests is bounded: a document that many share counts once, and one token
// cannot take the room of the others. When they have ended, nothing is held.
func TestRequestsOfSubscriptionsAreBounded(t *testing.T) {
	lent := memory.New(8<<20, true)
	gw := startLiveWith(t, func(s *setup) { s.config.Memory = lent }, func(c *live.Config) {
		c.Limits.StreamsPerToken, c.Kept = 100, nil
	})
	document := func(n int) string {
		return fmt.Sprintf("subscription S%d { jobsChanged { jobs { %s } } }", n, strings.Repeat("state ", 440))
	}
	var open []*sse
	begin := func(token string, n int) bool {
		t.Helper()
		s := gw.subscribe(t, document(n), http.Header{"Authorization": {"Bearer " + token}})
		_, data := s.next()
		open = append(open, s)
		if strings.Contains(data, "SUBSCRIPTION_LIMIT_EXCEEDED") && strings.Contains(data, "as variables") {
			return false
		}
		if data != `{"data":{"jobsChanged":{"jobs":[]}}}` {
			t.Fatal(data)
		}
		return true
	}
	for range 20 {
		if !begin(tokenA, 0) {
			t.Fatal("one document for all is refused")
		}
	}
	own := 1
	for own < 20 && begin(tokenA, own) {
		own++
	}
	if own < 2 || own > 4 {
		t.Errorf("one token has %d documents", own)
	}
	if !begin(tokenB, 100) {
		t.Error("another token has no room")
	}
	for _, s := range open {
		s.cancel()
	}
	requests := gw.served.gateway.held
	isEmpty := func() bool {
		requests.mu.Lock()
		defer requests.mu.Unlock()
		return len(requests.documents)+len(requests.perToken) == 0 && requests.account.Held() == 0
	}
	for !isEmpty() { // the deadline of the tests ends a wait in vain
		time.Sleep(10 * time.Millisecond)
	}
}

// The bodies of requests are not held as long as their subscriptions last: neither can long documents use up what
// all requests together may hold.
func TestBodiesOfSubscriptionsAreGivenBack(t *testing.T) {
	lent := memory.New(8<<20, true)
	gw := startLiveWith(t, func(s *setup) { s.config.Memory = lent }, func(c *live.Config) {
		c.Limits.StreamsPerToken, c.Limits.Streams, c.Kept = 200, 200, nil
	})
	document := "subscription { jobsChanged { jobs { id } } } # " + strings.Repeat("x", 12_000)
	for n := range 100 { // of which 85 are an eighth of the memory
		s := gw.subscribe(t, document, http.Header{})
		if _, data := s.next(); data != `{"data":{"jobsChanged":{"jobs":[]}}}` {
			t.Fatalf("stream %d: %s", n, data)
		}
	}
	if got := gw.post("{ jobs(first: 1) { totalCount } } # "+strings.Repeat("x", 20_000), nil); len(got.errors) > 0 {
		t.Errorf("%d %s", got.status, got.body)
	}
}
