//go:build e2e

package program_test

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"jobsgateway/e2e/program"
)

// slowClients is how many there are of each kind, if the process may have so many descriptors. The catalogue has
// 9,000, as make test-load has; beside other tests there are fewer.
var slowClients = flag.Int("slow-clients", 1000, "how many slow clients there are of each kind")

// Times of the server. Source: docs/operations.md, Network.
const (
	headerTime = 5 * time.Second
	readTime   = 10 * time.Second
)

// A80: thousands of callers who send a line of their header a second, a byte of their body a second, or nothing,
// are closed in their time, take little memory, and disturb nobody. Those with bodies say that much more follows.
//
// The catalogue allows 300 MiB for 9,000. Of that 225 MiB are in use where bodies are sent: 17 KiB of buffers of
// Go's HTTP server and 8 KiB of stack each. What the collector lets stand comes on top, so these gateways have the
// memory limit of a container of 300 MiB.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	const request = "POST /graphql HTTP/1.1\r\nHost: x\r\n"
	const posted = request + "Content-Type: application/json\r\nAuthorization: Bearer x\r\nContent-Length: 262144\r\n\r\n"
	for _, kind := range []slowKind{ // one after the other: each takes all descriptors
		{"headers", request, "X-Line: x\r\n", headerTime},
		{"bodies", posted, " ", readTime},
		{"nothing", "", "", headerTime},
	} {
		kind.meet(t)
	}
}

// slowKind is a kind of slow clients: what they send at first and then each second, and when they have to be
// closed.
type slowKind struct {
	name        string
	first, drop string
	within      time.Duration
}

// meet lets a gateway meet the clients of a kind.
func (kind slowKind) meet(t *testing.T) {
	t.Helper()
	api := program.StartUpstream(t, nil)
	gw, client := program.StartWith(t, []string{"GOMEMLIMIT=270MiB"}, "--upstream-url="+api.URL), newClient(t)
	ask(t, client, gw, canary, oneCall)
	idle := gw.Usage(t).RSS
	callers := make([]net.Conn, clientsAllowed(t))
	for i := range callers {
		callers[i] = dialTo(t, gw)
		if _, err := io.WriteString(callers[i], kind.first); err != nil {
			t.Fatal(err)
		}
	}
	defer closeAll(callers)
	opened := time.Now()
	healthy := startHealthy(t, gw)
	most := int64(0)
	for drops := 0; time.Since(opened) < kind.within+time.Second; drops++ {
		for _, conn := range callers {
			if kind.drop != "" {
				_, _ = io.WriteString(conn, kind.drop) // closed ones fail
			}
		}
		most = max(most, gw.Usage(t).RSS)
		time.Sleep(max(0, time.Until(opened.Add(time.Duration(drops+1)*time.Second))))
	}
	asked, slowest := healthy()
	wantEnded(t, callers, time.Now().Add(patience))
	closed := time.Since(opened)
	t.Logf("G7: %d slow clients (%s): %d MiB above idle; meanwhile %d requests, each answered, the slowest after %v",
		len(callers), kind.name, (most-idle)>>20, asked, slowest)
	t.Logf("G8: all slow clients (%s) are closed within %v", kind.name, closed.Round(time.Millisecond))
	const few = 32 << 20 // what the other callers take
	if allowed := int64(300<<20) / 9000 * int64(len(callers)); most-idle > allowed+few {
		t.Errorf("%s: %d MiB above idle", kind.name, (most-idle)>>20)
	}
	until(t, func() bool { return gw.Usage(t).Descriptors < 50 }, "descriptors stay open")
}

// clientsAllowed is how many slow clients there may be: each has a descriptor here and one in the gateway.
func clientsAllowed(t *testing.T) int {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	const others = 1000 // for the tests beside this one
	allowed := min(*slowClients, int(limit.Cur)-others)
	t.Logf("%d of %d clients, with %d descriptors", allowed, *slowClients, limit.Cur)
	return allowed
}

// dialTo connects to a gateway.
func dialTo(t *testing.T, gw *program.Program) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(gw.Public, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func closeAll(conns []net.Conn) {
	for _, conn := range conns {
		_ = conn.Close()
	}
}

// startHealthy asks the query of one call by ten callers until stop is called. Each has to have its answer. Stop
// returns how many there were and how long the slowest took.
func startHealthy(t *testing.T, gw *program.Program) (stop func() (asked int, slowest time.Duration)) {
	t.Helper()
	client, done := newClient(t), make(chan struct{})
	var all sync.WaitGroup
	var mu sync.Mutex
	asked, slowest := 0, time.Duration(0)
	for i := range 10 {
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				case <-time.After(20 * time.Millisecond):
				}
				began := time.Now()
				_, text := ask(t, client, gw, fmt.Sprint("tokB-", i), fmt.Sprintf(`{ jobs(first: %d) { totalCount } }`, n%20))
				if !strings.HasPrefix(text, `{"data":{"jobs":{"totalCount":`) {
					t.Errorf("a healthy caller: %s", text)
				}
				mu.Lock()
				asked, slowest = asked+1, max(slowest, time.Since(began))
				mu.Unlock()
			}
		})
	}
	return func() (int, time.Duration) {
		close(done)
		all.Wait()
		return asked, slowest
	}
}

// wantEnded fails the test unless every connection is closed by a deadline, perhaps after a 408.
func wantEnded(t *testing.T, callers []net.Conn, deadline time.Time) {
	t.Helper()
	open := 0
	for _, conn := range callers {
		now := time.Now()
		_ = conn.SetReadDeadline(now.Add(max(deadline.Sub(now), slack/20))) // in the past it would hide an end
		in := bufio.NewReader(conn)
		if res, err := http.ReadResponse(in, nil); err == nil {
			if _, err = io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusRequestTimeout && res.StatusCode != http.StatusBadRequest {
				t.Errorf("a slow caller gets %d %v", res.StatusCode, err)
			}
			_ = res.Body.Close()
		}
		_, err := in.ReadByte()
		if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			open++
		}
	}
	if open > 0 {
		t.Errorf("%d of %d connections are open", open, len(callers))
	}
}
