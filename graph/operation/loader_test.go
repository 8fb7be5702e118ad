package operation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"jobsgateway/restclient"
)

// numbered is the question whose answer has the total n.
func numbered(n int) restclient.JobsQuery { return restclient.JobsQuery{Offset: int64(n), PerPage: 1} }

// counting is an upstream that answers numbered questions and remembers each call.
type counting struct {
	mu    sync.Mutex
	asked []int
}

func (c *counting) Jobs(_ context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, int(q.Offset))
	return &restclient.JobsPage{Total: q.Offset}, nil
}

func (c *counting) Job(context.Context, restclient.JobID) (*restclient.Job, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, -1)
	return &restclient.Job{}, nil
}

func (c *counting) calls() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.asked)
}

// asks makes an upstream of what answers a numbered question; it has no single jobs.
func asks(answer func(ctx context.Context, n int) error) stub {
	return stub{jobs: func(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
		if err := answer(ctx, int(q.Offset)); err != nil {
			return nil, err
		}
		return &restclient.JobsPage{Total: q.Offset}, nil
	}}
}

// operate starts an operation that logs nothing.
func operate(ctx context.Context, upstream Upstream, limits Limits) context.Context {
	return With(ctx, upstream, limits, slog.New(slog.DiscardHandler))
}

// wide are limits that no test meets by accident.
var wide = Limits{Calls: 1000, Concurrency: 1000}

// loadersOf gives the loaders of an operation.
func loadersOf(ctx context.Context) *loaders { return From(ctx).loaders() }

// announce asks questions together, as prefetching does, and gives their answers when they are waited for.
func announce(ctx context.Context, numbers ...int) []func() (*restclient.JobsPage, error) {
	answers := make([]func() (*restclient.JobsPage, error), 0, len(numbers))
	for _, n := range numbers {
		answers = append(answers, loadersOf(ctx).pages.Load(ctx, numbered(n)))
	}
	loadersOf(ctx).pages.Flush()
	return answers
}

// However a question is asked and however often, an operation puts it to the upstream once.
func TestEqualKeys(t *testing.T) {
	t.Parallel()
	upstream := &counting{}
	ctx := operate(t.Context(), upstream, wide)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if page, err := load(ctx, loadersOf(ctx).pages, numbered(7)); err != nil || page.Total != 7 {
				t.Errorf("%v, %v", page, err)
			}
		})
	}
	all.Wait()
	for _, answer := range announce(ctx, 7, 7) {
		if page, err := answer(); err != nil || page.Total != 7 {
			t.Errorf("%v, %v", page, err)
		}
	}
	for range 3 {
		if _, err := load(ctx, loadersOf(ctx).jobs, restclient.JobID(plane)); err != nil {
			t.Error(err)
		}
	}
	if n := upstream.calls(); n != 2 || Calls(ctx) != 2 {
		t.Errorf("%d calls, %d counted", n, Calls(ctx))
	}
}

// Each key gets its own answer or its own failure, whatever else is asked, in whatever batches.
func TestAnswersProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfN(rapid.IntRange(0, 20), 0, 60).Draw(t, "numbers")
		failing := rapid.MapOf(rapid.IntRange(0, 20), rapid.Just(true)).Draw(t, "failing")
		flushes := rapid.MapOf(rapid.IntRange(0, 60), rapid.Just(true)).Draw(t, "flushes")
		limits := Limits{Calls: 100, Concurrency: rapid.IntRange(1, 30).Draw(t, "concurrency")}
		ctx := operate(t.Context(), asks(func(_ context.Context, n int) error {
			if failing[n] {
				return &restclient.Error{Kind: restclient.KindUnavailable, Status: n}
			}
			return nil
		}), limits)
		answers := make([]func() (*restclient.JobsPage, error), len(numbers))
		distinct := map[int]bool{}
		for i, n := range numbers {
			distinct[n] = true
			answers[i] = loadersOf(ctx).pages.Load(ctx, numbered(n))
			if flushes[i] {
				loadersOf(ctx).pages.Flush()
			}
		}
		loadersOf(ctx).pages.Flush()
		for i, n := range numbers {
			page, err := answers[i]()
			var e *restclient.Error
			switch {
			case failing[n] && (!errors.As(err, &e) || e.Status != n):
				t.Fatalf("%d failed with %v", n, err)
			case !failing[n] && (err != nil || page.Total != int64(n)):
				t.Fatalf("%d was answered %v, %v", n, page, err)
			}
		}
		if Calls(ctx) != len(distinct) {
			t.Fatalf("%d calls for %d questions", Calls(ctx), len(distinct))
		}
	})
}

