package restclient

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"jobsgateway/internal/badapi"
	"jobsgateway/internal/logtest"
)

// once makes a client that never asks again, for tests of one attempt.
func once(c *Client) { c.retries.spent.Store(1 << 40) }

// scripted is how the Jobs API of a test answers one request: with a status and a header, or by speak.
type scripted struct {
	status int
	header http.Header
	speak  func(net.Conn)
}

// status is an answer with a status and perhaps a Retry-After.
func status(code int, retryAfter ...string) scripted {
	header := http.Header{}
	if len(retryAfter) > 0 {
		header["Retry-After"] = retryAfter
	}
	return scripted{status: code, header: header}
}

// reset breaks the connection before a byte of an answer.
var reset = scripted{speak: func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) }}

// recorder is a Jobs API that answers its requests in order, the last answer for ever, and records when they
// came and under which token.
type recorder struct {
	url    string
	mu     sync.Mutex
	script []scripted
	came   []time.Time
	tokens []string
}

func newRecorder(t testing.TB, script ...scripted) *recorder {
	t.Helper()
	r := &recorder{script: script}
	srv := httptest.NewServer(r)
	t.Cleanup(srv.Close)
	r.url = srv.URL
	return r
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	r.came = append(r.came, time.Now())
	r.tokens = append(r.tokens, req.Header.Get("Authorization"))
	a := r.script[0]
	if len(r.script) > 1 {
		r.script = r.script[1:]
	}
	r.mu.Unlock()
	if a.speak != nil {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			a.speak(conn)
			conn.Close()
		}
		return
	}
	w.Header()["Content-Type"] = []string{"application/json"}
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	io.WriteString(w, `{"records":[],"total_records":0}`)
}

// answer replaces the script.
func (r *recorder) answer(script ...scripted) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.script = script
}

// requests is how many have come.
func (r *recorder) requests() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.came)
}

// gaps are the times between them.
func (r *recorder) gaps() []time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	var gaps []time.Duration
	for i := 1; i < len(r.came); i++ {
		gaps = append(gaps, r.came[i].Sub(r.came[i-1]))
	}
	return gaps
}

// What is made again, and what is not: each row is how the API answers, and what the call costs and comes to.
func TestAttempts(t *testing.T) {
	t.Parallel()
	ok := status(200)
	half := func(conn net.Conn) {
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{\"rec")
		_ = conn.(*net.TCPConn).SetLinger(0)
	}
	for name, test := range map[string]struct {
		script   []scripted
		requests int
		want     Kind // 0 for data
		attempt  int  // of the error
	}{
		"502, then data":            {[]scripted{status(502), ok}, 2, 0, 0},
		"503, then data":            {[]scripted{status(503), ok}, 2, 0, 0},
		"502, 503, then data":       {[]scripted{status(502), status(503), ok}, 3, 0, 0},
		"a reset, then data":        {[]scripted{reset, ok}, 2, 0, 0},
		"an end, then data":         {[]scripted{{speak: func(net.Conn) {}}, ok}, 2, 0, 0},
		"503 for ever":              {[]scripted{status(503)}, 3, KindUnavailable, 3},
		"resets for ever":           {[]scripted{reset}, 3, KindUnavailable, 3},
		"503, then 500":             {[]scripted{status(503), status(500), ok}, 2, KindUnavailable, 2},
		"504":                       {[]scripted{status(504), ok}, 1, KindUnavailable, 1},
		"500":                       {[]scripted{status(500), ok}, 1, KindUnavailable, 1},
		"501":                       {[]scripted{status(501), ok}, 1, KindUnavailable, 1},
		"429":                       {[]scripted{status(429), ok}, 1, KindRateLimited, 1},
		"429 with Retry-After":      {[]scripted{status(429, "1"), ok}, 1, KindRateLimited, 1},
		"408":                       {[]scripted{status(408), ok}, 1, KindTimeout, 1},
		"400":                       {[]scripted{status(400), ok}, 1, KindInvalid, 1},
		"421":                       {[]scripted{status(421), ok}, 1, KindUnavailable, 1},
		"a reset in the body":       {[]scripted{{speak: half}, ok}, 1, KindUnavailable, 1},
		"a reset in the head":       {[]scripted{{speak: sending("HTTP/1.1 200 OK\r\nContent-")}, ok}, 1, KindUnavailable, 1},
		"no HTTP":                   {[]scripted{{speak: sending("what?\r\n\r\n")}, ok}, 1, KindUnavailable, 1},
		"503 that asks for an hour": {[]scripted{status(503, "3600"), ok}, 1, KindUnavailable, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRecorder(t, test.script...)
			log := &logtest.Buffer{}
			c := newClient(t, r.url, func(cfg *Config) { cfg.Logger = log.Logger() })
			page, err := c.Jobs(withToken(t.Context(), secret), firstPage)
			if test.want == 0 && (err != nil || page == nil) {
				t.Errorf("got %v", err)
			}
			if test.want != 0 {
				if e := wantKind(t, err, test.want); e.Attempt != test.attempt || e.Unsent {
					t.Errorf("attempt %d, unsent %t: %v", e.Attempt, e.Unsent, e)
				}
			}
			if n := r.requests(); n != test.requests {
				t.Errorf("%d requests", n)
			}
			// Each attempt that is made again is a line of the log.
			lines := log.With("upstream call failed")
			for i, line := range lines {
				if line["level"] != "WARN" || line["attempt"] != float64(i+1) || line["kind"] != "unavailable" || line["retry_in"] == nil {
					t.Errorf("%v", line)
				}
			}
			if len(lines) != test.requests-1 {
				t.Errorf("%d lines", len(lines))
			}
		})
	}
}

