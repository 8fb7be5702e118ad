package live

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"jobsgateway/restclient"
)

// poll watches a list, and single jobs of its token, for all streams of a key. It is one goroutine, which ends
// when nobody watches any more.
type poll struct {
	engine *Engine
	key    key
	list   restclient.JobsQuery
	wake   chan struct{} // holds one if somebody has joined who need not wait for the next reading
	// readings are those of the token.
	readings chan struct{}

	// What follows is of the goroutine alone.
	pace     pace
	size     int     // records that are asked for first
	answered instant // when the API answered last, or the poll began
	works    bool    // the API has answered
	failing  bool    // the latest turn has failed, of the list or of a job
	told     versions
	// toldWeight is what is counted for told.
	toldWeight int64
	again      time.Time // when the streams are told once more to read the list again; zero for never
	// calls is what reading the list costs, as far as that is known, and callsAt when it was found out.
	calls   int
	callsAt time.Time

	mu      sync.Mutex
	listing bool // the list is read
	based   bool // and was, since listing
	epoch   uint64
	mark    watermark
	ring    ring
	feeds   map[form]*feed
	pending []*Stream // of feeds, which wait for a reading
	watches map[restclient.JobID]*watch
}

// form is what makes events of a poll equal.
type form struct{ states, key string }

func newPoll(e *Engine, k key) *poll {
	p := &poll{
		engine: e, key: k, list: ListOf(k.filter), wake: make(chan struct{}, 1), readings: e.perToken[k.token].readings,
		pace: pace{interval: e.cfg.Interval}, size: spare, calls: 1,
		feeds: map[form]*feed{}, watches: map[restclient.JobID]*watch{}, ring: ring{kept: e.cfg.Kept},
	}
	p.answered.set(time.Now())
	return p
}

// instant is a time that others may ask for.
type instant struct{ nanos atomic.Int64 }

func (i *instant) set(at time.Time) { i.nanos.Store(at.UnixNano()) }
func (i *instant) get() time.Time   { return time.Unix(0, i.nanos.Load()) }

// run polls until nobody watches, the API fails for too long, or the engine is closed.
func (p *poll) run() {
	defer func() {
		if value := recover(); value != nil {
			err := p.engine.cfg.Caught(value)
			p.engine.cfg.Logger.Error("live poll failed", slog.String("error", err.Error()))
			p.end(err)
		}
	}()
	for due := time.Now(); p.sleep(due); {
		isDue := !time.Now().Before(due)
		w, idle := p.plan(time.Now(), isDue)
		if idle && isDue && p.retire() {
			return
		}
		if w.isNone() {
			continue
		}
		ok, err := p.turn(w)
		now := time.Now()
		if ok {
			p.answered.set(now)
			p.works = true
		}
		if p.isOver(err, now) {
			p.end(err)
			return
		}
		if ok && !isKind(err, restclient.KindRateLimited) {
			err = nil // of single jobs, which are asked for again
		}
		if isDue || w.list || err != nil {
			due = now.Add(p.pace.after(err))
		}
		if outage := p.answered.get().Add(p.engine.cfg.Outage); err != nil && due.After(outage) {
			due = outage
		}
	}
	p.end(io.EOF)
}

// sleep waits for a time, or until it is woken; false if the engine was closed.
func (p *poll) sleep(until time.Time) bool {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.wake:
	case <-p.engine.ctx.Done():
	}
	return p.engine.ctx.Err() == nil
}

// rouse has the poll look what there is to do. It never waits.
func (p *poll) rouse() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// isOver reports whether the streams end with an error: that of a token that may not read, or of a request that
// the API has refused from the start; any other when the API has failed for too long.
func (p *poll) isOver(err error, now time.Time) bool {
	if err == nil {
		return false
	}
	if e, ok := restclient.AsError(err); ok {
		switch {
		case e.Kind == restclient.KindUnauthenticated, e.Kind == restclient.KindForbidden,
			e.Kind == restclient.KindInvalid && !p.works:
			return true
		}
	}
	return now.Sub(p.answered.get()) >= p.engine.cfg.Outage
}