// As many calls as are allowed are under way at once, and never one more, whichever loader makes them.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 3, 8} {
		synctest.Test(t, func(t *testing.T) {
			const keys = 20
			var now atomic.Int64
			release := make(chan struct{})
			wait := func() {
				now.Add(1)
				<-release
				now.Add(-1)
			}
			ctx := operate(t.Context(), stub{
				jobs: func(context.Context, restclient.JobsQuery) (*restclient.JobsPage, error) {
					wait()
					return &restclient.JobsPage{}, nil
				},
				job: func(context.Context, restclient.JobID) (*restclient.Job, error) {
					wait()
					return &restclient.Job{}, nil
				},
			}, Limits{Calls: keys, Concurrency: limit})
			for n := range keys / 2 {
				loadersOf(ctx).pages.Load(ctx, numbered(n))
				loadersOf(ctx).jobs.Load(ctx, restclient.JobID(idOf(n)))
			}
			loadersOf(ctx).pages.Flush()
			loadersOf(ctx).jobs.Flush()
			for left := keys; left >= 0; left-- {
				synctest.Wait()
				if got := now.Load(); got != int64(min(limit, left)) {
					t.Errorf("%d calls at once with %d left, limit %d", got, left, limit)
				}
				if left > 0 {
					release <- struct{}{}
				}
			}
		})
	}
}

// The budget is spent in the order of the keys, over all batches and both loaders, and what goes beyond it says so.
func TestCallBudget(t *testing.T) {
	t.Parallel()
	upstream := &counting{}
	ctx := operate(t.Context(), upstream, Limits{Calls: 4, Concurrency: 2})
	check := func(n int, page *restclient.JobsPage, err error, granted bool) {
		t.Helper()
		budget, exceeded := errors.AsType[*BudgetError](err)
		if exceeded == granted || granted && page.Total != int64(n) || exceeded && !strings.Contains(budget.Error(), "more than 4 calls") {
			t.Errorf("%d: %v, %v", n, page, err)
		}
	}
	for i, answer := range announce(ctx, 30, 10) {
		page, err := answer()
		check([]int{30, 10}[i], page, err, true)
	}
	if _, err := load(ctx, loadersOf(ctx).jobs, restclient.JobID(plane)); err != nil {
		t.Error(err)
	}
	for i, answer := range announce(ctx, 20, 10, 5, 1) {
		page, err := answer()
		check([]int{20, 10, 5, 1}[i], page, err, i < 2) // 10 is known already
	}
	if _, err := load(ctx, loadersOf(ctx).jobs, nilUUID); err == nil {
		t.Error("a call beyond the budget")
	}
	if upstream.calls() != 4 || Calls(ctx) != 4 {
		t.Errorf("%d calls, %d counted", upstream.calls(), Calls(ctx))
	}
}

// A panic costs the key in whose call it happened, and frees its place in the queue.
func TestPanicOfACall(t *testing.T) {
	t.Parallel()
	ctx := operate(t.Context(), asks(func(_ context.Context, n int) error {
		if n == 1 {
			panicDeepDown()
		}
		return nil
	}), Limits{Calls: 10, Concurrency: 1})
	for n, answer := range announce(ctx, 0, 1, 2, 3) {
		page, err := answer()
		if n != 1 {
			if err != nil || page.Total != int64(n) {
				t.Errorf("%d: %v, %v", n, page, err)
			}
			continue
		}
		panicked, ok := errors.AsType[*PanicError](err)
		if !ok || panicked.Error() != "panic: deep down" || !strings.Contains(string(panicked.Stack), "panicDeepDown") {
			t.Errorf("the error is %v", err)
		}
	}
}

func panicDeepDown() { panic("deep down") }

// A question that is asked afresh goes to the upstream again, by the same rules as all others.
func TestFreshCalls(t *testing.T) {
	t.Parallel()
	upstream := &counting{}
	ctx := operate(t.Context(), upstream, Limits{Calls: 3, Concurrency: 1})
	if _, err := load(ctx, loadersOf(ctx).pages, numbered(1)); err != nil {
		t.Error(err)
	}
	for want := 2; want <= 3; want++ {
		page, err := From(ctx).ask(ctx, numbered(1), true)
		if err != nil || page.Total != 1 || upstream.calls() != want || Calls(ctx) != want {
			t.Errorf("%v, %v, %d calls, %d counted", page, err, upstream.calls(), Calls(ctx))
		}
	}
	if _, err := From(ctx).ask(ctx, numbered(1), true); !errors.As(err, new(*BudgetError)) || upstream.calls() != 3 {
		t.Errorf("%v, %d calls", err, upstream.calls())
	}

	ctx = operate(t.Context(), asks(func(context.Context, int) error { panicDeepDown(); return nil }), wide)
	if _, err := From(ctx).ask(ctx, numbered(1), true); !errors.As(err, new(*PanicError)) {
		t.Errorf("a panic came out as %v", err)
	}
}

// When an operation is given up, neither what is under way nor what waits for its turn holds anybody up.
func TestCancellation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		operation, giveUp := context.WithCancel(t.Context())
		ctx := operate(operation, asks(func(ctx context.Context, _ int) error {
			<-ctx.Done()
			return &restclient.Error{Kind: restclient.KindTimeout}
		}), Limits{Calls: 10, Concurrency: 2})
		answers := announce(ctx, 0, 1, 2, 3, 4)
		synctest.Wait()
		giveUp()
		for n, answer := range answers {
			_, err := answer()
			if e, ok := errors.AsType[*restclient.Error](err); !ok || e.Kind != restclient.KindTimeout {
				t.Errorf("%d: %v", n, err)
			}
		}
	})
}

