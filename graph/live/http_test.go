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
		for round := range 30 {
			now = now.Add(time.Second)
			for range rand.IntN(60) {
				n := rand.IntN(150)
				numbers[idAt(n)]++
				record := recordOf(n, numbers[idAt(n)], now, 100*(round%20))
				if !api.Replace(idAt(n), record) {
					api.Insert(record)
				}
			}
			for range 2 {
				select {
				case <-changed:
				case <-time.After(5 * time.Millisecond): // nothing may have changed
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
		for deadline := time.After(20 * time.Second); !agree(); {
			select {
			case <-changed:
			case <-deadline:
				t.Fatalf("%+v: the stream was told %v of %v", options, seen, numbers)
			}
		}
		if twice > 0 {
			t.Errorf("%+v: %d times told twice, or to read again", options, twice)
		}
		e.Close()
		reading.Wait()
	}
}

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
	e := over(client, func(c *Config) {
		c.Interval = 100 * time.Millisecond
		c.As = func(ctx context.Context, token string) context.Context {
			return context.WithValue(ctx, lending{}, &memory.Account{Memory: lent, Owner: token, Limit: 300_000})
		}
	})
	s := begin(t, e, Changes{})
	next(t, s)
	now = now.Add(time.Hour)
	for n := range 80 {
		api.Replace(idAt(n), recordOf(n, 2, now.Add(time.Duration(n)*time.Millisecond), 10_000))
	}
	isTold := false
	for !isTold { // a poll may see some before the others have changed, but the larger part is too much
		isTold = next(t, s).resync
	}
	api.Replace(idAt(99), recordOf(99, 2, now.Add(time.Minute), 10_000))
	for {
		if h := next(t, s); len(h.ids) == 1 && h.ids[0] == idAt(99) {
			break
		}
	}
	s.Close()
	e.Close()
	if f := lent.Figures(); f.Held != 0 {
		t.Errorf("in the end %+v", f)
	}
}