// A connection that fails is made again if that can help.
func TestAttemptsToConnect(t *testing.T) {
	t.Parallel()
	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	tls.StartTLS()
	defer tls.Close()
	plain := listenRaw(t, func(conn net.Conn) { // a server of HTTP waits for the end of a line, which a handshake need not have
		io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
		_ = conn.(*net.TCPConn).CloseWrite()
		io.Copy(io.Discard, conn) // else the answer may be lost
	})
	for address, attempts := range map[string]int{
		"http://" + badapi.Refusing(t): 3,
		"http://jobs.invalid":          1, // it will not be in DNS in a moment either
		tls.URL:                        1, // nor will its certificate be another
		"https://" + plain:             1, // nor will it speak TLS
	} {
		c := newClient(t, address)
		_, err := c.Jobs(withToken(t.Context(), secret), firstPage)
		if e := wantKind(t, err, KindUnavailable); e.Attempt != attempts {
			t.Errorf("%s: %d attempts: %v", address, e.Attempt, e)
		}
	}
}

// The waits between attempts are random, and a caller who leaves in one ends the call.
func TestWaits(t *testing.T) {
	t.Parallel()
	t.Run("jitter", func(t *testing.T) {
		t.Parallel()
		seen := map[int64]bool{}
		for range 100 {
			for attempt, most := range map[int]time.Duration{1: firstBackoff, 2: 2 * firstBackoff} {
				wait, again := pauseAfter(&Error{mendable: true, Attempt: attempt}, time.Hour)
				if seen[int64(wait)] = true; !again || wait < 0 || wait >= most {
					t.Errorf("attempt %d: %v %t", attempt, wait, again)
				}
			}
		}
		if len(seen) < 100 {
			t.Errorf("%d different waits of 200", len(seen))
		}
	})
	t.Run("a caller who leaves", func(t *testing.T) {
		t.Parallel()
		r := newRecorder(t, status(503, "30"))
		log := &logtest.Buffer{}
		c := newClient(t, r.url, func(cfg *Config) { cfg.Logger = log.Logger() })
		ctx, leave := context.WithCancel(withToken(t.Context(), secret))
		defer leave()
		go func() {
			log.Await(t, "upstream call failed") // the wait has begun
			leave()
		}()
		_, err := c.Jobs(ctx, firstPage)
		wantKind(t, err, KindTimeout)
		until(t, func() bool { return c.retries.spent.Load() == 0 }) // the call has ended
		if r.requests() != 1 {
			t.Errorf("%d requests", r.requests())
		}
	})
}

