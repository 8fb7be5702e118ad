package gateway

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// listener is a caller's connection that notes until when is read.
type listener struct {
	*httptest.ResponseRecorder

	until []time.Time
}

func (l *listener) SetReadDeadline(until time.Time) error {
	l.until = append(l.until, until)
	return nil
}

// sender is an endless body, of which a piece comes in every so often.
type sender struct {
	every time.Duration
	sent  int
}

func (s *sender) Read(p []byte) (int, error) {
	time.Sleep(s.every)
	s.sent += len(p)
	return len(p), nil
}

// Of a body whose answer is there 16 MiB are dropped, for 5 seconds, and a second is waited for each piece of
// it.
func TestLingerIsBounded(t *testing.T) {
	t.Parallel()
	drop := func(body io.Reader) (*listener, time.Duration) {
		l := &listener{ResponseRecorder: httptest.NewRecorder()}
		begun := time.Now()
		linger(l, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", nil), body)
		return l, time.Since(begun)
	}
	synctest.Test(t, func(t *testing.T) {
		fast := &sender{}
		if _, took := drop(fast); fast.sent != 16<<20 || took != 0 {
			t.Errorf("%d bytes are dropped, in %v", fast.sent, took)
		}
		begun := time.Now()
		slow := &sender{every: 400 * time.Millisecond}
		l, took := drop(slow)
		if took != 5200*time.Millisecond { // the piece that comes last would have met the deadline of the connection
			t.Errorf("it took %v", took)
		}
		for i, until := range l.until {
			asked := begun.Add(time.Duration(i) * slow.every)
			if want := min(asked.Add(time.Second).Sub(begun), 5*time.Second); until.Sub(begun) != want {
				t.Errorf("piece %d is waited for until %v, want %v", i, until.Sub(begun), want)
			}
		}
	})
}

// clock is a caller's connection that notes when it is written to.
type clock struct {
	net.Conn

	at []time.Time
}

func (c *clock) Write(p []byte) (int, error) {
	c.at = append(c.at, time.Now())
	return len(p), nil
}

// Whether a caller has left is asked seven times: five times within the second after it seemed so, and for
// the last time after seven.
func TestAheadInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wire, begun, done := &clock{}, time.Now(), make(chan struct{})
		time.AfterFunc(time.Hour, func() { close(done) })
		if left(ConnContext(t.Context(), &conn{Conn: wire}), done) || time.Since(begun) != time.Hour {
			t.Errorf("it took %v", time.Since(begun))
		}
		want := []int64{0, 10, 50, 200, 1000, 3000, 7000} // milliseconds
		if len(wire.at) != len(want) {
			t.Fatalf("asked %d times", len(wire.at))
		}
		for i, at := range wire.at {
			if after := at.Sub(begun).Milliseconds(); after != want[i] {
				t.Errorf("asked after %d ms, want %d", after, want[i])
			}
		}
	})
}