// What has not gone out when an operation is given up never goes out, even when its turn comes.
func TestCancellationOfWaitingCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		operation, giveUp := context.WithCancel(t.Context())
		var asked atomic.Int64
		release := make(chan struct{})
		ctx := operate(operation, asks(func(context.Context, int) error {
			asked.Add(1)
			<-release // deaf to its context
			return nil
		}), Limits{Calls: 10, Concurrency: 2})
		answers := announce(ctx, 0, 1, 2, 3, 4)
		synctest.Wait()
		giveUp()
		synctest.Wait()
		close(release)
		given := 0
		for _, answer := range answers {
			if _, err := answer(); err == nil {
				given++
			}
		}
		if asked.Load() != 2 || given != 2 {
			t.Errorf("%d calls went out, %d were answered", asked.Load(), given)
		}
	})
}

type fieldKey struct{}

// A call belongs to the operation: it has that context's values and lives as long as that, whichever field was first to
// ask and whatever becomes of it.
func TestContextOfCalls(t *testing.T) {
	t.Parallel()
	seen := make(chan any, 1)
	operation, end := context.WithTimeout(context.WithValue(t.Context(), fieldKey{}, "operation"), time.Hour)
	defer end()
	ctx := operate(operation, asks(func(ctx context.Context, _ int) error {
		_, bounded := ctx.Deadline()
		seen <- fmt.Sprint(ctx.Value(fieldKey{}), bounded)
		return ctx.Err()
	}), wide)
	field, leave := context.WithCancel(context.WithValue(ctx, fieldKey{}, "field"))
	leave()
	if _, err := load(field, loadersOf(field).pages, numbered(1)); err != nil {
		t.Errorf("the field's end became the call's: %v", err)
	}
	if got := <-seen; got != "operationtrue" {
		t.Errorf("the call saw %v", got)
	}
}

// Two operations share nothing, even over one upstream: what one token fetched the other must ask for itself.
func TestOperationsApart(t *testing.T) {
	t.Parallel()
	upstream := &counting{}
	one, other := operate(t.Context(), upstream, wide), operate(t.Context(), upstream, Limits{Calls: 1, Concurrency: 1})
	for i, ctx := range []context.Context{one, other} {
		if _, err := load(ctx, loadersOf(ctx).pages, numbered(1)); err != nil || upstream.calls() != i+1 {
			t.Errorf("operation %d: %v, %d calls", i, err, upstream.calls())
		}
	}
	if _, err := load(one, loadersOf(one).pages, numbered(2)); err != nil {
		t.Errorf("the other's budget is spent, not this one's: %v", err)
	}
	if Calls(one) != 2 || Calls(other) != 1 {
		t.Errorf("%d and %d calls", Calls(one), Calls(other))
	}
	// An operation inside another one's context is a new one.
	inner := operate(one, upstream, wide)
	if loadersOf(inner) == loadersOf(one) || Calls(inner) != 0 {
		t.Error("the inner operation is the outer one")
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	if n := Calls(t.Context()); n != 0 {
		t.Errorf("%d calls without an operation", n)
	}
	ctx := operate(t.Context(), &counting{}, wide)
	if n := Calls(ctx); n != 0 {
		t.Errorf("%d calls before the first", n)
	}
	for want := 1; want <= 3; want++ {
		if _, err := load(ctx, loadersOf(ctx).pages, numbered(want)); err != nil {
			t.Fatal(err)
		}
		if n := Calls(ctx); n != want {
			t.Errorf("%d calls, want %d", n, want)
		}
	}
}

// A call that was not sent, since there is no token or the API is down, is none of the operation's calls.
func TestCallsThatAreNotSent(t *testing.T) {
	t.Parallel()
	unsent := &restclient.Error{Kind: restclient.KindUnavailable, Unsent: true}
	upstream := asks(func(context.Context, int) error { return unsent })
	ctx := operate(t.Context(), upstream, Limits{Calls: 3, Concurrency: 3})
	for i := range 20 {
		if _, err := load(ctx, loadersOf(ctx).pages, numbered(i)); !errors.Is(err, unsent) {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	if n := Calls(ctx); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// A question that is asked for goes out at once. One that was announced and forgotten goes out after a moment.
func TestWhenCallsGoOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		upstream := &counting{}
		ctx := operate(t.Context(), upstream, wide)
		start := time.Now()
		announced := loadersOf(ctx).pages.Load(ctx, numbered(1))
		if _, err := load(ctx, loadersOf(ctx).pages, numbered(2)); err != nil || upstream.calls() != 2 {
			t.Errorf("%v, %d calls", err, upstream.calls())
		}
		if _, err := announced(); err != nil || time.Since(start) != 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		forgotten := loadersOf(ctx).pages.Load(ctx, numbered(3))
		if _, err := forgotten(); err != nil || time.Since(start) != straggler {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}