// A Retry-After is waited for if the caller's time allows, whatever its form.
func TestRetryAfterOfA503(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	for _, test := range []struct {
		asked, left time.Duration
		again       bool
	}{
		{0, time.Second, true},
		{0, 50 * time.Millisecond, false}, // no time for an answer
		{time.Second, 2 * time.Second, true},
		{time.Second, time.Second, false},
		{time.Minute, 15 * time.Second, false},
		{hour, 2 * hour, true},
	} {
		wait, again := pauseAfter(&Error{mendable: true, Attempt: 1, RetryAfter: test.asked}, test.left)
		if again != test.again || wait < test.asked || wait >= test.asked+firstBackoff {
			t.Errorf("%v of %v: %v %t", test.asked, test.left, wait, again)
		}
	}
	r := newRecorder(t, status(503, "1"), status(200))
	c := newClient(t, r.url)
	ctx, cancel := context.WithTimeout(withToken(t.Context(), secret), patience)
	defer cancel()
	if _, err := c.Jobs(ctx, firstPage); err != nil || r.requests() != 2 || r.gaps()[0] < time.Second {
		t.Errorf("%v: %v", err, r.gaps())
	}
	// The deadline is the caller's, also where the time of an attempt is longer.
	r.answer(status(503, "5"), status(200))
	ctx, cancel = context.WithTimeout(withToken(t.Context(), secret), 3*time.Second)
	defer cancel()
	_, err := c.Jobs(ctx, firstPage)
	if e := wantKind(t, err, KindUnavailable); e.RetryAfter != 5*time.Second || r.requests() != 3 {
		t.Errorf("%v after %d requests", e, r.requests())
	}
}

// Callers who ask the same share the attempts, too.
func TestSharedAttempts(t *testing.T) {
	t.Parallel()
	r := newRecorder(t, status(503, "1"), status(200))
	c := newClient(t, r.url)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := c.Jobs(withToken(t.Context(), secret), firstPage); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := r.requests(); n != 2 {
		t.Errorf("%d requests", n)
	}
}

// The time of an attempt is its own; a caller may have more.
func TestTimeOfAnAttempt(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	defer close(hang)
	r := newRecorder(t, status(503, "1"), scripted{speak: func(net.Conn) { <-hang }})
	c := newClient(t, r.url, hasty)
	ctx, cancel := context.WithTimeout(withToken(t.Context(), secret), patience)
	defer cancel()
	_, err := c.Jobs(ctx, firstPage)
	if e := wantKind(t, err, KindTimeout); e.Attempt != 2 || !isOfCaller(err) || ctx.Err() != nil {
		t.Errorf("attempt %d: %v", e.Attempt, e)
	}
}

// However calls come and fail, those that are made again in vain are at most a tenth of them and three.
func TestRetriesBudget(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var r retries
		calls, again, open := 0, 0, 0
		for _, step := range rapid.SliceOfN(rapid.IntRange(0, 3), 1, 300).Draw(t, "steps") {
			switch step {
			case 0:
				calls++
				r.earn()
			case 1, 2:
				if r.spend() {
					again++
					open++
				}
			case 3:
				if open > 0 { // not made after all, or answered
					r.giveBack()
					again, open = again-1, open-1
				}
			}
			if float64(again) > 3+float64(calls)/10 {
				t.Fatalf("%d of %d calls", again, calls)
			}
		}
	})
	var r retries
	var all sync.WaitGroup
	var granted atomic.Int64
	for range 100 {
		all.Go(func() {
			r.earn()
			if r.spend() {
				granted.Add(1)
			}
		})
	}
	all.Wait()
	if n := granted.Load(); n < 3 || n > 13 {
		t.Errorf("%d of 100", n)
	}
}

