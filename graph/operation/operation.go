// Package operation is the memory of one GraphQL operation: the calls that it may make, what they answered,
// and the pages that were made of the answers. It lives as long as its operation and so holds nothing of
// another caller's token.
//
// An operation asks for nothing twice. Pages are remembered by their key (Operation.Page), so two fields that
// ask for the same page read it once, however many calls it costs. Calls are remembered by the loaders
// (loader.go), so pages that begin with the same call share it. What the search for the ends of time ranges
// has seen is remembered by list (paging.Ranges). A page of a list can also answer what its datasets are
// asked (share.go). Example: a: jobs(first: 20) {totalCount} and b: jobs(first: 20) {nodes {id}} cost one
// call.
//
// Where to find what: operation.go has the pages, jobs and calls of one operation, and when their memory is
// given back. loader.go makes calls within the budget. dataset.go answers the pages of many datasets at a
// time, share.go from a page that is there already. failures.go writes failed calls into the log.
package operation

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"jobsgateway/graph/paging"
	"jobsgateway/internal/memory"
	"jobsgateway/restclient"
)

// Upstream is what is needed of the Jobs API; *restclient.Client is one. It finds the caller's token in the
// context.
type Upstream interface {
	Jobs(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error)
	Job(ctx context.Context, id restclient.JobID) (*restclient.Job, error)
}

// Limits bounds what one operation may ask of the upstream, in calls.
type Limits struct {
	// Calls is how many in all; those beyond it fail with *BudgetError.
	Calls int
	// Concurrency is how many at once.
	Concurrency int
	// Admit is asked before the first call, and waits until the operation may make calls; false if it may
	// not. Leave is called when the operation has ended (Leave), and may be nil. Nil: it always may.
	Admit func(ctx context.Context) (leave func(), ok bool)
}

// Operation is the memory of one operation and its budget of calls. Safe for concurrent use.
type Operation struct {
	ctx      context.Context //nolint:containedctx // calls run under it, not under the context of one field
	upstream Upstream
	limits   Limits
	logger   *slog.Logger
	observer Observer // nil for none
	calls    atomic.Int64
	waits    waits
	slots    chan struct{}
	loaders  func() *loaders
	pages    sync.Map // of a paging.Key, a func that returns its page: see Page
	ranges   paging.Ranges
	given    given
	account  memory.Account // without a Memory where nothing was lent
	failures failures
	entry    entry
	busy     atomic.Bool // it was not begun, for want of room
}

type contextKey struct{}

// With returns a context with a new operation. All of its calls run under ctx, that is with its token and its
// deadline.
func With(ctx context.Context, upstream Upstream, limits Limits, logger *slog.Logger) context.Context {
	op := &Operation{
		upstream: upstream, limits: limits, logger: logger, slots: make(chan struct{}, limits.Concurrency),
	}
	op.loaders = sync.OnceValue(func() *loaders { return newLoaders(op) }) // many operations make no call
	op.ctx = context.WithValue(restclient.WithOperation(ctx), contextKey{}, op)
	return op.ctx
}

// From returns the operation of ctx. It panics without one: then nothing can be resolved.
func From(ctx context.Context) *Operation { return ctx.Value(contextKey{}).(*Operation) }

// Calls returns how many upstream calls the operation of ctx has made so far; 0 without an operation.
func Calls(ctx context.Context) int {
	op, ok := ctx.Value(contextKey{}).(*Operation)
	if !ok {
		return 0
	}
	return int(op.calls.Load())
}

// Waited returns for how long at least one upstream call of the operation of ctx has been under way, a place
// for it awaited or its answer decoded; calls at the same time count once. 0 without an operation.
func Waited(ctx context.Context) time.Duration {
	op, ok := ctx.Value(contextKey{}).(*Operation)
	if !ok {
		return 0
	}
	return op.waits.total()
}

// Lend has the operation of ctx hold the memory of m, at most limit bytes of it. It is called before anything
// is asked.
func Lend(ctx context.Context, m *memory.Memory, owner string, limit int64) {
	account := &From(ctx).account
	account.Memory, account.Owner, account.Limit = m, owner, limit
}

type accountKey struct{}

// Lending returns a context whose calls, which belong to no operation, hold the memory of an account.
func Lending(ctx context.Context, account *memory.Account) context.Context {
	return context.WithValue(ctx, accountKey{}, account)
}

// AccountOf returns what counts the memory of the operation of ctx, or else that of Lending; nil if nothing was
// lent.
func AccountOf(ctx context.Context) *memory.Account {
	op, ok := ctx.Value(contextKey{}).(*Operation)
	if !ok {
		account, _ := ctx.Value(accountKey{}).(*memory.Account)
		return account
	}
	if op.account.Memory == nil {
		return nil
	}
	return &op.account
}

