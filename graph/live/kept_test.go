package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"jobsgateway/internal/memory"
	"jobsgateway/restclient"
)

// keeping has an engine keep at most limit bytes of a memory of its own.
func keeping(limit int64) (lent *memory.Memory, set func(*Config)) {
	lent = memory.New(8*limit, true)
	return lent, func(c *Config) { c.Kept = &memory.Account{Memory: lent, Owner: "streams", Limit: limit} }
}

// Forty slow streams of forty forms, and what comes again, share what may be kept. Who misses something is told
// to read the list again.
func TestAllFeedsTogetherAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 200 << 10
		lent, set := keeping(limit)
		w := newWorld()
		w.fill = 4000
		e := over(w, set)
		quick := begin(t, e, Changes{})
		next(t, quick)
		var slow []*Stream
		for n := range 40 {
			s := begin(t, e, Changes{Form: plainForm(fmt.Sprint(n))})
			next(t, s)
			slow = append(slow, s)
		}
		most := int64(0)
		for n := range 60 {
			w.change(n, restclient.StateRunning, 0)
			time.Sleep(3 * time.Second)
			most = max(most, e.Figures().Kept)
		}
		if most > limit || most < limit/2 || lent.Figures().Held != e.Figures().Kept {
			t.Errorf("%d bytes were kept, of %d; %+v", most, limit, lent.Figures())
		}
		for i, s := range append(slow, quick) {
			told, resync := map[string]bool{}, false
			for {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				text, err := s.Next(ctx)
				cancel()
				if err != nil {
					break
				}
				h := hear(text)
				resync = resync || h.resync
				for _, id := range h.ids {
					told[id] = true
				}
			}
			if len(told) < 60 && !resync {
				t.Errorf("stream %d was told of %d jobs, and not to read again", i, len(told))
			}
			s.Close()
		}
		e.Close()
		if f := lent.Figures(); f.Held != 0 {
			t.Errorf("in the end %+v", f)
		}
	})
}

// What operations hold is not there for streams: they are told to read again, and go on when there is memory.
func TestNoMemoryMeansToReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lent, set := keeping(1 << 20)
		w := newWorld()
		w.fill = 4000
		e := over(w, set)
		defer e.Close()
		s := begin(t, e, Changes{})
		defer s.Close()
		first := next(t, s)
		operations := &memory.Account{Memory: lent, Owner: "operations", Limit: 1 << 40}
		others := &memory.Account{Memory: lent, Owner: "others", Limit: 1 << 40}
		for _, account := range []*memory.Account{operations, others} {
			account.Finish() // so that it may hold half
			for size := int64(1 << 20); size > 0; {
				if !account.TryCount(size) {
					size /= 2
				}
			}
		}
		w.change(1, restclient.StateRunning, 0)
		if h := next(t, s); !h.resync {
			t.Fatalf("without memory it is told %+v", h)
		}
		synctest.Wait() // until the poll has tried to remember it, too
		operations.Drop(operations.Held())
		others.Drop(others.Held())
		if rest := waiting(t, s); len(rest) == 0 || slices.ContainsFunc(rest, func(h heard) bool { return !h.resync }) {
			t.Errorf("with memory it is told %+v first", rest) // again when the list was read from the start
		}
		w.change(2, restclient.StateRunning, 0)
		if h := next(t, s); h.resync || len(h.ids) != 1 || h.ids[0] != idAt(2) {
			t.Errorf("with memory it is told %+v", h)
		}
		again := begin(t, e, Changes{Since: sinceText(first.cursor)})
		defer again.Close()
		if h := next(t, again); h.resync || len(h.ids) != 2 {
			t.Errorf("who comes again is told %+v", h)
		}
	})
}

// A job for which there is no memory is told later, as it is then.
func TestJobWaitsForMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lent, set := keeping(1 << 20)
		w := newWorld()
		w.fill = 4000
		w.change(1, restclient.StateRunning, 0)
		var kept *memory.Account
		e := over(w, set, func(c *Config) { kept = c.Kept })
		if !kept.TryCount(1<<20 - 1000) {
			t.Fatal("no memory to begin with")
		}
		s := watchJob(t, e, 1)
		silent(t, s, time.Minute)
		w.change(1, restclient.StateCompleted, 0)
		silent(t, s, time.Minute)
		kept.Drop(1<<20 - 1000)
		if h := next(t, s); h.numbers[0] != 2 {
			t.Errorf("told %+v", h)
		}
		if _, err := s.Next(t.Context()); !errors.Is(err, io.EOF) {
			t.Errorf("after the final state: %v", err)
		}
		s.Close()
		e.Close()
		if f := lent.Figures(); f.Held != 0 {
			t.Errorf("in the end %+v", f)
		}
	})
}

