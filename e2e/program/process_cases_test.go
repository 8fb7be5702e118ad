//go:build e2e

package program_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Queries of the cases: one call of the Jobs API, or none.
const (
	oneCall = `{ jobs(first: 0) { totalCount } }`
	noCall  = `{ __typename }`
)

// idleConnections are kept ones, and ones over which nothing has come yet; they end in order.
func idleConnections(s *scene) {
	callers := []*caller{}
	for i := range 20 {
		c := s.call()
		if i%2 == 0 {
			c.ask(noCall)
			if c.answer() {
				s.Error("the connection is not kept")
			}
		}
		callers = append(callers, c)
	}
	s.terminate()
	for _, c := range callers {
		c.ended()
	}
}

// leaveHalf leaves a request half sent, and stays.
func (s *scene) leaveHalf(method, body string) {
	head := ""
	if method == http.MethodPost {
		head, method = s.head(100), ""
	}
	c := s.call()
	if _, err := io.WriteString(c, head+method+body); err != nil {
		s.Error(err)
	}
	other := s.call() // when this is answered, the first has been accepted
	other.ask(noCall)
	other.answer()
	s.terminate()
	if head != "" {
		s.asked.Add(1) // the request has come, so the log tells what became of it
	}
}

// deafCaller asks for megabytes and reads nothing.
func deafCaller(s *scene) {
	c := s.call()
	_ = c.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	fields := []string{}
	for i := range 20 {
		fields = append(fields, fmt.Sprintf("a%d: jobs(first: 500) { nodes { raw } }", i))
	}
	c.ask("{" + strings.Join(fields, " ") + "}")
	s.untilHeld()
	close(s.release)
	s.terminate()
}

// operationInTime is under way at the signal, and the Jobs API answers after the drain delay.
func operationInTime(s *scene) {
	c := s.call()
	c.ask(oneCall)
	s.untilHeld()
	s.terminate()
	s.untilRefused()
	if status := s.health("/healthz"); status != http.StatusOK {
		s.Errorf("healthz %d while an operation is under way", status)
	}
	close(s.release)
	if !c.answer() {
		s.Error("the answer does not say that it is the last one")
	}
	c.ended()
}

// operationTooLong is under way when the time is over. It has no end at all.
func operationTooLong(s *scene) {
	c := s.call()
	c.ask(oneCall)
	s.untilHeld()
	s.terminate()
}

// secondSignal comes while an operation is under way.
func secondSignal(s *scene) {
	operationTooLong(s)
	s.gw.Log.Await(s, "stopping")
	s.terminate()
}

// hangUp ends nothing.
func hangUp(s *scene) {
	s.signal(syscall.SIGHUP)
	c := s.call()
	for range 3 {
		c.ask(oneCall)
		c.answer()
	}
	s.terminate()
}

// hangUpToRead has the program read its documents again.
func hangUpToRead(s *scene) {
	s.gw.Log.Await(s, "trusted documents")
	s.signal(syscall.SIGHUP)
	for deadline := time.Now().Add(patience); len(s.gw.Log.With("trusted documents")) < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatal("the documents were not read again")
		}
	}
	hangUp(s)
}

// deadLog ends nothing either.
func deadLog(s *scene) {
	s.gw.CloseLog()
	c := s.call()
	for range 3 {
		c.ask(oneCall)
		c.answer()
	}
	s.terminate()
}

// pausedLog holds up no request, although a pipe takes no more than 64 KiB, some 400 lines. When the log is read
// again, all lines are there.
func pausedLog(s *scene) {
	resume := sync.OnceFunc(s.gw.PauseLog())
	defer resume()
	c := s.call()
	for range 2000 {
		c.ask(oneCall)
		c.answer()
	}
	resume()
	s.terminate()
}