// work is what a turn has to read.
type work struct {
	list bool
	base bool // nothing is known of the list yet
	// goesBack: streams want what has changed since back, or all if that is zero.
	goesBack bool
	back     time.Time
	waiting  []*Stream // for this reading
	jobs     []*watch
}

func (w work) isNone() bool { return !w.list && len(w.jobs) == 0 }

// plan says what to read. Idle: nobody watches. While the API fails, only what is due is asked.
func (p *poll) plan(now time.Time, isDue bool) (w work, idle bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.feeds)+len(p.watches) == 0 {
		return work{}, true
	}
	isWanted := len(p.feeds) > 0 && !p.listing
	if failing := p.pace.failures+p.pace.slower > 0; failing && !isDue {
		return work{}, false
	}
	if isDue || isWanted {
		list := len(p.feeds) > 0 || p.isListCheaper(now)
		if list && !p.listing {
			p.rebase()
			p.unaskAll()
		}
		p.listing, w.list, w.base = list, list, !p.based
	}
	if w.list {
		w.waiting = slices.Clone(p.pending)
		for _, s := range w.waiting {
			if since := s.wants.Since; since != nil {
				at := lessOverlap(since.At)
				if !w.goesBack || at.Before(w.back) {
					w.goesBack, w.back = true, at
				}
			}
		}
	}
	for _, watched := range p.watches {
		if watched.isDue(now, isDue, p.listing) {
			w.jobs = append(w.jobs, watched)
		}
	}
	return w, false
}

// rebase forgets what is known of the list, which begins to be read.
func (p *poll) rebase() {
	p.based, p.epoch, p.again = false, rand.Uint64(), time.Time{} //nolint:gosec // names no secret
	p.mark, p.told = watermark{}, versions{}
	p.ring.restart(0)
	p.ring.kept.Drop(p.toldWeight)
	p.toldWeight = 0
}

// turn reads what there is to read, and tells what has changed. Ok: the API has answered.
func (p *poll) turn(w work) (ok bool, err error) {
	e := p.engine
	for _, readings := range []chan struct{}{p.readings, e.readings} {
		select {
		case readings <- struct{}{}:
			defer func() { <-readings }()
		case <-e.ctx.Done():
			return false, nil
		}
	}
	ctx, cancel := context.WithTimeout(e.cfg.As(e.ctx, p.key.token), e.cfg.Timeout)
	defer cancel()
	ok, err = p.observed(ctx, w, func(ctx context.Context) (bool, error) { return p.readAll(ctx, w) })
	if err != nil && !p.failing {
		p.logFailure(ctx, err)
	}
	p.failing = err != nil
	return ok, err
}

// readAll is turn.
func (p *poll) readAll(ctx context.Context, w work) (ok bool, err error) {
	if w.list {
		r, err := p.readList(ctx, w)
		defer r.release()
		if err != nil {
			return false, err
		}
		p.calls, p.callsAt = r.calls, time.Now()
		p.size = min(len(r.seen)+len(r.seen)/4+spare, restclient.MaxPerPage-1)
		p.apply(w, r, time.Now())
		ok = true
	}
	answered, err := p.readJobs(ctx, w.jobs)
	return ok || answered, err
}

// readList reads what a turn needs of the list. Errors: as read.
func (p *poll) readList(ctx context.Context, w work) (*reading, error) {
	if w.base {
		return p.readNow(ctx, w)
	}
	from := p.mark.from()
	if w.goesBack && w.back.Before(from) {
		from = w.back
	}
	return p.read(ctx, from, -1)
}

// retire ends the poll if still nobody watches.
func (p *poll) retire() bool {
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.feeds)+len(p.watches) > 0 {
		return false
	}
	delete(p.engine.polls, p.key)
	p.engine.shareRings()
	p.rebase()
	return true
}

// end ends the poll, and all of its streams with an error.
func (p *poll) end(err error) {
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.engine.polls, p.key)
	p.engine.shareRings()
	for _, f := range p.feeds {
		f.finish(err)
	}
	for _, watched := range p.watches {
		p.forget(watched)
		watched.finish(err)
	}
	clear(p.feeds)
	clear(p.watches)
	p.rebase()
	p.pending = nil
}
