package live

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"jobsgateway/restclient"
)

// step is something that happens to a world, and a time after it.
type step struct {
	kind  stepKind
	job   int
	state restclient.State
	delay time.Duration // of the change
	then  time.Duration
}

type stepKind int

const (
	stepChange stepKind = iota
	stepRemove
	stepFail
	stepLimit
	stepMend
	stepBurst
	stepCut // each reader's connection: they go on with their cursor
	stepLinger
)

var kinds = []stepKind{
	stepChange, stepChange, stepChange, stepChange, stepChange, stepChange, stepChange, stepChange, stepRemove, stepFail, stepLimit,
	stepMend, stepMend, stepChange, stepChange, stepCut, stepLinger, stepBurst,
}

func drawStep(t *rapid.T) step {
	return step{
		kind:  rapid.SampledFrom(kinds).Draw(t, "kind"),
		job:   rapid.IntRange(0, 30).Draw(t, "job"),
		state: rapid.SampledFrom([]restclient.State{restclient.StateRunning, restclient.StatePending, restclient.StateFailed}).Draw(t, "state"),
		delay: rapid.SampledFrom([]time.Duration{0, 0, 0, time.Second, 3500 * time.Millisecond}).Draw(t, "delay"),
		then:  rapid.SampledFrom([]time.Duration{0, 0, 10 * time.Millisecond, 300 * time.Millisecond, 2 * time.Second, 9 * time.Second}).Draw(t, "then"),
	}
}

// do lets a step happen.
func (w *world) do(s step) {
	switch s.kind {
	case stepChange:
		w.change(s.job, s.state, s.delay)
	case stepRemove:
		w.set(func() {
			if !w.writing[idAt(s.job)] {
				delete(w.jobs, idAt(s.job))
			}
		})
	case stepFail:
		w.set(func() { w.fails = &restclient.Error{Kind: restclient.KindUnavailable, Status: 503} })
	case stepLimit:
		w.set(func() { w.fails = &restclient.Error{Kind: restclient.KindRateLimited, RetryAfter: 3 * time.Second} })
	case stepMend:
		w.set(func() { w.fails = nil })
	case stepBurst:
		for n := range 700 {
			w.change(1000+n, s.state, 0)
		}
	case stepCut, stepLinger:
	}
}

// client reads a stream as a frontend does: it reads its list when it is told to, and merges what it is told.
type client struct {
	world   *world
	engine  *Engine
	states  []restclient.State
	slow    time.Duration // that it takes for an event
	strict  bool          // the ring has all that it misses: nothing may come twice, and it need not read again
	stream  *Stream
	cut     chan struct{}
	done    chan struct{}
	list    map[string]int
	told    map[string]int // the last version of each job that it was told
	cursor  heard
	resyncs int
	fault   string
}

func (c *client) run() {
	defer close(c.done)
	defer func() { c.stream.Close() }()
	for first := true; ; first = false {
		ctx, cancel := context.WithCancel(context.Background())
		stop := make(chan struct{})
		go func() {
			select {
			case <-c.cut:
				cancel()
			case <-stop:
			}
		}()
		text, err := c.stream.Next(ctx)
		close(stop)
		cancel()
		if errors.Is(err, context.Canceled) {
			c.stream.Close()
			changes := Changes{States: c.states, Form: plainForm("plain")}
			if c.cursor.cursor != "" {
				changes.Since = sinceText(c.cursor.cursor)
			}
			if c.stream, err = c.engine.Changes("token", changes); err != nil {
				return
			}
			continue
		}
		if err != nil {
			return
		}
		c.take(hear(text), first)
		time.Sleep(c.slow)
	}
}

func (c *client) take(h heard, first bool) {
	c.cursor = h
	if h.resync && c.strict {
		c.fault = "a resync without need"
	}
	if h.resync || first {
		c.list = c.world.snapshot()
		if h.resync {
			c.resyncs++
		}
	}
	if h.resync && len(h.ids) > 0 {
		c.fault = "a resync with jobs"
	}
	if !slices.IsSorted(h.times) {
		c.fault = fmt.Sprintf("an event is out of order: %+v", h)
	}
	for i, id := range h.ids {
		n := h.numbers[i]
		if last := c.told[id]; n < last || n == last && c.strict {
			c.fault = fmt.Sprintf("job %s is told in version %d after %d", id, n, last)
		}
		c.told[id] = n
		c.list[id] = max(c.list[id], n)
	}
}

