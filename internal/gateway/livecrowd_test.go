package gateway

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"jobsgateway/graph/live"
)

// tally is an observer that counts.
type tally struct {
	*hearer

	requests, ended atomic.Int64
	begun, over     [3]atomic.Int64
	twice           atomic.Int64
}

type tallyKey struct{}

func (o *tally) RequestStarts(ctx context.Context, _ RequestStart) (context.Context, string) {
	o.requests.Add(1)
	return context.WithValue(ctx, tallyKey{}, new(atomic.Int64)), ""
}

func (o *tally) RequestEnds(ctx context.Context, _ RequestEnd) {
	o.ended.Add(1)
	if ctx.Value(tallyKey{}).(*atomic.Int64).Add(1) != 1 {
		o.twice.Add(1)
	}
}

func (o *tally) OperationStarts(ctx context.Context) context.Context { return ctx }
func (o *tally) OperationEnds(context.Context, OperationEnd)         {}
func (o *tally) StreamStarts(transport Transport)                    { o.begun[transport].Add(1) }
func (o *tally) StreamEnds(transport Transport, _ StreamEnd)         { o.over[transport].Add(1) }

const crowdQuery = `subscription { jobUpdated(id: "` + liveJob + `") { updatedAt raw } }`

// crowd are clients that come and go as they like, while a job changes all the time.
type crowd struct {
	*testing.T

	gw   *testGateway
	told atomic.Int64
}

// inOrder returns what checks that the events of one stream are whole, and in order.
func (c *crowd) inOrder() func(data json.RawMessage) {
	last := ""
	return func(data json.RawMessage) {
		var event struct {
			Data struct {
				JobUpdated struct {
					UpdatedAt string `json:"updatedAt"`
				} `json:"jobUpdated"`
			} `json:"data"`
			Errors []json.RawMessage `json:"errors"`
		}
		if err := json.Unmarshal(data, &event); err != nil || len(event.Errors) > 0 || event.Data.JobUpdated.UpdatedAt <= last {
			c.Errorf("%v: %.300s behind %s", err, data, last)
		}
		last = event.Data.JobUpdated.UpdatedAt
		c.told.Add(1)
	}
}

// leave ends a connection in one of the ways that there are.
func leave(conn net.Conn) {
	tcp := conn.(*net.TCPConn)
	switch rand.IntN(4) {
	case 0:
		_ = tcp.CloseWrite()
		_, _ = io.Copy(io.Discard, tcp)
	case 1:
		_ = tcp.SetLinger(0)
	case 2:
		_, _ = tcp.Write([]byte("what is this?\r\n\r\n"))
	}
	_ = tcp.Close()
}

// listen is a client of server-sent events, or of multipart.
func (c *crowd) listen(accept, before, after string) {
	conn := dialTo(c.T, c.gw.url)
	write(c.T, conn, strings.Replace(asking("HTTP/1.1", crowdQuery), "text/event-stream", accept, 1))
	if rand.IntN(8) == 0 {
		leave(conn)
		return
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		c.Error(err)
		return
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	isNext := c.inOrder()
	for range rand.IntN(30) {
		for lines.Scan() {
			text, found := strings.CutPrefix(lines.Text(), before)
			if found && strings.HasSuffix(text, after) && text != "" {
				isNext(json.RawMessage(strings.TrimSuffix(text, after)))
				break
			}
		}
		if rand.IntN(10) == 0 {
			time.Sleep(20 * time.Millisecond)
		}
	}
	leave(conn)
}

// talk is a client of a WebSocket, which uses its ids again.
func (c *crowd) talk() {
	var below net.Conn
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		below, err = (&net.Dialer{}).DialContext(ctx, network, address)
		return below, err
	}}
	conn, _, err := websocket.Dial(c.Context(), c.gw.url+"/graphql", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, Subprotocols: []string{"graphql-transport-ws"},
	})
	if err != nil {
		c.Error(err)
		return
	}
	conn.SetReadLimit(16 << 20)
	defer transport.CloseIdleConnections()
	send := func(text string) { _ = conn.Write(c.Context(), websocket.MessageText, []byte(text)) }
	send(`{"type":"connection_init","payload":{"Authorization":"Bearer ` + tokenA + `"}}`)
	streams := map[string]func(json.RawMessage){}
	for range rand.IntN(60) {
		id := strconv.Itoa(rand.IntN(4))
		switch rand.IntN(12) {
		case 0, 1, 2:
			if streams[id] == nil {
				streams[id] = c.inOrder()
				send(`{"id":"` + id + `","type":"subscribe","payload":{"query":` + strconv.Quote(crowdQuery) + `}}`)
			}
		case 3:
			if streams[id] != nil { // what was sent before is read until the id is used again
				send(`{"id":"` + id + `","type":"complete"}`)
				send(`{"id":"q` + id + `","type":"subscribe","payload":{"query":"{ __typename }"}}`)
				if !c.hear(conn, streams, "q"+id) {
					return
				}
				delete(streams, id)
			}
		case 4:
			send(`{"type":"ping"}`)
		case 5:
			go func() { _ = conn.Ping(c.Context()) }()
		default:
			if len(streams) > 0 && !c.hear(conn, streams, "") {
				return
			}
		}
	}
	if rand.IntN(2) == 0 {
		leave(below)
	} else if rand.IntN(2) == 0 {
		_ = conn.Close(websocket.StatusNormalClosure, "")
	}
	_ = conn.CloseNow()
}

