package flight

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// attempts are calls that are counted; which of them answer is for the test to say.
type attempts struct {
	under Group[string, int]
	made  int
	// hangs says of each call, the first being 1, whether it lasts until its deadline. It lasts takes otherwise.
	hangs func(call int) bool
	takes time.Duration
}

func (a *attempts) call(ctx context.Context) (number int, late bool) {
	a.made++
	number = a.made
	if a.hangs(number) {
		<-ctx.Done()
		return 0, true
	}
	select {
	case <-ctx.Done():
		return 0, true
	case <-time.After(a.takes):
		return number, false
	}
}

// outcome is what a caller got, and how long it waited for it.
type outcome struct {
	Answer[int]
	waited time.Duration
}

// ask makes a caller that comes after so long and can wait for 5 s.
func (a *attempts) ask(ctx context.Context, after time.Duration) <-chan outcome {
	got := make(chan outcome, 1)
	go func() {
		time.Sleep(after)
		came := time.Now()
		answer := a.under.Go(ctx, "key", 5*time.Second, a.call)
		got <- outcome{answer, time.Since(came)}
	}()
	return got
}

// Whoever joins a call that hangs is not told of its time-out while there is time left: the next call is made, one for all
// who wait, and each still has no more than its own time.
func TestLateJoiners(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := attempts{hangs: func(call int) bool { return call == 1 }, takes: time.Second}
		first := a.ask(t.Context(), 0)
		equal := a.ask(t.Context(), 10*time.Millisecond)    // as good as equal: nothing would come of another call
		short := a.ask(t.Context(), 500*time.Millisecond)   // half a second is left, and a call takes one
		late := a.ask(t.Context(), 2*time.Second)           // two are left
		latest := a.ask(t.Context(), 4900*time.Millisecond) // nearly all is left
		for name, c := range map[string]struct {
			got    <-chan outcome
			answer int
			left   error
			waited time.Duration
		}{
			"the first":    {first, 0, nil, 5 * time.Second},
			"an equal one": {equal, 0, nil, 4990 * time.Millisecond},
			"one too late": {short, 0, context.DeadlineExceeded, 5 * time.Second},
			"a late one":   {late, 2, nil, 4 * time.Second},
			"the last":     {latest, 2, nil, 1100 * time.Millisecond},
		} {
			got := <-c.got
			if got.Value != c.answer || got.waited != c.waited || !errors.Is(got.Left, c.left) {
				t.Errorf("%s: %+v", name, got)
			}
		}
		if a.made != 2 || a.under.count() != 0 {
			t.Errorf("%d calls, %d under way", a.made, a.under.count())
		}
	})
}

// An upstream that always hangs costs each caller its own time, and few calls: who makes one is told of its end.
func TestLateJoinersOfAnUpstreamThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := attempts{hangs: func(int) bool { return true }}
		const callers = 100
		var got [callers]<-chan outcome
		for i := range got {
			got[i] = a.ask(t.Context(), time.Duration(i)*100*time.Millisecond)
		}
		for i := range got {
			out := <-got[i]
			if out.Value != 0 || out.waited < 4900*time.Millisecond || out.waited > 5*time.Second {
				t.Errorf("caller %d waited for %v", i, out.waited)
			}
		}
		if a.made > 4 {
			t.Errorf("%d calls in 15 s", a.made)
		}
	})
}

// A caller's own deadline holds, also for the call that follows one which came to nothing; who leaves takes nobody along;
// and the call ends when nobody waits.
func TestLateJoinersLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := attempts{hangs: func(call int) bool { return call == 1 }, takes: 3 * time.Second}
		first := a.ask(t.Context(), 0)
		ctx, leave := context.WithTimeout(t.Context(), 6*time.Second)
		defer leave()
		leaves, stays := a.ask(ctx, 4*time.Second), a.ask(t.Context(), 4*time.Second)
		if out := <-first; out.Left != nil || out.Value != 0 {
			t.Errorf("the first: %+v", out)
		}
		if out := <-leaves; out.Left == nil || out.waited != 2*time.Second {
			t.Errorf("who leaves: %+v", out)
		}
		if out := <-stays; out.Left != nil || out.Value != 2 || out.waited != 4*time.Second {
			t.Errorf("who stays: %+v", out)
		}
		ctx, leave = context.WithTimeout(t.Context(), time.Second)
		defer leave()
		if out := <-a.ask(ctx, 0); out.Left == nil || out.waited != time.Second {
			t.Errorf("who is alone and leaves: %+v", out)
		}
		synctest.Wait()
		if a.made != 3 || a.under.count() != 0 {
			t.Errorf("%d calls, %d under way", a.made, a.under.count())
		}
	})
}

