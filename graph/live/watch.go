package live

import (
	"cmp"
	"context"
	"errors"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"jobsgateway/restclient"
)

const (
	// confirmEvery is how often a job is asked for that is watched by the list: a job that is not there any
	// more shows in no list.
	confirmEvery = time.Minute
	// maxJobCalls is how many jobs a poll asks for at a time.
	maxJobCalls = 8
)

// watch is a job that streams of one poll watch.
type watch struct {
	id    restclient.JobID
	feeds map[string]*feed
	known bool // it was told
	told  version
	job   *restclient.Job // as it was told last; counted
	// asked is when it was asked for by its id; zero if it has to be, at once.
	asked time.Time
	// failing is since when that has failed; zero if it does not.
	failing time.Time
}

// isListCheaper reports whether the jobs that are watched cost fewer calls by reading the list, which costs
// 1 call an interval while little happens, than by asking for each of them. Where both cost the same, it stays
// as it is. What the list cost last is believed for a minute.
func (p *poll) isListCheaper(now time.Time) bool {
	if !p.listing && now.Sub(p.callsAt) > confirmEvery {
		p.calls = 1
	}
	n := len(p.watches)
	return n > p.calls || n == p.calls && p.listing
}

// isDue reports whether a job has to be asked for by its id.
func (w *watch) isDue(now time.Time, isDue, listing bool) bool {
	return w.asked.IsZero() || isDue && (!listing || now.Sub(w.asked) >= confirmEvery)
}

// unaskAll has all jobs asked for, since the list may not have shown how they have changed.
func (p *poll) unaskAll() {
	for _, w := range p.watches {
		w.asked = time.Time{}
	}
}

// joinJob has a new stream of a job join the poll.
func (p *poll) joinJob(id restclient.JobID, spelled Form) *Stream {
	p.mu.Lock()
	defer p.mu.Unlock()
	w, ok := p.watches[id]
	if !ok {
		w = &watch{id: id, feeds: map[string]*feed{}}
		p.watches[id] = w
		p.rouse()
	}
	f, ok := w.feeds[spelled.Key]
	if !ok {
		f = &feed{write: spelled.Write, keeps: true, kept: p.ring.kept, shape: form{key: spelled.Key}}
		w.feeds[spelled.Key] = f
		if w.known {
			f.add(Event{Jobs: []*restclient.Job{w.job}})
		}
	}
	f.members++
	s := &Stream{feed: f, leave: func(s *Stream) { p.leaveJob(s, w) }}
	f.admit(s, nil, nil)
	return s
}

// leaveJob takes a stream off the poll.
func (p *poll) leaveJob(s *Stream, w *watch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := s.feed.shape.key
	if s.feed.members--; s.feed.members > 0 || w.feeds[key] != s.feed {
		return
	}
	delete(w.feeds, key)
	if len(w.feeds) == 0 && p.watches[w.id] == w {
		p.forget(w)
		delete(p.watches, w.id)
	}
}

// see tells the streams of a job if it has changed. A list may show a job as it was before it was asked for by
// its id; then it is not told again. If there is no memory for it, it is told later: the job is asked for again
// until it is told. The caller holds the lock.
func (p *poll) see(w *watch, s sight, inList bool) {
	if w.known && (s.version == w.told || inList && s.at.Before(w.told.at)) {
		return
	}
	if !p.ring.kept.TryCount(weightOf(s.job)) {
		w.asked = time.Time{}
		return
	}
	p.forget(w)
	w.known, w.told, w.job = true, s.version, copyOf(s.job)
	for _, f := range w.feeds {
		f.add(Event{Jobs: []*restclient.Job{w.job}})
	}
	if s.job.IsFinal() {
		p.endJob(w, io.EOF)
	}
}

// forget takes what is counted for a job off the count.
func (p *poll) forget(w *watch) {
	if w.job != nil {
		p.ring.kept.Drop(weightOf(w.job))
		w.job = nil
	}
}

// endJob ends the streams of a job.
func (p *poll) endJob(w *watch, err error) {
	p.forget(w)
	w.finish(err)
	delete(p.watches, w.id)
}

// finish ends the streams of a job with an error.
func (w *watch) finish(err error) {
	for _, f := range w.feeds {
		f.finish(err)
	}
}

// readJobs asks for jobs by their ids, and tells what has changed. Answered: the API has answered one of them.
// The error is one of the calls', if one has failed.
func (p *poll) readJobs(ctx context.Context, watches []*watch) (answered bool, err error) {
	if len(watches) == 0 {
		return false, nil
	}
	jobs, errs := make([]*restclient.Job, len(watches)), make([]error, len(watches))
	var calls errgroup.Group
	calls.SetLimit(maxJobCalls)
	for i, w := range watches {
		calls.Go(func() error {
			defer func() {
				if value := recover(); value != nil {
					errs[i] = p.engine.cfg.Caught(value)
				}
			}()
			jobs[i], errs[i] = p.engine.cfg.Upstream.Job(ctx, w.id)
			return nil
		})
	}
	_ = calls.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for i, w := range watches {
		if isToken(errs[i]) {
			err = errs[i]
		}
		if p.watches[w.id] == w {
			failed := p.seeAnswer(w, jobs[i], errs[i], now)
			answered = answered || failed == nil
			err = cmp.Or(err, failed)
		}
		if jobs[i] != nil {
			jobs[i].Release()
		}
	}
	return answered, err
}

// seeAnswer tells what came of asking for one job. It returns why it has to be asked for again; nil if not.
func (p *poll) seeAnswer(w *watch, job *restclient.Job, err error, now time.Time) error {
	switch e, _ := restclient.AsError(err); {
	case err == nil:
		w.asked, w.failing = now, time.Time{}
		p.see(w, sightOf(p.engine.seed, job), false)
		return nil
	case isGone(err):
		for _, f := range w.feeds {
			f.add(Event{})
		}
		p.endJob(w, io.EOF)
		return nil
	case e != nil && (e.Kind == restclient.KindForbidden || e.Kind == restclient.KindInvalid && !w.known):
		p.endJob(w, err)
		return nil
	case w.failing.IsZero():
		w.failing = now
	case p.listing && w.known: // the list still shows it
	case now.Sub(w.failing) >= p.engine.cfg.Outage:
		p.endJob(w, err)
	}
	return err
}

// isGone reports whether an error says that there is no such job.
func isGone(err error) bool { return isKind(err, restclient.KindNotFound) }

// isToken reports whether an error says that the token is not accepted.
func isToken(err error) bool { return isKind(err, restclient.KindUnauthenticated) }

func isKind(err error, kind restclient.Kind) bool {
	e, ok := errors.AsType[*restclient.Error](err)
	return ok && e.Kind == kind
}