// The bytes of an event are counted as long as a stream has them in its hand, and an event whose bytes are too
// many is a resync; a job's stream ends.
func TestBytesInHandAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 1 << 20
		lent, set := keeping(limit)
		w := newWorld()
		w.change(1, restclient.StateRunning, 0)
		e := over(w, set)
		form := func(size int) Form {
			f := plainForm(fmt.Sprint(size))
			write := f.Write
			f.Write = func(event Event) []byte {
				text := write(event)
				if len(event.Jobs) > 0 {
					text = append(text, make([]byte, size)...)
				}
				return text
			}
			return f
		}
		fits, tooMuch := begin(t, e, Changes{Form: form(limit / 2)}), begin(t, e, Changes{Form: form(2 * limit)})
		next(t, fits)
		next(t, tooMuch)
		w.change(1, restclient.StateRunning, 0)
		if text, err := fits.Next(t.Context()); err != nil || len(text) < limit/2 {
			t.Fatalf("%d bytes, %v", len(text), err)
		}
		if kept := e.Figures().Kept; kept < limit/2 {
			t.Errorf("%d bytes are counted of an event that is sent", kept)
		}
		if h := next(t, tooMuch); !h.resync {
			t.Errorf("told %+v", h)
		}
		fits.Close()
		if kept := e.Figures().Kept; kept > limit/4 {
			t.Errorf("%d bytes are counted when it was sent", kept)
		}
		job, err := e.Job("token", restclient.JobID(idAt(1)), form(2*limit))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := job.Next(t.Context()); !isKind(err, restclient.KindNoMemory) {
			t.Errorf("a job whose bytes are too many: %v", err)
		}
		if events, resyncs := e.Told(); events != 4 || resyncs != 1 {
			t.Errorf("%d events, %d resyncs", events, resyncs)
		}
		job.Close()
		tooMuch.Close()
		e.Close()
		if f := lent.Figures(); f.Held != 0 {
			t.Errorf("in the end %+v", f)
		}
	})
}

// Many that come back with one cursor have what they missed written once, from the API and from the ring.
func TestStormOfReconnectionsIsWrittenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, set := keeping(8 << 20)
		w := newWorld()
		e := over(w, set)
		defer e.Close()
		s := begin(t, e, Changes{})
		cursor := next(t, s).cursor
		s.Close()
		for _, gap := range []time.Duration{time.Minute, 0} { // with another poll, and with the same
			running(w, 0, 150)
			time.Sleep(max(gap, 3*time.Second))
			written := 0
			form := plainForm(fmt.Sprint(gap))
			write := form.Write
			form.Write = func(event Event) []byte { written++; return write(event) }
			var streams []*Stream
			for range 100 {
				again := begin(t, e, Changes{Since: sinceText(cursor), Form: form})
				defer again.Close()
				streams = append(streams, again)
			}
			for _, again := range streams {
				if a, b := next(t, again), next(t, again); len(a.ids)+len(b.ids) != 150 {
					t.Fatalf("told %d and %d jobs", len(a.ids), len(b.ids))
				}
			}
			if written != 2 {
				t.Errorf("two events were written %d times", written)
			}
			s = begin(t, e, Changes{})
			defer s.Close()
			cursor = next(t, s).cursor
		}
	})
}

// With hardly any memory for streams nothing is lost without a resync.
func TestNothingIsLostWithoutMemory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(drawStep), 1, 40).Draw(rt, "steps")
		limit := rapid.SampledFrom([]int64{1 << 10, 4 << 10, 30 << 10}).Draw(rt, "limit")
		fault := ""
		synctest.Test(t, func(*testing.T) {
			lent, set := keeping(limit)
			fault = play(steps, time.Millisecond, set)
			if held := lent.Figures().Held; held != 0 {
				fault += fmt.Sprintf("; %d bytes are held in the end", held)
			}
		})
		if fault != "" {
			rt.Fatal(fault)
		}
	})
}