// A value that is not late is everybody's, however long it took.
func TestJoinersTakeWhatIsNotLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := attempts{hangs: func(int) bool { return false }, takes: time.Second}
		first, second := a.ask(t.Context(), 0), a.ask(t.Context(), time.Second/2)
		if out := <-first; out.Value != 1 || out.Joined {
			t.Errorf("the first: %+v", out)
		}
		if out := <-second; out.Value != 1 || !out.Joined || out.waited != time.Second/2 {
			t.Errorf("the second: %+v", out)
		}
		if out := <-a.ask(t.Context(), 0); out.Value != 2 || out.Joined {
			t.Errorf("one alone: %+v", out)
		}
	})
}

// A panic of the call is raised where somebody waits, for each of them, and the next call is made as ever.
func TestPanicOfACall(t *testing.T) {
	t.Parallel()
	var under Group[string, int]
	ask := func(run Run[int]) (n int, caught any) {
		defer func() { caught = recover() }()
		return under.Go(t.Context(), "key", time.Minute, run).Value, nil
	}
	if _, caught := ask(func(context.Context) (int, bool) { panic("boom") }); caught == nil || !strings.Contains(fmt.Sprint(caught), "boom") {
		t.Errorf("the panic was lost: %v", caught)
	}
	if n, caught := ask(func(context.Context) (int, bool) { return 7, false }); n != 7 || caught != nil {
		t.Errorf("%d, %v", n, caught)
	}
}

// A caller whose ctx has a deadline waits until then, and the call lasts as long; who comes with an earlier one joins
// all the same, and leaves in time.
func TestCallersWithDeadlines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		within := func(limit time.Duration) context.Context {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			t.Cleanup(cancel)
			return ctx
		}
		a := attempts{hangs: func(int) bool { return false }, takes: 8 * time.Second}
		first, short := a.ask(within(15*time.Second), 0), a.ask(within(3*time.Second), time.Second)
		if out := <-short; !errors.Is(out.Left, context.DeadlineExceeded) || out.waited != 2*time.Second {
			t.Errorf("who has less time: %+v", out)
		}
		if out := <-first; out.Left != nil || out.Value != 1 || out.waited != 8*time.Second {
			t.Errorf("who has 15 s: %+v", out)
		}
		if a.made != 1 {
			t.Errorf("%d calls", a.made)
		}
		// A call that hangs is left at the deadline. Who joined it at the end makes one more; who waited for longer than a
		// call takes does not.
		a = attempts{hangs: func(call int) bool { return call == 1 }, takes: time.Second}
		first, early, late := a.ask(within(15*time.Second), 0), a.ask(within(30*time.Second), 2*time.Second), a.ask(within(30*time.Second), 14*time.Second)
		if out := <-first; !errors.Is(out.Left, context.DeadlineExceeded) || out.waited != 15*time.Second {
			t.Errorf("the first: %+v", out)
		}
		if out := <-early; out.Left != nil || out.Value != 0 || out.waited != 13*time.Second+slack {
			t.Errorf("an early one: %+v", out)
		}
		if out := <-late; out.Left != nil || out.Value != 2 || out.waited != 2*time.Second+slack {
			t.Errorf("a late one: %+v", out)
		}
		synctest.Wait()
		if a.made != 2 || a.under.count() != 0 {
			t.Errorf("%d calls, %d under way", a.made, a.under.count())
		}
	})
}
