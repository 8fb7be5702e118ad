package gateway

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"jobsgateway/graph/live"
)

// Connections with tokens that nobody knows keep nobody out: the oldest of them makes place. Those over which the API
// has answered something, or something is asked, stay.
func TestUselessSocketsMakePlace(t *testing.T) {
	gw := startLive(t, func(c *live.Config) { c.Limits = live.Limits{Streams: 4, StreamsPerToken: 4, Polls: 10} })
	greeted := func(token string) *ws {
		c := gw.socket(t, nil)
		c.send(`{"type":"connection_init","payload":{"Authorization":"Bearer ` + token + `"}}`)
		c.want(`{"type":"connection_ack"}`)
		return c
	}
	unknown := []*ws{greeted("unknown-1"), greeted("unknown-2")}
	answered := greeted(tokenA)
	answered.subscribe("1", `{ jobs(first: 1) { nodes { id } } }`)
	if got := answered.next(); !strings.Contains(got, liveJob) {
		t.Fatal(got)
	}
	answered.want(`{"id":"1","type":"complete"}`)
	watching := greeted(tokenA)
	watching.subscribe("1", watchJob)
	watching.next()
	for _, c := range unknown {
		late := greeted(tokenA)
		if text, err := c.read(); err == nil || websocket.CloseStatus(err) != -1 {
			t.Errorf("%s, %v", text, err)
		}
		late.subscribe("1", watchJob)
		late.next()
	}
	got := gw.send(handshake(nil))
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" ||
		!strings.Contains(got.body, `"code":"SUBSCRIPTION_LIMIT_EXCEEDED"`) || !strings.Contains(got.body, `"retryable":true`) {
		t.Errorf("%d %s", got.status, got.body)
	}
	for _, c := range []*ws{answered, watching} {
		c.subscribe("2", `{ __typename }`)
		c.want(`{"id":"2","type":"next","payload":{"data":{"__typename":"Query"}}}`)
	}
	_ = answered.conn.Close(websocket.StatusNormalClosure, "") // its place is free then
	all := gw.served.gateway.sockets
	for open := 4; open == 4; {
		time.Sleep(time.Millisecond)
		all.mu.Lock()
		open = len(all.all)
		all.mu.Unlock()
	}
	greeted(tokenA)
}
