// Package live tells streams of the changes of jobs. The Jobs API cannot push, so it is polled: once for all who
// watch the same, however many these are. The package knows neither GraphQL nor HTTP.
//
// A poll is of a key: a token, in full, and a filter without states. It reads the list in the order of
// updated_at, back to a little before the latest change that it knows (poll.go, reading.go), and compares what
// it sees with what it remembers (versions.go). What has changed goes into the poll's ring (ring.go), from which
// streams go on after a gap, and to its feeds. All that is kept is counted (Config.Kept).
//
// A feed is what streams share that are told the same in the same form (feed.go): each event is written once, when
// the first stream comes to it, and all get the same bytes (stream.go). A stream is a place in its feed's log, and
// has no goroutine: it calls its reader when there is something to read. One that is too slow finds that its place
// is gone, and is told to read its list again.
//
// Single jobs are watched by the poll of their token's whole list (watch.go). It asks for each of them alone,
// or reads the list once for all of them, whichever costs fewer calls.
//
// Example: 1,000 streams watch the failed jobs of a type, and 1,000 the running ones, in one selection each.
// That is one poll, which costs one call an interval while nothing happens, and two feeds. A job that fails is
// one event, which is written once and read a thousand times.
package live

import (
	"context"
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"jobsgateway/graph/paging"
	"jobsgateway/internal/memory"
	"jobsgateway/restclient"
)

// Upstream is what is needed of the Jobs API; *restclient.Client is one. It finds the token in the context.
type Upstream interface {
	Jobs(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error)
	Job(ctx context.Context, id restclient.JobID) (*restclient.Job, error)
}

// Config says how to watch. Every field but Kept, Observer, Failed and Logger has to be set.
type Config struct {
	Upstream Upstream
	// As returns a context in which the calls of one reading have this token, and the memory of their answers.
	As func(ctx context.Context, token string) context.Context
	// Interval is the time between two polls of a key, give or take a tenth. A 429 makes it longer.
	Interval time.Duration
	// Outage is how long the Jobs API may fail until the streams end with its error.
	Outage time.Duration
	// Timeout bounds the calls of one poll together.
	Timeout time.Duration
	Limits  Limits
	// Kept counts what is kept between polls: changes for streams that come again, and events that somebody has not
	// read yet. Where it has no memory, the oldest of a poll, and of a feed, is forgotten, and who would have read
	// it is told to read the list again; a single job is told later. nil is one without a bound. The memory of a
	// reading is what As lends.
	Kept *memory.Account
	// Observer is told of polls; nil for nobody.
	Observer Observer
	// Failed is told of the call that has failed a turn of a poll, in its context; once as long as one turn after the
	// other fails. nil for nobody.
	Failed func(ctx context.Context, err error)
	// Caught makes an error of a panic.
	Caught func(value any) error
	// Logger is told of what is learned of the Jobs API, of panics, and of other failures than those of calls; nil
	// for nobody.
	Logger *slog.Logger
}

// key is what a poll is of.
type key struct {
	token  string
	filter restclient.Filter // without states
}

// maxReadings is how many polls are read at a time, so that what they hold meanwhile is bounded. Those of one token
// may be a quarter of them: where its calls hang, others go on.
const (
	maxReadings         = 64
	maxReadingsPerToken = maxReadings / 4
)

// Engine has the polls. Safe for concurrent use; Close it when done.
//
// Its locks are taken in this order: of the engine, of a poll, of a feed.
type Engine struct {
	cfg      Config
	seed     maphash.Seed
	offsets  paging.Offsets
	readings chan struct{}
	ctx      context.Context //nolint:containedctx // polls belong to no caller
	stop     context.CancelFunc
	running  sync.WaitGroup
	// ringBytes is how many bytes the ring of a poll may have, by the number of polls.
	ringBytes atomic.Int64
	// events is how many events streams have read, and resyncs how many of them said to read the list again.
	events, resyncs atomic.Uint64

	mu       sync.Mutex
	polls    map[key]*poll
	streams  int
	perToken map[string]*tokenUse
}

// New returns an Engine without polls.
func New(cfg Config) *Engine {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Engine{
		cfg: cfg, seed: maphash.MakeSeed(), readings: make(chan struct{}, maxReadings),
		polls: map[key]*poll{}, perToken: map[string]*tokenUse{},
	}
	e.ctx, e.stop = context.WithCancel(context.Background())
	return e
}

// Close ends all streams, with io.EOF behind what they have not read yet, and waits until no poll is left.
// Streams that are asked for later are not begun, with io.EOF.
func (e *Engine) Close() {
	e.mu.Lock()
	e.stop()
	e.mu.Unlock()
	e.running.Wait()
}

