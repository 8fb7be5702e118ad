package restclient

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// attempts are calls that are counted; which of them answer is for the test to say.
type attempts struct {
	under flights[int]
	made  int
	// hangs says of each call, the first being 1, whether it lasts until its deadline. It lasts takes otherwise.
	hangs func(call int) bool
	takes time.Duration
}

func (a *attempts) call(ctx context.Context) (int, error) {
	a.made++
	number := a.made
	if a.hangs(number) {
		<-ctx.Done()
		return 0, &Error{Kind: KindTimeout, cause: ctx.Err()}
	}
	select {
	case <-ctx.Done():
		return 0, &Error{Kind: KindTimeout, cause: ctx.Err()}
	case <-time.After(a.takes):
		return number, nil
	}
}

// outcome is what a caller got, and how long it waited for it.
type outcome struct {
	answer int
	alone  bool
	err    error
	waited time.Duration
}

// ask makes a caller that comes after so long and can wait for 5 s.
func (a *attempts) ask(ctx context.Context, after time.Duration) <-chan outcome {
	got := make(chan outcome, 1)
	go func() {
		time.Sleep(after)
		came := time.Now()
		answer, alone, err := a.under.do(ctx, flightKey{"t", "s"}, 5*time.Second, a.call)
		got <- outcome{answer, alone, err, time.Since(came)}
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
			waited time.Duration
		}{
			"the first":    {first, 0, 5 * time.Second},
			"an equal one": {equal, 0, 4990 * time.Millisecond},
			"one too late": {short, 0, 5 * time.Second},
			"a late one":   {late, 2, 4 * time.Second},
			"the last":     {latest, 2, 1100 * time.Millisecond},
		} {
			got := <-c.got
			if got.answer != c.answer || got.waited != c.waited || got.alone {
				t.Errorf("%s: %+v", name, got)
			}
			if c.answer == 0 {
				wantKind(t, got.err, KindTimeout)
			} else if got.err != nil {
				t.Errorf("%s: %v", name, got.err)
			}
		}
		if a.made != 2 || len(a.under.underWay) != 0 {
			t.Errorf("%d calls, %d under way", a.made, len(a.under.underWay))
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
			wantKind(t, out.err, KindTimeout)
			if out.waited < 4900*time.Millisecond || out.waited > 5*time.Second {
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
		wantKind(t, (<-first).err, KindTimeout)
		if out := <-leaves; out.waited != 2*time.Second {
			t.Errorf("who leaves: %+v", out)
		} else {
			wantKind(t, out.err, KindTimeout)
		}
		if out := <-stays; out.err != nil || out.answer != 2 || out.waited != 4*time.Second {
			t.Errorf("who stays: %+v", out)
		}
		ctx, leave = context.WithTimeout(t.Context(), time.Second)
		defer leave()
		wantKind(t, (<-a.ask(ctx, 0)).err, KindTimeout)
		synctest.Wait()
		if a.made != 3 || len(a.under.underWay) != 0 {
			t.Errorf("%d calls, %d under way", a.made, len(a.under.underWay))
		}
	})
}

// What the Jobs API itself calls a time-out is its answer, for all who wait for it.
func TestJoinersOfA408(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var under flights[int]
		calls := 0
		ask := func() error {
			_, _, err := under.do(t.Context(), flightKey{"t", "s"}, 5*time.Second, func(context.Context) (int, error) {
				calls++
				time.Sleep(time.Second)
				return 0, statusError(408, nil, nil, end)
			})
			return err
		}
		first := make(chan error)
		go func() { first <- ask() }()
		time.Sleep(time.Second / 2)
		wantKind(t, ask(), KindTimeout)
		wantKind(t, <-first, KindTimeout)
		if calls != 1 {
			t.Errorf("%d calls", calls)
		}
	})
}