// hear reads one message, or up to the end of one operation; false if the connection has ended.
func (c *crowd) hear(conn *websocket.Conn, streams map[string]func(json.RawMessage), until string) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), 30*time.Second)
	defer cancel()
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			if closed, _ := errors.AsType[websocket.CloseError](err); closed.Code != websocket.StatusGoingAway {
				c.Error(err)
			}
			return false
		}
		var message struct {
			ID      string          `json:"id"`
			Type    string          `json:"type"`
			Payload json.RawMessage `json:"payload"`
		}
		if err := json.Unmarshal(text, &message); err != nil {
			c.Errorf("%v: %.300q", err, text)
			return false
		}
		switch is := streams[message.ID]; {
		case message.Type == "next" && is != nil:
			is(message.Payload)
		case message.Type == "complete" && message.ID == until:
			return true
		case message.Type == "error":
			c.Errorf("%.300s", text)
		}
		if until == "" {
			return true
		}
	}
}

// Clients that come, go, half-close, reset, say what is no request, and use their ids again, while events flow, get
// whole events in order, and leave nothing behind; each stream is told of once. In the end the gateway stops while some
// are there.
func TestCrowd(t *testing.T) {
	const clients, visits = 12, 8
	o := &tally{hearer: newHearer()}
	gw := startLiveWith(t, func(s *setup) { s.config.Observer = o }, func(c *live.Config) {
		c.Limits = live.Limits{Streams: 1000, StreamsPerToken: 1000, Polls: 10}
		c.Kept.Limit = 32 << 20
	})
	c := &crowd{T: t, gw: gw}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		filler := strings.Repeat("x", 40<<10)
		for i := 100; ; i++ {
			gw.jobs.Replace(liveJob, fmt.Appendf(nil, `{"job_id":%q,"state":"running","type":"t","created_at":"2026-03-12T15:00:00",
				"updated_at":"2026-03-12T15:00:01.%06d","input":{"filler":%q}}`, liveJob, i, filler[:i*97%len(filler)]))
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	visit := func() {
		switch rand.IntN(3) {
		case 0:
			c.listen(`text/event-stream`, "data: ", "")
		case 1:
			c.listen(`multipart/mixed;subscriptionSpec=1.0`, `{"payload":`, "}")
		default:
			c.talk()
		}
	}
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for range visits {
				visit()
			}
		})
	}
	all.Wait()
	var last []net.Conn // of those who do not leave by themselves
	for range clients {
		write(t, dialTo(t, gw.url), asking("HTTP/1.1", crowdQuery))
		conn := gw.greetedRaw(t)
		last = append(last, conn)
		write(t, conn, subscribing("1", crowdQuery)+subscribing("2", crowdQuery))
	}
	engine := gw.served.gateway.executor.live
	for engine.Figures().Streams < 3*clients {
		time.Sleep(time.Millisecond)
	}
	engine.Close()
	gw.served.CloseSockets()
	close(stop)
	<-stopped
	for _, conn := range last {
		leave(conn)
	}
	gw.wantSockets(0)
	for o.requests.Load() != o.ended.Load() || engine.Figures().Streams > 0 {
		time.Sleep(time.Millisecond)
	}
	for transport := range o.begun {
		if begun, over := o.begun[transport].Load(), o.over[transport].Load(); begun != over || begun == 0 {
			t.Errorf("transport %d: %d streams have begun, %d have ended", transport, begun, over)
		}
	}
	if o.twice.Load() != 0 || c.told.Load() == 0 {
		t.Errorf("%d requests have ended twice, %d events", o.twice.Load(), c.told.Load())
	}
}