// Limits returns the bounds that the engine was made with.
func (e *Engine) Limits() Limits { return e.cfg.Limits }

// Figures are what there is.
type Figures struct {
	Streams, Polls int
	// Kept is how many bytes are counted of Config.Kept.
	Kept int64
	// Age is for how long the poll that waits longest has had no answer; 0 without polls.
	Age time.Duration
}

// Told returns how many events streams have read since the engine began, and how many of these have said to read
// the list again.
func (e *Engine) Told() (events, resyncs uint64) { return e.events.Load(), e.resyncs.Load() }

// Figures returns how many there are now.
func (e *Engine) Figures() Figures {
	e.mu.Lock()
	defer e.mu.Unlock()
	f := Figures{Streams: e.streams, Polls: len(e.polls), Kept: e.cfg.Kept.Held()}
	for _, p := range e.polls {
		f.Age = max(f.Age, time.Since(p.answered.get()))
	}
	return f
}

// Form is how an event is written.
type Form struct {
	// Key: forms of one token with equal keys write equal bytes, so one of them writes for all.
	Key string
	// Write returns the bytes of an event, which nobody changes any more. It is called once for each event that
	// somebody reads, in a goroutine that belongs to no stream: it has to bound its time, and to make an error of a
	// panic.
	Write func(Event) []byte
}

// Event is what a stream tells at a time.
type Event struct {
	// Jobs of a stream of changes are those that have changed, as they are now, in the order of their changes.
	// Of a stream of one job it is the job, or nothing if there is none.
	Jobs []*restclient.Job
	// Cursor is the place behind the event, for Changes.Since; empty for a stream of one job.
	Cursor string
	// Resync: changes may have been missed, so the list has to be read again. Then there are no Jobs.
	Resync bool
}

// Changes are the changes of a list.
type Changes struct {
	Filter restclient.Filter // without states
	// States are those of which a job has to have one after its change; nil for any, and empty for none.
	States []restclient.State
	// Since is where to go on; nil for now.
	Since *paging.Since
	Form  Form
}

// ListOf returns the list whose changes a filter has, as paging.Since knows it.
func ListOf(filter restclient.Filter) restclient.JobsQuery {
	return restclient.JobsQuery{Filter: filter, OrderBy: restclient.UpdatedAtDesc}
}

// Changes returns a stream of the changes of a list. Its first event comes as soon as the list is watched: it
// has what was missed since Since, or no jobs; who reads the list after that misses nothing. Errors:
// *LimitError; io.EOF if the engine is closed.
func (e *Engine) Changes(token string, c Changes) (*Stream, error) {
	if c.States != nil && len(c.States) == 0 { // the poll finds out all the same whether the token is one
		c.States = []restclient.State{noState}
	}
	if now := time.Now().UTC(); c.Since != nil && c.Since.At.After(now) { // the clock that made it may be ahead
		since := *c.Since
		since.At, c.Since = now, &since
	}
	return e.begin(token, c.Filter, func(p *poll) *Stream { return p.joinChanges(c) })
}

// Job returns a stream of one job: as it is now, and then after every change that a poll sees. It ends with
// io.EOF when the job has ended, or after an event without a job if there is none. Errors: as Changes.
func (e *Engine) Job(token string, id restclient.JobID, form Form) (*Stream, error) {
	return e.begin(token, "", func(p *poll) *Stream { return p.joinJob(id, form) })
}

// begin has a stream join the poll of a key, which is begun if there is none.
func (e *Engine) begin(token string, filter restclient.Filter, join func(*poll) *Stream) (*Stream, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	k := key{token, filter}
	p, isWatched := e.polls[k]
	if err := e.admit(token, !isWatched); err != nil {
		return nil, err
	}
	if !isWatched {
		p = newPoll(e, k)
		e.polls[k] = p
		e.shareRings()
		e.running.Go(p.run)
	}
	s := join(p)
	s.engine, s.token = e, token
	return s, nil
}

// noState is the state of no job.
const noState restclient.State = ","

// maxRings bounds the bytes of all rings together where Config.Kept does not.
const maxRings = 256 << 20

// shareRings finds out how many bytes each ring may have: of what may be kept, half is for rings, in equal parts.
// The caller holds the lock.
func (e *Engine) shareRings() {
	all := int64(maxRings)
	if e.cfg.Kept != nil {
		all = min(all, e.cfg.Kept.Limit/2) //nolint:mnd // the other half is for events that were not read yet
	}
	e.ringBytes.Store(min(maxChangeBytes, all/int64(max(1, len(e.polls)))))
}