// watchfulCallers send 300 requests a second, 900 and more in all, to a Jobs API that takes its time, and
// look at /readyz every 200 ms. They stop when it is not ready, which it is at once, while /healthz goes on to say
// that the process lives. None is lost, and who comes after the signal is told to leave the connection.
func watchfulCallers(s *scene) {
	const before, pause = 900, time.Second / 300
	s.api.Hold = func(*http.Request) { time.Sleep(100 * time.Millisecond) }
	// The client leaves its connections before the gateway does, which closes one that was made and not used after
	// 5 seconds.
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100, IdleConnTimeout: time.Second}}
	defer client.CloseIdleConnections()
	ctx, stop := context.WithCancel(s.Context())
	defer stop()
	go func() {
		defer stop()
		for s.health("/readyz") == http.StatusOK {
			time.Sleep(200 * time.Millisecond)
		}
	}()
	var running sync.WaitGroup
	var stopping atomic.Bool
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for n := 0; ctx.Err() == nil; n++ {
		<-ticker.C
		isLate := stopping.Load()
		running.Go(func() {
			if last := s.post(client, fmt.Sprintf(`{ jobs(first: %d) { nodes { id } } }`, 1+n%20)); isLate && !last {
				s.Error("an answer does not say that it is the last one")
			}
		})
		if n == before {
			s.terminate()
			running.Go(func() {
				s.gw.Log.Await(s, "stopping")
				stopping.Store(true)
				if status := s.health("/healthz"); status != http.StatusOK {
					s.Errorf("healthz %d while the gateway stops", status)
				}
				if status := s.health("/readyz"); status != http.StatusServiceUnavailable {
					s.Errorf("readyz %d while the gateway stops", status)
				}
			})
		}
	}
	running.Wait()
	if asked := s.asked.Load(); asked <= before {
		s.Errorf("%d requests only", asked)
	}
}

// callersOnIdleConnections have connections that they have used once, and each sends its next request at
// another moment between the signal and the end of the delay. Every answer says that it is the last one.
func callersOnIdleConnections(s *scene) {
	const callers, spread = 300, 2 * time.Second
	kept := make([]*caller, callers)
	for i := range kept {
		kept[i] = s.call()
		kept[i].ask(noCall)
		kept[i].answer()
	}
	s.terminate()
	s.gw.Log.Await(s, "stopping")
	for _, c := range kept {
		c.ask(noCall)
		if !c.answer() {
			s.Error("an answer does not say that it is the last one")
		}
		c.ended()
		time.Sleep(spread / callers)
	}
}

// untilRefused waits until no connection is taken any more.
func (s *scene) untilRefused() {
	for {
		conn, err := (&net.Dialer{}).DialContext(s.Context(), "tcp", strings.TrimPrefix(s.gw.Public, "http://"))
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}

// health returns the status of a path of the admin listener.
func (s *scene) health(path string) int {
	req, err := http.NewRequestWithContext(s.Context(), http.MethodGet, s.gw.Admin+path, http.NoBody)
	if err != nil {
		s.Error(err)
		return 0
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Errorf("%s: %v", path, err)
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// post sends a query by a client, and wants data. It returns whether the answer is the last one of its
// connection.
func (s *scene) post(client *http.Client, query string) (last bool) {
	s.asked.Add(1)
	body := strings.NewReader(fmt.Sprintf(`{"query":%q}`, query))
	req, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.gw.Public+"/graphql", body)
	if err != nil {
		s.Error(err)
		return false
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + s.token}}
	res, err := client.Do(req)
	if err != nil {
		s.Errorf("a request is lost: %v", err)
		return true
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	// Beside other work the Jobs API of this test is slow, so that some may be told that there is no room.
	isTold := res.StatusCode == http.StatusServiceUnavailable && strings.Contains(string(text), `"REQUEST_CONCURRENCY_LIMITED"`)
	if err != nil || !isTold && !strings.HasPrefix(string(text), `{"data":{`) {
		s.Errorf("%d %s %v", res.StatusCode, text, err)
	}
	return res.Close
}
