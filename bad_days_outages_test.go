package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"jobsgateway/internal/badapi"
)

// A51, A53: where nobody listens, or nobody accepts, callers are told so soon, and the operator learns why.
func TestNoConnection(t *testing.T) {
	t.Parallel()
	t.Run("A51 refused", func(t *testing.T) {
		t.Parallel()
		refusing := badapi.Refusing(t)
		d := badDay{startGateway(t, "--upstream-url", "http://"+refusing), &badapi.API{URL: "http://" + refusing}}
		_, _ = postBody(t, d.runningGateway, bodyOf(t, oneCall, nil), "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
		got := d.ask(t, canaryA)
		if got.code != "UPSTREAM_UNAVAILABLE" {
			t.Error(got.text)
		}
		lines := d.log.With("upstream call failed")
		if len(lines) < 3 {
			t.Fatalf("%v", lines)
		}
		for i, line := range lines[:3] { // of the first call
			if text := fmt.Sprint(line["error"]); line["level"] != "WARN" || line["attempt"] != float64(i+1) || line["kind"] != "unavailable" ||
				line["trace_id"] != "4bf92f3577b34da6a3ce929d0e0e4736" || !strings.Contains(text, "connection refused by "+refusing) {
				t.Errorf("%v", line)
			}
		}
		d.wantCleanLog(t)
	})
	t.Run("A53 never accepted", func(t *testing.T) {
		t.Parallel()
		address := badapi.Full(t)
		d := badDay{
			startGateway(t, "--upstream-url", "http://"+address, "--upstream-timeout=1s", "--request-timeout=2s"),
			&badapi.API{URL: "http://" + address},
		}
		if got := d.ask(t, canaryA); got.code != outOfTime {
			t.Error(got.text)
		}
		d.wantCleanLog(t)
	})
}

// A52: a caller's deadline closes the connection.
func TestHangingConnectionIsClosed(t *testing.T) {
	t.Parallel()
	d := startHastyDay(t, badapi.Hangs)
	if got := d.ask(t, canaryA); got.code != outOfTime {
		t.Error(got.text)
	}
	d.untilQuiet(t, 0)
}

// A60: twenty calls that are answered when they are asked again wait for different times.
func TestWaitsDiffer(t *testing.T) {
	t.Parallel()
	d := startBadDay(t)
	gaps := map[int64]bool{}
	for range 20 {
		before := d.Answer(nil, badapi.Status(503))
		if got := d.ask(t, canaryA); got.code != "" {
			t.Fatal(got.text)
		}
		requests := d.Since(before)
		gaps[requests[1].Came.Sub(requests[0].Came).Milliseconds()] = true
	}
	if len(gaps) < 5 {
		t.Errorf("they wait for %v", gaps)
	}
}

// A61: an API that is down is hardly asked more than it is called, then hardly at all; callers are told at once
// and when to come back, and are served soon after the API is back.
func TestDeadAPI(t *testing.T) {
	t.Parallel()
	for name, together := range map[string]int{"one after the other": 1, "sixteen at a time": 16} { // so few are never refused
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := startBadDay(t)
			d.Answer(badapi.Status(503))
			const calls = 192
			var mu sync.Mutex
			var refused []time.Duration
			began, noticed := time.Now(), time.Time{}
			var all sync.WaitGroup
			for i := range together {
				all.Go(func() {
					for range calls / together {
						got := d.ask(t, fmt.Sprintf("%s%02d", canaryA, i)) // else equal calls would be one
						if got.code != "UPSTREAM_UNAVAILABLE" {
							t.Error(got.text)
						}
						if !strings.Contains(got.text, `"upstreamStatus"`) {
							mu.Lock()
							if refused = append(refused, got.took); len(refused) == 1 {
								noticed = time.Now()
							}
							mu.Unlock()
							if got.retryAfter != 1 {
								t.Errorf("come back after %v: %s", got.retryAfter, got.text)
							}
						}
					}
				})
			}
			all.Wait()
			if n := len(d.Since(0)); n > calls*12/10+3 {
				t.Errorf("%d requests for %d calls", n, calls)
			}
			// Twenty calls within 2 s have to fail: a machine that makes fewer than twice as many shows nothing.
			if len(refused) < calls/2 && time.Since(began) < calls/20*time.Second {
				t.Fatalf("only %d calls were refused", len(refused))
			}
			t.Logf("G11: an API that is down, %s: %d requests for %d calls", name, len(d.Since(0)), calls)
			if slices.Sort(refused); len(refused) > 0 {
				t.Logf("G12: an API that is down, %s: noticed after %v, then 99 of 100 calls refused within %v",
					name, noticed.Sub(began), refused[len(refused)*99/100])
			}
			uncounted := 0 // refused calls are no calls
			for _, line := range d.linesOf(t, calls) {
				if line["upstream_calls"] == 0.0 {
					uncounted++
				}
			}
			if uncounted != len(refused) {
				t.Errorf("%d operations without a call, %d were refused", uncounted, len(refused))
			}
			d.Answer(nil)
			back := time.Now()
			for d.ask(t, canaryA).code != "" {
				if time.Since(back) > patience {
					t.Fatal("it does not come back")
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Logf("G13: an API that is back, %s: answers after %v, the delay is 1 s", name, time.Since(back))
			d.wantCleanLog(t)
		})
	}
}

// An API of which some calls fail at random is asked little more than it is called, and where it is a tenth, callers
// notice nearly nothing.
func TestRandomFailures(t *testing.T) {
	t.Parallel()
	const calls, together = 1000, 16 // so few are never refused, however busy the machine is
	for name, tc := range map[string]struct {
		failing int // of ten
		answers float64
	}{"one of ten": {1, 0.97}, "one of two": {5, 0.5}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := startBadDay(t)
			var mu sync.Mutex
			dice := rand.New(rand.NewPCG(1, 2))
			d.Answer(func(conn net.Conn) bool {
				mu.Lock()
				failing := dice.IntN(10) < tc.failing
				mu.Unlock()
				if failing {
					return badapi.Status(503)(conn)
				}
				return badapi.Page(badapi.EmptyPage)(conn)
			})
			var answered atomic.Int64
			var all sync.WaitGroup
			for i := range together {
				all.Go(func() {
					for range calls / together {
						if d.ask(t, fmt.Sprintf("%s%02d", canaryA, i)).code == "" {
							answered.Add(1)
						}
					}
				})
			}
			all.Wait()
			requests := float64(len(d.Since(0))) / calls
			part := float64(answered.Load()) / calls
			changes := 0
			for _, line := range d.log.With("upstream call failed") {
				if strings.Contains(line["error"].(string), "not asked") {
					changes++
				}
			}
			t.Logf("G14: %s of the API's answers is a 503: %.1f %% of the calls are answered, by %.2f requests a call; %d calls are not made", name, 100*part, requests, changes)
			const slack = 0.05 // what attempts are made again in vain is bounded, not how many are not in vain
			if part < tc.answers || requests > 1.2+slack || changes > 0 {
				t.Errorf("%.3f of the calls are answered, by %.2f requests a call; %d calls are not made", part, requests, changes)
			}
			d.wantCleanLog(t)
		})
	}
}

