package places

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// api is a Jobs API that does so many things at once and queues the rest, or refuses it.
type api struct {
	slots   chan struct{}
	refuses bool
	takes   func() time.Duration
}

func (a *api) do() bool {
	if a.refuses {
		select {
		case a.slots <- struct{}{}:
		default:
			time.Sleep(time.Millisecond)
			return false
		}
	} else {
		a.slots <- struct{}{}
	}
	time.Sleep(a.takes())
	<-a.slots
	return true
}

// part is what came of one part of a load.
type part struct {
	began                    time.Time
	slow                     []time.Duration
	sent, good, failed, shed int
	waits                    []time.Duration // of the good ones
	shedWaits                []time.Duration
}

type load struct {
	p    *Places
	a    *api
	wg   sync.WaitGroup
	even bool
	mu   sync.Mutex
}

func (l *load) operation(into *part, token string, calls int) {
	began := time.Now()
	f := NewFlow(token)
	var calling sync.WaitGroup
	busy, bad := false, false
	var mu sync.Mutex
	for range calls {
		calling.Go(func() {
			place, err := l.p.Take(context.Background(), f)
			if err != nil {
				mu.Lock()
				busy = true
				mu.Unlock()
				return
			}
			done := Work{Kind: 1, Took: TookTime}
			from := time.Now()
			if !l.a.do() {
				done.Took = TookRefused
				mu.Lock()
				bad = true
				mu.Unlock()
			}
			done.Time = time.Since(from)
			l.p.GiveAfter(place, done)
		})
	}
	calling.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case busy:
		into.shed++
		into.shedWaits = append(into.shedWaits, time.Since(began))
	case bad:
		into.failed++
	default:
		if time.Since(began) > 44*time.Millisecond {
			into.slow = append(into.slow, began.Sub(into.began))
		}
		into.good++
		into.waits = append(into.waits, time.Since(began))
	}
}

func (l *load) send(lasting time.Duration, rate float64, token func() string) *part {
	return l.sendOf(lasting, rate, 1, token)
}

func (l *load) sendOf(lasting time.Duration, rate float64, calls int, token func() string) *part {
	into := &part{began: time.Now()}
	ends := time.Now().Add(lasting)
	for time.Now().Before(ends) {
		gap := float64(time.Second) / rate
		if !l.even {
			gap *= rand.ExpFloat64()
		}
		time.Sleep(time.Duration(gap))
		into.sent++
		l.wg.Go(func() { l.operation(into, token(), calls) })
	}
	return into
}

func quantile(d []time.Duration, q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	s := append([]time.Duration(nil), d...)
	slices.Sort(s)
	return s[int(q*float64(len(s)-1))]
}

func TestBoards(t *testing.T) {
	for _, c := range []struct {
		name           string
		cap            int
		boards, single float64
		tokens         int
	}{
		{"60%", 4, 1, 60, 1}, {"60%", 4, 1, 60, 20}, {"80%", 4, 1, 100, 1}, {"80%", 4, 1, 100, 20}, {"90%", 4, 2, 60, 5},
		{"64 60%", 64, 20, 720, 1}, {"64 60%", 64, 20, 720, 20}, {"1000", 1000, 20, 720, 20},
	} {
		for _, limited := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				p := New(100000)
				if limited {
					p = NewAdaptive(256)
				}
				takes := func() time.Duration { return time.Duration(20e6 * (.8 + .4*rand.Float64())) }
				l := load{p: p, a: &api{make(chan struct{}, c.cap), false, takes}}
				token := func() string { return string(rune('a' + rand.IntN(c.tokens))) }
				var boards *part
				var both sync.WaitGroup
				both.Go(func() { boards = l.sendOf(20*time.Second, c.boards, 60, token) })
				got := l.send(20*time.Second, c.single, token)
				both.Wait()
				l.wg.Wait()
				t.Logf("%s %d tokens limited %v: sent %d shed %d p50 %v p99 %v; boards %d shed %d p50 %v p99 %v", c.name, c.tokens, limited, got.sent, got.shed, quantile(got.waits, .5), quantile(got.waits, .99),
					boards.sent, boards.shed, quantile(boards.waits, .5), quantile(boards.waits, .99))
			})
		}
	}
}

func TestExplore(t *testing.T) {
	for _, c := range []struct {
		name    string
		cap     int
		refuses bool
		one     float64
		takes   func() time.Duration
	}{
		{"queue 1.0", 4, false, 200, func() time.Duration { return 20 * time.Millisecond }},
		{"queue even 0.8", 4, false, 160, func() time.Duration { return 20 * time.Millisecond }},
		{"queue even 1", 4, false, 200, func() time.Duration { return 20 * time.Millisecond }},
		{"queue even 1.05", 4, false, 210, func() time.Duration { return 20 * time.Millisecond }},
		{"queue even 5ms", 4, false, 720, func() time.Duration { return 5 * time.Millisecond }},
		{"queue even 50ms", 4, false, 72, func() time.Duration { return 50 * time.Millisecond }},
		{"queue 0.9", 4, false, 180, func() time.Duration { return 20 * time.Millisecond }},
		{"queue 0.8", 4, false, 160, func() time.Duration { return 20 * time.Millisecond }},
		{"refuse 0.9", 4, true, 180, func() time.Duration { return 20 * time.Millisecond }},
		{"exp 0.9", 40, false, 1800, func() time.Duration { return time.Duration(rand.ExpFloat64() * 20e6) }},
		{"slow 0.9", 20, false, 18, func() time.Duration { return time.Second }},
	} {
		for _, limited := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				p := New(100000)
				if limited {
					p = NewAdaptive(256)
				}
				l := load{even: strings.Contains(c.name, "even"), p: p, a: &api{make(chan struct{}, c.cap), c.refuses, c.takes}}
				token := func() string { return string(rune('a' + rand.IntN(20))) }
				for i, rate := range []float64{c.one, 5 * c.one, c.one} {
					lasting := 10 * time.Second
					if i == 1 {
						lasting = 20 * time.Second
					}
					got := l.send(lasting, rate, token)
					s := p.State()
					l.wg.Wait()
					if i == 1 && limited {
						n, last := 0, time.Duration(0)
						for _, at := range got.slow {
							if at-got.slow[0] < time.Second {
								n++
							}
							last = at
						}
						t.Log("slow", len(got.slow), "in the first second", n, last)
					}
					t.Logf("%s limited %v part %d: sent %d good %d (%.0f/s) failed %d shed %d p50 %v p99 %v shed p99 %v limit %d", c.name, limited, i, got.sent, got.good,
						float64(got.good)/lasting.Seconds(), got.failed, got.shed, quantile(got.waits, .5), quantile(got.waits, .99), quantile(got.shedWaits, .99), s.Limit)
				}
			})
		}
	}
}
