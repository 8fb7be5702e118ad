//go:build e2e

// Package overload_test asks more of the built program than it can answer, and looks at who is answered.
package overload_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"jobsgateway/e2e/program"
)

var (
	// full asks for the times of the fault catalogue in place of short ones; see make overload.
	full = flag.Bool("full", false, "last as long as the fault catalogue says")
	// alone says that nothing else runs on this machine. How many are answered, and how soon, is looked at only
	// then: beside other work the callers themselves are late.
	alone = flag.Bool("alone", false, "look at rates and times, since nothing else runs here")
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

// A82: more is asked than the Jobs API can answer, which nobody has told the gateway. As many operations are
// answered as before, the others are told at once, and afterwards all is as it was.
func TestOverload(t *testing.T) {
	parts := [3]time.Duration{time.Second, 2 * time.Second, time.Second}
	if *full {
		parts = [3]time.Duration{10 * time.Second, 20 * time.Second, 10 * time.Second}
	}
	for name, refuses := range map[string]bool{"an API that queues": false, "an API that refuses": true} {
		t.Run(name, func(t *testing.T) {
			api := startAPI(t, 4, 20*time.Millisecond, refuses)
			gw := program.Start(t, "--upstream-url", api.url)
			callers := startCallers(t, gw.Public, 20)
			one := 180. // operations a second; 4 at once of 20 ms are 200
			callers.load(500*time.Millisecond, one, single)
			var got [3]*tally
			var use [3]float64
			for i, lasting := range parts {
				rate := one
				if i == 1 {
					rate = 5 * one
				}
				use[i] = api.use(func() { got[i] = callers.load(lasting, rate, single) })
				t.Logf("%.0f a second for %v: %v; %.0f %% of the API", rate, lasting, got[i], 100*use[i])
			}
			callers.wait()
			if got[1].good == 0 {
				t.Errorf("nobody was answered: %v", got[1])
			}
			if !*full && (!*alone || refuses) { // a second tells little of an API that refuses
				return
			}
			// How many are answered a second depends on the machine, too. So what is answered is compared with
			// what the API did in that time, and only roughly.
			others := 10 // at most a tenth are other errors
			if refuses {
				others = 4 // what is refused to the last attempt is one
			}
			for i, part := range got {
				if n := part.sent - part.good - part.shed; n > part.sent/others {
					t.Errorf("part %d: %d answers are neither data nor a refusal: %v", i, n, part)
				}
				if use[i] < 0.5 {
					t.Errorf("part %d: %.0f %% of the API was used", i, 100*use[i])
				}
			}
			if before, during := got[0].rate(), got[1].rate(); during < 0.5*before {
				t.Errorf("answered a second: %.0f, then %.0f", before, during)
			}
			if got[1].shed < got[1].sent/2 || got[1].shed+got[1].good == 0 {
				t.Errorf("%d of %d were told that there is no room", got[1].shed, got[1].sent)
			}
			if got[2].good < got[2].sent/2 {
				t.Errorf("afterwards, %d of %d were answered", got[2].good, got[2].sent)
			}
			tellGoals(t, name, got)
		})
	}
}

// tellGoals writes the figures of docs/reliability.md: what was answered before, during and after the load.
func tellGoals(t *testing.T, name string, got [3]*tally) {
	t.Helper()
	before, during, after := got[0], got[1], got[2]
	last := func(part *tally) time.Duration { return quantile(part.waits, 0.99) }
	t.Logf("G4: %s: %.0f answers a second, %.0f %% of the %.0f before; 99 %% within %v, %.1f times the %v before",
		name, during.rate(), 100*during.rate()/before.rate(), before.rate(), last(during), float64(last(during))/float64(last(before)), last(before))
	t.Logf("G5: %s: %d of %d were refused, half of them within %v, 99 %% within %v", name, during.shed, during.sent,
		quantile(during.shedWaits, 0.5), quantile(during.shedWaits, 0.99))
	t.Logf("G6: %s: %v after the load as many got data as before, but for 5 %%; %.0f answers a second, %.0f before; 99 %% within %v, %v before",
		name, after.recovered(before), after.rate(), before.rate(), last(after), last(before))
}

// Less is asked than can be answered, in a mixture of operations of one call and of sixty. Nobody is refused.
func TestMixedLoad(t *testing.T) {
	api := startAPI(t, 64, 20*time.Millisecond, false)
	gw := program.Start(t, "--upstream-url", api.url)
	callers := startCallers(t, gw.Public, 1+rand.IntN(20))
	done := make(chan *tally)
	go func() { done <- callers.load(2*time.Second, 10, board) }()
	singles := callers.load(2*time.Second, 200, single)
	boards := <-done
	callers.wait()
	t.Logf("singles: %v; boards: %v", singles, boards)
	if singles.shed+boards.shed > 0 || len(singles.others)+len(boards.others) > 0 {
		t.Errorf("not all were answered: singles %v; boards %v", singles, boards)
	}
}

// The calls of one token hang, as many as it can make. The callers with other tokens do not notice: they are
// answered while its operations wait.
func TestHangingToken(t *testing.T) {
	for _, greedy := range []int{4, 40} {
		t.Run(fmt.Sprint(greedy, " operations"), func(t *testing.T) {
			api := startAPI(t, 64, 20*time.Millisecond, false)
			gw := program.Start(t, "--upstream-url", api.url, "--upstream-timeout=10s")
			callers := startCallers(t, gw.Public, 20)
			hanging := &tally{others: map[string]int{}}
			for i := range greedy {
				callers.open.Go(func() { callers.send(hanging, "it-hangs", board(int64(i))) })
			}
			time.Sleep(500 * time.Millisecond) // until they hang
			others := callers.load(time.Second, 100, single)
			for others.answered() < others.sent && hanging.answered() == 0 {
				time.Sleep(10 * time.Millisecond)
			}
			t.Logf("others: %v", others)
			if others.good != others.sent || hanging.answered() > 0 {
				t.Errorf("others: %v; of what hangs %d are answered", others, hanging.answered())
			}
			callers.leave()
			callers.wait()
		})
	}
}