// The log of an outage is short: ten lines a second for one cause, and how many were left out.
func TestLogOfAnOutage(t *testing.T) {
	t.Parallel()
	d := startBadDay(t)
	d.Answer(badapi.Status(500))
	began := time.Now()
	isRefused := func(line map[string]any) bool { return strings.Contains(line["error"].(string), "not asked") }
	for len(d.log.With("lines left out")) == 0 || !slices.ContainsFunc(d.log.With("upstream call failed"), isRefused) {
		if time.Since(began) > patience {
			t.Fatal("the API is never refused, or no line is left out")
		}
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for range 25 {
					d.ask(t, fmt.Sprintf("%s%02d", canaryA, i)) // else equal calls would be one
				}
			})
		}
		all.Wait()
	}
	told := d.log.With("lines left out")[0]
	if told["level"] != "WARN" || told["of"] != "upstream call failed" || told["count"].(float64) < 1 || told["error"] == nil {
		t.Errorf("%v", told)
	}
	lines := map[bool]int{} // of calls that were made, and that were not
	for _, line := range d.log.With("upstream call failed") {
		if line["level"] == "WARN" {
			lines[isRefused(line)]++
		}
	}
	most := 10 * (1 + int(time.Since(began)/time.Second))
	if lines[true] > most || lines[false] > most || lines[true] == 0 || lines[false] == 0 {
		t.Errorf("%v lines, at most %d of each", lines, most)
	}
	d.wantCleanLog(t)
}