// A token that was told to slow down is not sent until its time is over; others are.
func TestCooling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c cooling
		left := func(token string) time.Duration { return c.left(token, time.Now) }
		if left("a") != 0 {
			t.Error("cold from the start")
		}
		told := []time.Duration{
			c.start("a", 30*time.Second, time.Now()), c.start("hour", time.Hour, time.Now()), c.start("silent", 0, time.Now()),
		}
		want := []time.Duration{30 * time.Second, time.Hour, time.Second}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Error(diff)
		}
		for _, test := range []struct{ after, a, hour, silent time.Duration }{
			{0, 30 * time.Second, time.Hour, time.Second},
			{999 * time.Millisecond, 29001 * time.Millisecond, time.Hour - 999*time.Millisecond, time.Millisecond},
			{time.Millisecond, 29 * time.Second, time.Hour - time.Second, 0},
			{28 * time.Second, time.Second, time.Hour - 29*time.Second, 0},
			{time.Second, 0, time.Hour - 30*time.Second, 0},
			{29 * time.Second, 0, time.Hour - 59*time.Second, 0},
			{time.Second, 0, 0, 0}, // a minute is the most
		} {
			time.Sleep(test.after)
			if got := []time.Duration{left("a"), left("hour"), left("silent"), left("other")}; !slices.Equal(got, []time.Duration{test.a, test.hour, test.silent, 0}) {
				t.Errorf("%v", got)
			}
		}
		if len(c.tokens) != 0 || c.some.Load() {
			t.Errorf("%d tokens are kept", len(c.tokens))
		}
	})
}

// However many tokens are told to slow down, few are remembered: the last ones.
func TestCoolingIsBounded(t *testing.T) {
	t.Parallel()
	var c cooling
	for i := range 5 * maxCoolingTokens {
		token := string(rune('a' + i))
		c.start(token, time.Duration(i+1)*time.Millisecond+time.Second, historyEnd)
		if len(c.tokens) > maxCoolingTokens {
			t.Fatalf("%d tokens", len(c.tokens))
		}
		if c.left(token, func() time.Time { return historyEnd }) == 0 {
			t.Fatalf("token %d is forgotten", i)
		}
	}
}

// What is answered when it is asked again costs nothing of the budget: an API that fails now and then is asked again
// each time. One that is down is not.
func TestRetriesThatAreWorthIt(t *testing.T) {
	t.Parallel()
	var script []scripted
	const calls = 15
	for range calls {
		script = append(script, status(503), status(200))
	}
	r := newRecorder(t, append(script, status(503))...)
	c := newClient(t, r.url)
	for range calls {
		if _, err := c.Jobs(withToken(t.Context(), secret), firstPage); err != nil {
			t.Fatal(err)
		}
	}
	if n := r.requests(); n != 2*calls {
		t.Errorf("%d requests for %d calls", n, calls)
	}
	before := r.requests()
	for range calls {
		_, err := c.Jobs(withToken(t.Context(), secret), firstPage)
		wantKind(t, err, KindUnavailable)
	}
	if n := r.requests() - before; n > calls+calls/10+3 {
		t.Errorf("%d requests for %d calls", n, calls)
	}
}

// An API of which one answer in ten is a 503 is seen to fail by nobody, and is asked little more than it is called.
func TestOneFailureInTen(t *testing.T) {
	t.Parallel()
	var script []scripted
	for i := range 400 {
		script = append(script, status([]int{503, 200}[min(i%10, 1)]))
	}
	r := newRecorder(t, script...)
	c := newClient(t, r.url)
	const calls = 200
	for range calls {
		if _, err := c.Jobs(withToken(t.Context(), secret), firstPage); err != nil {
			t.Error(err)
		}
	}
	if n := r.requests(); n > calls*12/10 {
		t.Errorf("%d requests for %d calls", n, calls)
	}
}
