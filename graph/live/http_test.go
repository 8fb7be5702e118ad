package live

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
	"jobsgateway/internal/memory"
	"jobsgateway/restclient"
)

// recordOf is a record of the emulator.
func recordOf(n, number int, at time.Time, fill int) json.RawMessage {
	return fmt.Appendf(nil, `{"job_id":%q,"state":"running","type":"t","created_at":"1999-01-01T00:00:00","updated_at":%q,"input":{"n":%d,"fill":%q}}`,
		idAt(n), at.UTC().Format("2006-01-02T15:04:05.999999"), number, strings.Repeat("x", fill))
}

// TestOverHTTP watches an emulator over HTTP, through the client, whose memory is overwritten when it is given
// back: the list and four jobs of it, while jobs change, with records so heavy that some pages are too large.
func TestOverHTTP(t *testing.T) {
	for _, options := range []emulator.Options{{}, {Ties: emulator.TiesDrawn, Older: true}, {MaxRecords: 20}, {Offsets: emulator.OffsetsFloored}} {
		options.Records = []json.RawMessage{}
		api := emulator.New(options)
		now := time.Now().Add(-time.Hour).Truncate(time.Second)
		numbers := map[string]int{} // of the version in which each job is
		for n := range 100 {
			api.Insert(recordOf(n, 1, now, 100))
			numbers[idAt(n)] = 1
		}
		e := over(clienttest.New(t, api, func(c *restclient.Config) { c.MaxBody = 100_000 }), func(c *Config) {
			c.Interval = 2 * time.Millisecond
			c.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
		})
		var mu sync.Mutex
		seen, twice := map[string]int{}, 0
		changed := make(chan struct{}, 1)
		var reading sync.WaitGroup
		s := begin(t, e, Changes{})
		next(t, s)
		reading.Go(func() {
			defer s.Close()
			for {
				text, err := s.Next(t.Context())
				if err != nil {
					return
				}
				h := hear(text)
				mu.Lock()
				for i, id := range h.ids {
					if seen[id] >= h.numbers[i] {
						twice++
					}
					seen[id] = h.numbers[i]
				}
				if h.resync {
					twice++
				}
				mu.Unlock()
				select {
				case changed <- struct{}{}:
				default:
				}
			}
		})
		var jobs []*Stream
		for n := range 4 {
			jobs = append(jobs, watchJob(t, e, n))
		}
		agree := func() bool {
			mu.Lock()
			defer mu.Unlock()
			for id, number := range numbers {
				if number > 1 && seen[id] != number {
					return false
				}
			}
			return true
		}
		untold := 0 // changes at most, since all were told
		catchUp := func() {
			for deadline := time.After(time.Minute); !agree(); {
				select {
				case <-changed:
				case <-deadline:
					t.Fatalf("%+v: the stream was told %v of %v", options, seen, numbers)
				}
			}
			untold = 0
		}
		for round := range 30 {
			now = now.Add(time.Second)
			changes := rand.IntN(maxBehind)
			if untold += changes; untold > maxBehind { // each may be an event, and the stream may have read none
				catchUp()
				untold = changes
			}
			for range changes {
				n := rand.IntN(150)
				numbers[idAt(n)]++
				record := recordOf(n, numbers[idAt(n)], now, 100*(round%20))
				if !api.Replace(idAt(n), record) {
					api.Insert(record)
				}
			}
		}
		for n := range 4 {
			now = now.Add(time.Second)
			numbers[idAt(n)]++
			api.Replace(idAt(n), recordOf(n, numbers[idAt(n)], now, 10))
			for last := 0; last != numbers[idAt(n)]; {
				last = next(t, jobs[n]).numbers[0]
			}
			jobs[n].Close()
		}
		catchUp()
		if twice > 0 {
			t.Errorf("%+v: %d times told twice, or to read again", options, twice)
		}
		e.Close()
		reading.Wait()
	}
}

// pausing is an Observer that has polls wait as long as a test holds the lock, which it gets between two of them.
// It is for an engine with one poll.
type pausing struct{ sync.Mutex }

func (p *pausing) PollStarts(ctx context.Context) context.Context {
	p.Lock()
	return ctx
}

func (p *pausing) PollEnds(context.Context, PollEnd) { p.Unlock() }

// A reading that needs more memory than it may hold ends there, and the streams are told to read their lists; the
// next ones go on. What a reading holds is given back.
func TestReadingThatNeedsTooMuchMemory(t *testing.T) {
	api := emulator.New(emulator.Options{Records: []json.RawMessage{}})
	now := time.Now().Add(-time.Hour).Truncate(time.Second)
	for n := range 100 {
		api.Insert(recordOf(n, 1, now.Add(time.Duration(n)*time.Second), 10_000))
	}
	lent := memory.New(1<<30, true)
	type lending struct{}
	client := clienttest.New(t, api, func(c *restclient.Config) {
		c.Account = func(ctx context.Context) *memory.Account {
			account, _ := ctx.Value(lending{}).(*memory.Account)
			return account
		}
	})
	polls := &pausing{}
	e := over(client, func(c *Config) {
		c.Interval, c.Observer = 100*time.Millisecond, polls
		c.As = func(ctx context.Context, token string) context.Context {
			return context.WithValue(ctx, lending{}, &memory.Account{Memory: lent, Owner: token, Limit: 300_000})
		}
	})
	s := begin(t, e, Changes{})
	next(t, s)
	now = now.Add(time.Hour)
	polls.Lock() // or some readings would be told, and others too much, of which one may have the last job, too
	for n := range 80 {
		api.Replace(idAt(n), recordOf(n, 2, now.Add(time.Duration(n)*time.Millisecond), 10_000))
	}
	polls.Unlock()
	if h := next(t, s); !h.resync {
		t.Errorf("of too much it is told %+v", h)
	}
	api.Replace(idAt(99), recordOf(99, 2, now.Add(time.Minute), 10_000))
	h := next(t, s)
	if h.resync { // the second one, which covers what shows late
		h = next(t, s)
	}
	if len(h.ids) != 1 || h.ids[0] != idAt(99) {
		t.Errorf("after that it is told %+v", h)
	}
	s.Close()
	e.Close()
	if f := lent.Figures(); f.Held != 0 {
		t.Errorf("in the end %+v", f)
	}
}