// A63: a 429 is one token's affair. It is not sent until its time is over, and is told how long that is; others are
// served.
func TestRateLimitedToken(t *testing.T) {
	t.Parallel()
	d := startBadDay(t, badapi.Status(429, "Retry-After: 3"))
	limited := d.ask(t, canaryA)
	if limited.code != "UPSTREAM_RATE_LIMITED" || limited.retryAfter != 3 {
		t.Errorf("%s", limited.text)
	}
	began := time.Now()
	last := limited.retryAfter
	for {
		if got := d.ask(t, canaryB); got.code != "" {
			t.Fatalf("another token: %s", got.text)
		}
		got := d.ask(t, canaryA)
		if got.code == "" {
			break
		}
		if got.code != "UPSTREAM_RATE_LIMITED" || got.retryAfter < 1 || got.retryAfter > last {
			t.Fatalf("%s", got.text)
		}
		last = got.retryAfter
		if time.Since(began) > patience {
			t.Fatal("it is never over")
		}
		time.Sleep(50 * time.Millisecond)
	}
	var asA []time.Time
	for _, r := range d.Since(0) {
		if r.Token == "Bearer "+canaryA {
			asA = append(asA, r.Came)
		}
	}
	if len(asA) != 2 || asA[1].Sub(asA[0]) < 3*time.Second {
		t.Errorf("asked at %v", asA)
	}
	d.wantCleanLog(t)
}

// A 429 that does not say how long, or says it in no known way, holds for a second. Callers are told at most a day.
func TestRateLimitTimes(t *testing.T) {
	t.Parallel()
	for retryAfter, want := range map[string]float64{
		"": 1, "Retry-After: 0": 1, "Retry-After: -5": 1, "Retry-After: abc": 1, "Retry-After: 1.5": 1, "Retry-After: 2, 3": 1,
		"Retry-After: Wed, 20 Oct 1999 07:28:00 GMT": 1, "Retry-After: 3600": 3600, "Retry-After: 99999999999999": 86400,
		"Retry-After: Wed, 21 Oct 2099 07:28:00 GMT": 86400,
	} {
		t.Run(retryAfter, func(t *testing.T) {
			t.Parallel()
			header := []string{retryAfter}
			if retryAfter == "" {
				header = nil
			}
			d := startBadDay(t, badapi.Status(429, header...))
			if got := d.ask(t, canaryA); got.code != "UPSTREAM_RATE_LIMITED" || got.retryAfter != want {
				t.Errorf("%s\n%s", got.text, d.log)
			}
			d.Answer(badapi.Status(429, header...)) // for who comes when it is over
			if got := d.ask(t, canaryA); got.code != "UPSTREAM_RATE_LIMITED" || got.retryAfter < 1 || got.retryAfter > want {
				t.Errorf("%s", got.text)
			}
			if came := d.Since(0); len(came) > 1 && came[1].Came.Sub(came[0].Came) < time.Duration(want)*time.Second {
				t.Errorf("asked again after %v", came[1].Came.Sub(came[0].Came))
			}
			d.wantCleanLog(t)
		})
	}
}
