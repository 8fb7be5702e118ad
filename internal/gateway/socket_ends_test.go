package gateway

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"jobsgateway/internal/emulator"
)

// streamEnd waits until no WebSocket is open any more, and returns why its stream has ended; false if none had begun.
func (gw *testGateway) streamEnd(heard *hearer) (why StreamEnd, begun bool) {
	gw.t.Helper()
	gw.wantSockets(0)
	heard.mu.Lock()
	defer heard.mu.Unlock()
	for _, line := range heard.heard {
		if _, err := fmt.Sscanf(line, fmt.Sprintf("stream %d ends: %%d", TransportSocket), &why); err == nil {
			return why, true
		}
	}
	return why, false
}

// Why the stream of a WebSocket has ended is told as it is.
func TestWhySocketStreamsEnd(t *testing.T) {
	for _, c := range []struct {
		name string
		want StreamEnd
		end  func(*testGateway, *ws) // the stream, which has told its first event
	}{
		{"the job has ended", StreamCompleted, func(gw *testGateway, c *ws) {
			gw.jobs.Replace(liveJob, liveRecord(liveJob, "cancelled", 3))
			c.next()
			c.want(`{"id":"1","type":"complete"}`)
		}},
		{"the gateway stops", StreamCompleted, func(gw *testGateway, c *ws) {
			gw.served.CloseSockets()
			c.want(`{"id":"1","type":"complete"}`)
			c.wantClosed(websocket.StatusGoingAway)
		}},
		{"the token is refused", StreamFailed, func(gw *testGateway, c *ws) {
			gw.jobs.Script(emulator.Fault{Status: http.StatusUnauthorized, Times: 100})
			if got := c.next(); !strings.Contains(got, "UNAUTHENTICATED") {
				t.Error(got)
			}
		}},
		{"the client wants no more", StreamLeft, func(_ *testGateway, c *ws) {
			c.send(`{"id":"1","type":"complete"}`)
			c.send(`{"type":"ping"}`)
			c.want(`{"type":"pong"}`)
		}},
		{"the client closes the connection", StreamLeft, func(_ *testGateway, c *ws) {
			_ = c.conn.Close(websocket.StatusNormalClosure, "")
		}},
		{"the connection is cut", StreamLeft, func(*testGateway, *ws) {}},
		{"the client breaks the protocol", StreamLeft, func(_ *testGateway, c *ws) {
			c.send(`{"type":"connection_init"}`)
			c.wantClosed(4429)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			heard := newHearer()
			gw := startLiveWith(t, heardBy(heard))
			client := gw.greeted(t)
			client.subscribe("1", watchJob)
			client.next()
			c.end(gw, client)
			_ = client.conn.CloseNow()
			if why, begun := gw.streamEnd(heard); !begun || why != c.want {
				t.Errorf("%d, begun %t, want %d", why, begun, c.want)
			}
		})
	}
}

// A connection that becomes too old, or whose client reads nothing, ends its stream, and says so. On a slow machine it
// may end before the stream has begun: then the client comes again.
func TestWhySocketsEndStreams(t *testing.T) {
	const soon = 200 * time.Millisecond
	for _, c := range []struct {
		name   string
		want   StreamEnd
		change func(*setup)
		reads  bool
	}{
		{"too old", StreamAged, func(s *setup) { s.config.StreamAge = soon }, true},
		{"unread", StreamUnread, func(s *setup) { s.config.StreamPatience = soon }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			heard := newHearer()
			gw := startLiveWith(t, func(s *setup) {
				s.config.Observer = heard
				c.change(s)
			})
			for {
				conn := gw.socket(t, nil).conn
				for _, message := range []string{
					`{"type":"connection_init","payload":{"Authorization":"Bearer ` + tokenA + `"}}`,
					`{"id":"1","type":"subscribe","payload":{"query":"subscription { jobsChanged { cursor } }"}}`,
				} {
					_ = conn.Write(t.Context(), websocket.MessageText, []byte(message)) // it may have ended
				}
				for err := error(nil); c.reads && err == nil; {
					_, _, err = conn.Read(t.Context())
				}
				why, begun := gw.streamEnd(heard)
				if begun && why != c.want {
					t.Errorf("%d, want %d", why, c.want)
				}
				if begun {
					return
				}
			}
		})
	}
}

// How long a client may be silent is one setting for all transports, and one that is there is asked in time.
func TestPatienceOfSockets(t *testing.T) {
	const usual = 10 * time.Second
	for _, c := range []struct {
		patience time.Duration
		want     socketTimes
	}{
		{0, socketTimes{usual, usual, usual, 30 * time.Second}},
		{time.Hour, socketTimes{usual, usual, usual, time.Hour}},
		{3 * time.Second, socketTimes{usual, usual, time.Second, 3 * time.Second}},
	} {
		gw := startLiveWith(t, func(s *setup) { s.config.StreamPatience = c.patience })
		if got := gw.served.gateway.sockets.waits; got != c.want {
			t.Errorf("%v: %+v", c.patience, got)
		}
	}
}
