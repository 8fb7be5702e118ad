//go:build e2e

package overload_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"jobsgateway/internal/emulator"
)

// limitedAPI is a Jobs API that answers so many requests at once, each in the same time. It queues the others,
// or refuses them. To make an answer costs nothing from the second time on.
type limitedAPI struct {
	url     string
	jobs    http.Handler
	slots   chan struct{}
	takes   time.Duration
	refuses bool
	busy    atomic.Int64 // how long slots were held, in nanoseconds
	known   sync.Map     // of a query, the answer
}

func startAPI(t *testing.T, atOnce int, takes time.Duration, refuses bool) *limitedAPI {
	t.Helper()
	api := &limitedAPI{
		jobs: emulator.New(emulator.Options{}), slots: make(chan struct{}, atOnce), takes: takes, refuses: refuses,
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	api.url = server.URL
	return api
}

func (api *limitedAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.Header.Get("Authorization"), "hangs") {
		<-r.Context().Done()
		return
	}
	select {
	case api.slots <- struct{}{}:
	default:
		if api.refuses {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		api.slots <- struct{}{}
	}
	began := time.Now()
	time.Sleep(api.takes)
	<-api.slots
	api.busy.Add(int64(time.Since(began)))
	body, ok := api.known.Load(r.URL.RawQuery)
	if !ok {
		r.Header.Del("Accept-Encoding")
		first := httptest.NewRecorder()
		api.jobs.ServeHTTP(first, r)
		body = first.Body.Bytes()
		api.known.Store(r.URL.RawQuery, body)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body.([]byte))
}

// use returns how much of the slots is held while f runs, from 0 to 1.
func (api *limitedAPI) use(f func()) float64 {
	began, busy := time.Now(), api.busy.Load()
	f()
	return float64(api.busy.Load()-busy) / float64(time.Since(began)) / float64(cap(api.slots))
}

// callers send operations, each with one of their tokens, and do not wait for one answer to send the next.
type callers struct {
	t      *testing.T
	url    string
	tokens int
	client *http.Client
	ctx    context.Context //nolint:containedctx // of all that they send
	leave  context.CancelFunc
	number atomic.Int64
	open   sync.WaitGroup
}

func startCallers(t *testing.T, url string, tokens int) *callers {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 1000}
	t.Cleanup(transport.CloseIdleConnections)
	c := &callers{t: t, url: url + "/graphql", tokens: tokens, client: &http.Client{Transport: transport}}
	c.ctx, c.leave = context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(c.leave)
	return c
}

// single returns an operation of one call, and board one of sixty; each number is another.
func single(number int64) string {
	return fmt.Sprintf(`{"query":"{ jobs(first: 1, offset: %d) { nodes { id } } }"}`, number%1000)
}

func board(number int64) string {
	ids := make([]string, 60)
	for i := range ids {
		ids[i] = fmt.Sprint(number*60 + int64(i) + 1)
	}
	return fmt.Sprintf(`{"query":"{ datasets(ids: [%s]) { jobs(first: 1) { nodes { id } } } }"}`, strings.Join(ids, ","))
}

// tally is what came of the operations of one part.
type tally struct {
	lasting time.Duration
	began   time.Time

	mu               sync.Mutex
	sent, good, shed int
	others           map[string]int
	waits, shedWaits []time.Duration
	failing          []time.Duration // of each that got no data, when it was sent, from the beginning on
}

// load sends so many operations a second, in even gaps, and returns when the last was sent; wait waits for the
// answers.
func (c *callers) load(lasting time.Duration, rate float64, operation func(number int64) string) *tally {
	began := time.Now()
	into := &tally{lasting: lasting, began: began, others: map[string]int{}}
	for due := time.Duration(0); due < lasting; due += time.Duration(float64(time.Second) / rate) {
		time.Sleep(due - time.Since(began))
		number := c.number.Add(1)
		into.sent++
		c.open.Go(func() { c.send(into, fmt.Sprintf("token-of-caller-%d", number%int64(c.tokens)), operation(number)) })
	}
	return into
}

func (c *callers) wait() { c.open.Wait() }

// send sends one operation and notes what came of it.
func (c *callers) send(into *tally, token, body string) {
	r, _ := http.NewRequestWithContext(c.ctx, http.MethodPost, c.url, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	began := time.Now()
	res, err := c.client.Do(r)
	if err != nil {
		res = &http.Response{Body: io.NopCloser(strings.NewReader(err.Error()))}
	}
	whole, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	status, text, header := res.StatusCode, string(whole), res.Header
	took := time.Since(began)
	into.mu.Lock()
	defer into.mu.Unlock()
	if status == http.StatusOK && strings.HasPrefix(text, `{"data"`) {
		into.good++
		into.waits = append(into.waits, took)
		return
	}
	into.failing = append(into.failing, began.Sub(into.began))
	switch {
	case status == http.StatusServiceUnavailable && strings.Contains(text, `"REQUEST_CONCURRENCY_LIMITED"`) && header.Get("Retry-After") == "1":
		into.shed++
		into.shedWaits = append(into.shedWaits, took)
	default:
		into.others[fmt.Sprint(status, " ", code.FindString(text))]++
	}
}

var code = regexp.MustCompile(`"code":"\w+"|^Post.*`)

// rate returns how many a second were answered with data.
func (t *tally) rate() float64 { return float64(t.good) / t.lasting.Seconds() }

// recovered returns after how long as many got data as before, but for 5 % of what was sent: on a machine with
// other work some are refused at any time.
func (t *tally) recovered(before *tally) time.Duration {
	slices.Sort(t.failing)
	usual := float64(len(before.failing))/float64(before.lasting) + 0.05*float64(t.sent)/float64(t.lasting)
	last := time.Duration(0)
	for i, at := range t.failing {
		if float64(len(t.failing)-i) <= usual*float64(t.lasting-at) {
			break
		}
		last = at
	}
	return last.Round(time.Millisecond)
}

// answered returns how many were answered in any way.
func (t *tally) answered() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.good + t.shed
	for _, others := range t.others {
		n += others
	}
	return n
}

func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := fmt.Sprintf("%d sent, %d good (%.0f a second) in %v, %v, %v, %d told in %v, %v", t.sent, t.good, t.rate(),
		quantile(t.waits, 0.5), quantile(t.waits, 0.95), quantile(t.waits, 0.99), t.shed, quantile(t.shedWaits, 0.5), quantile(t.shedWaits, 0.99))
	for what, n := range t.others {
		text += fmt.Sprintf("\n\t%d times %s", n, what)
	}
	return text
}

// quantile returns the value below which so much of the values is.
func quantile(values []time.Duration, part float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[int(part*float64(len(values)-1))].Round(100 * time.Microsecond)
}