// agrees compares what a client has with the world. Jobs that were removed are told of nowhere.
func (c *client) agrees() string {
	c.world.mu.Lock()
	defer c.world.mu.Unlock()
	for id, job := range c.world.jobs {
		if len(c.states) > 0 && !slices.Contains(c.states, job.state) {
			continue
		}
		if c.list[id] != job.number {
			return fmt.Sprintf("job %s is in version %d, and the client has %d (%d resyncs)", id, job.number, c.list[id], c.resyncs)
		}
	}
	return c.fault
}

// play lets steps happen to a world that three clients watch, and returns what is wrong in the end.
func play(steps []step, grain time.Duration, change ...func(*Config)) (fault string) {
	w := newWorld()
	w.grain = grain
	for n := range 10 {
		w.change(n, restclient.StateRunning, 0)
		time.Sleep(time.Second)
	}
	e := over(w, append(change, func(c *Config) { c.Outage = time.Hour })...)
	clients := []*client{
		{strict: len(change) == 0 && !slices.ContainsFunc(steps, func(s step) bool { return s.kind == stepBurst })},
		{slow: 2 * time.Second},
		{states: []restclient.State{restclient.StateFailed, restclient.StatePending}},
	}
	for _, c := range clients {
		c.world, c.engine, c.cut, c.done, c.told = w, e, make(chan struct{}, 1), make(chan struct{}), map[string]int{}
		c.stream, _ = e.Changes("token", Changes{States: c.states, Form: plainForm("plain")})
		go c.run()
	}
	time.Sleep(5 * time.Second)
	for _, s := range steps {
		w.do(s)
		if s.kind == stepCut {
			for _, c := range clients {
				select {
				case c.cut <- struct{}{}:
				default:
				}
			}
		}
		time.Sleep(s.then)
	}
	w.do(step{kind: stepMend})
	time.Sleep(2 * time.Minute) // a pace that a 429 has slowed, and a client that is slow
	e.Close()
	for i, c := range clients {
		<-c.done
		if wrong := c.agrees(); wrong != "" {
			fault = fmt.Sprintf("client %d: %s", i, wrong)
		}
	}
	time.Sleep(time.Minute)
	if left := e.Figures(); left != (Figures{}) {
		return fmt.Sprintf("%+v is left", left)
	}
	return fault
}

// TestNothingIsLostAndNothingComesTwice plays random changes, ties, late arrivals, outages, bursts, slow readers
// and cut connections: in the end every client has every job as it is, what it was told of a job was never older
// than before, and the same twice only where it went on at a place that the ring does not have.
func TestNothingIsLostAndNothingComesTwice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(drawStep), 1, 40).Draw(rt, "steps")
		grain := rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second}).Draw(rt, "grain")
		fault := ""
		synctest.Test(t, func(*testing.T) { fault = play(steps, grain) })
		if fault != "" {
			rt.Fatal(fault)
		}
	})
}

// TestNewsAreThoseThatWereNotTold compares memory with a plain list of all that was ever seen.
func TestNewsAreThoseThatWereNotTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, all := versions{}, map[string]version{}
		start := time.Unix(1_000_000, 0)
		for range rapid.IntRange(1, 10).Draw(t, "polls") {
			var seen []sight
			for n := range rapid.IntRange(0, 8).Draw(t, "jobs") {
				at := start.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "second")) * time.Second)
				seen = append(seen, sight{idAt(n), nil, version{at, rapid.Uint64Range(0, 2).Draw(t, "hash")}})
			}
			rand.Shuffle(len(seen), func(i, k int) { seen[i], seen[k] = seen[k], seen[i] })
			want := map[string]version{}
			for _, s := range seen {
				if all[s.id] != s.version {
					want[s.id], all[s.id] = s.version, s.version
				}
			}
			got := map[string]version{}
			last := time.Time{}
			for _, s := range m.news(seen) {
				if got[s.id] = s.version; s.at.Before(last) {
					t.Fatal("news are not in order")
				}
				last = s.at
			}
			if !maps.Equal(got, want) {
				t.Fatalf("news are %v, not %v", got, want)
			}
		}
	})
}