// End gives back the memory of the pages and jobs that the operation of ctx has read. After that nothing of
// its data may be read, except the bytes that were copied.
func End(ctx context.Context) { From(ctx).given.release(answer.Release) }

// Abandon is End after a panic, when something may still read: the memory is left to the garbage collector.
func Abandon(ctx context.Context) { From(ctx).given.release(answer.Abandon) }

// answer is a page or a job of the Jobs API, in memory that is given back.
type answer interface {
	Release()
	Abandon()
}

// given are the answers that an operation was given. Their memory is given back when it ends. Safe for
// concurrent use.
type given struct {
	mu      sync.Mutex
	answers []answer
	ended   bool
}

// keep notes an answer. One that comes when the operation has ended may still be read by who asked for it.
func (g *given) keep(a answer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended {
		a.Abandon()
		return
	}
	g.answers = append(g.answers, a)
}

// release lets go of all answers.
func (g *given) release(letGo func(answer)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = true
	for _, a := range g.answers {
		letGo(a)
	}
	g.answers = nil
}

// Page returns the page of a plan. It is read once in an operation, however many fields ask for it. Offsets
// is what has been learned of the API. Errors: *restclient.Error, *BudgetError, *PanicError, and those of
// paging.Reader.
func (op *Operation) Page(
	ctx context.Context, plan *paging.Plan, offsets *paging.Offsets,
) (*paging.Page, error) {
	reader := op.reader(offsets)
	if plan.Empty {
		return reader.Read(ctx, plan)
	}
	op.reuse(&plan.Key)
	read := sync.OnceValues(func() (*paging.Page, error) { return reader.Read(ctx, plan) })
	page, _ := op.pages.LoadOrStore(plan.Key, read)
	return page.(func() (*paging.Page, error))()
}

// reader returns a reader of pages that asks with the calls of the operation.
func (op *Operation) reader(offsets *paging.Offsets) paging.Reader {
	return paging.Reader{
		Ask: op.ask, Offsets: offsets, Ranges: &op.ranges, Logger: op.logger, Sought: op.sought(),
	}
}

// ask is the paging.Ask of the operation. A fresh call is made past the memory of the loaders, since their
// answers may be older than the change that the reader has noticed. Errors: *restclient.Error, *BudgetError,
// *PanicError.
func (op *Operation) ask(
	ctx context.Context, q restclient.JobsQuery, fresh bool,
) (*restclient.JobsPage, error) {
	if !fresh {
		return load(ctx, op.loaders().pages, q)
	}
	if !op.grant() {
		return nil, &BudgetError{op.limits.Calls}
	}
	answer := call(op, op.jobs, q)
	return answer.Data, answer.Error
}

// jobs makes one call for a window, whose memory is given back when the operation ends.
func (op *Operation) jobs(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
	page, err := op.upstream.Jobs(ctx, q)
	if page != nil {
		op.given.keep(page)
	}
	return page, err
}

// job returns what makes one call for a job, whose memory is given back when the operation ends.
func (op *Operation) job(ask fetch[restclient.JobID, *restclient.Job]) fetch[restclient.JobID, *restclient.Job] {
	return func(ctx context.Context, id restclient.JobID) (*restclient.Job, error) {
		job, err := ask(ctx, id)
		if job != nil {
			op.given.keep(job)
		}
		return job, err
	}
}

// moreThanNothing are the ways to ask for more than for nothing of a page, those that ask for the most first.
var moreThanNothing = [...]paging.Unasked{
	{},
	{Flags: true},
	{Total: true},
	{Records: true},
	{Flags: true, Total: true},
	{Records: true, Flags: true},
	{Records: true, Total: true},
}

// reuse replaces a key by that of a page which was asked for before and has all that the key asks for, if
// there is one. Example: a key for the total alone becomes that of the page with its records, which has the
// total too.
func (op *Operation) reuse(key *paging.Key) {
	for _, more := range moreThanNothing {
		if more == key.Unasked || more.Both(key.Unasked) != more {
			continue
		}
		known := *key
		known.Unasked = more
		if _, ok := op.pages.Load(known); ok {
			*key = known
			return
		}
	}
}

// Job returns one job. Errors: *restclient.Error, *BudgetError, *PanicError.
func (op *Operation) Job(ctx context.Context, id restclient.JobID) (*restclient.Job, error) {
	return load(ctx, op.loaders().jobs, id)
}

// AnnounceJobs starts the calls for jobs, all at once and each job once. Job then waits for them and makes no
// call.
func (op *Operation) AnnounceJobs(ctx context.Context, ids []restclient.JobID) {
	loader := op.loaders().jobs
	for _, id := range ids {
		loader.Load(ctx, id)
	}
	loader.Flush()
}
