//go:build e2e

// Package soak_test lets the gateway work for a while.
package soak_test

import (
	"context"
	"flag"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"jobsgateway/e2e/program"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

var duration = flag.Duration("soak", 3*time.Second, "how long the gateway works")

const (
	callers = 400
	load    = 0.7 // of what the gateways can do
	// patience is how long the test waits for what has to come.
	patience = time.Minute
)

// settings are short times, so that much happens, and small answers, so that the API can exceed them.
var settings = []string{"--upstream-timeout=2s", "--request-timeout=10s", "--max-upstream-body=1MiB"}

// While 200 tenants ask all that can be asked, at 70 % of what the machine can do, and 1 % of the calls of the API
// fail in all ways that are known, no answer is another tenant's and every answer is as documented. Afterwards the
// process is as it was: in its memory, its descriptors and its goroutines.
//
// Two gateways share the callers. One is built with the race detector, the other is not: memory is measured in that
// one, since the detector's own grows with what it watches.
func TestSoak(t *testing.T) {
	a, all := startAPI(t), newTally(t)
	settings := append(settings, "--upstream-url="+a.URL)
	plain, racing := program.Start(t, settings...), program.StartRacing(t, settings...)
	gateways := []*program.Program{plain, racing}
	before := plain.Usage(t).Descriptors

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	due := make(chan struct{}, callers)
	done := &atomic.Int64{}
	var working sync.WaitGroup
	crowd := []*caller{}
	for n := range callers {
		c := newCaller(n, strings.TrimPrefix(gateways[n%2].Public, "http://"), a, all)
		crowd = append(crowd, c)
		working.Go(func() {
			for range due {
				c.one(ctx)
				done.Add(1)
			}
		})
	}
	began := time.Now()
	capacity := saturate(due, done, *duration/5)
	memory := watch(t, plain)
	pace(all, due, load*capacity, began.Add(*duration))
	took := time.Since(began)
	close(due)
	working.Wait()
	samples := memory()
	for _, c := range crowd {
		c.client.CloseIdleConnections()
	}
	a.server.CloseClientConnections()
	until(t, func() bool { return plain.Usage(t).Descriptors <= before+spare }, "descriptors stay open")
	end := plain.Usage(t)

	first, second := halves(samples)
	t.Logf("%v: %d requests (%.0f a minute; %.0f a second is what the gateways can do), %d callers left, %d requests found no caller free",
		took.Round(time.Second), all.requests, float64(all.requests)/took.Minutes(), capacity, all.left, all.late)
	t.Logf("answers: %s", all.codes())
	t.Logf("%d calls of the API, %d of them with a fault; %d answers that are wrong", a.calls.Load(), a.failed.Load(), all.wrongs)
	t.Logf("G20: RSS %d MiB in the first half, %d MiB in the second, %d MiB at the end, %d MiB at most; %d descriptors, %d before; %v of CPU",
		first>>20, second>>20, end.RSS>>20, end.PeakRSS>>20, end.Descriptors, before, end.CPU)
	t.Logf("RSS in MiB: %d", series(samples))
	t.Logf("G21: %d foreign answers of %d, %.0f a minute", all.foreign, all.requests, float64(all.requests)/took.Minutes())

	for _, problem := range all.wrong {
		t.Error(problem)
	}
	if second > first+first/4+few {
		t.Errorf("memory grows from %d to %d MiB", first>>20, second>>20)
	}
	if all.byCode["data"] < all.requests/2 || a.failed.Load() == 0 {
		t.Error("too little was answered, or nothing has failed")
	}
	wantQuiet(t, gateways)
}

// wantQuiet ends gateways that have no connection, and looks at what they have left: no goroutine but those of a
// gateway that has hardly done anything, and no line that there may not be.
func wantQuiet(t *testing.T, gateways []*program.Program) {
	t.Helper()
	normal := quiet(t)
	for _, gw := range gateways {
		stacks := gw.Goroutines(t)
		t.Logf("%d goroutines at the end, %d in a quiet process", len(stacks), normal)
		if len(stacks) > normal+spare {
			t.Errorf("goroutines are left:\n%s", strings.Join(stacks, "\n"))
		}
		log := gw.Log.String()
		for _, sign := range []string{"DATA RACE", `"level":"ERROR"`, "panic", "tokS-", "LEAK", "Bearer"} {
			if at := strings.Index(log, sign); at >= 0 {
				t.Errorf("the log has %s: %.2000s", sign, log[max(0, at-200):])
			}
		}
	}
}

const (
	spare = 5        // goroutines or descriptors more than before
	few   = 16 << 20 // bytes of memory that come and go
)

// saturate keeps a few callers busy, so many as keep the machine busy, too, and returns how many requests a second
// they send.
func saturate(due chan<- struct{}, done *atomic.Int64, lasting time.Duration) float64 {
	const busy = 48
	began := time.Now()
	for sent := int64(0); time.Since(began) < lasting; {
		if sent-done.Load() < busy {
			due <- struct{}{}
			sent++
		} else {
			time.Sleep(100 * time.Microsecond)
		}
	}
	return float64(done.Load()) / time.Since(began).Seconds()
}

// pace gives the callers so many requests a second to send, until a moment. What no caller is free for is counted
// as late.
func pace(all *tally, due chan<- struct{}, rate float64, end time.Time) {
	began := time.Now()
	for sent := 0; time.Now().Before(end); time.Sleep(time.Millisecond) {
		for ; float64(sent) < rate*time.Since(began).Seconds(); sent++ {
			select {
			case due <- struct{}{}:
			default:
				all.count(&all.late)
			}
		}
	}
}

// watch notes the RSS every half second until stop is called, which returns what was noted.
func watch(t *testing.T, gw *program.Program) (stop func() []int64) {
	t.Helper()
	done, ended := make(chan struct{}), make(chan struct{})
	samples := []int64{}
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-time.After(500 * time.Millisecond):
				samples = append(samples, gw.Usage(t).RSS)
			}
		}
	}()
	return func() []int64 {
		close(done)
		<-ended
		return samples
	}
}

// halves returns the medians of the halves of what is left of the samples without the first fifth, in which memory
// comes to what the load needs.
func halves(samples []int64) (first, second int64) {
	samples = samples[len(samples)/5:]
	if len(samples) < 2 {
		return 0, 0
	}
	median := func(part []int64) int64 {
		sorted := slices.Sorted(slices.Values(part))
		return sorted[len(sorted)/2]
	}
	return median(samples[:len(samples)/2]), median(samples[len(samples)/2:])
}

// series returns at most 40 of the samples, in MiB.
func series(samples []int64) []int64 {
	told := []int64{}
	for i := 0; i < len(samples); i += len(samples)/40 + 1 {
		told = append(told, samples[i]>>20)
	}
	return told
}

// quiet is how many goroutines a gateway has that has answered and has no connection.
func quiet(t *testing.T) int {
	t.Helper()
	a := startAPI(t)
	gw := program.Start(t, append(settings, "--upstream-url="+a.URL)...)
	before := gw.Usage(t).Descriptors
	c := newCaller(0, strings.TrimPrefix(gw.Public, "http://"), a, newTally(t))
	c.list(t.Context())
	c.client.CloseIdleConnections()
	a.server.CloseClientConnections()
	until(t, func() bool { return gw.Usage(t).Descriptors <= before+spare }, "descriptors stay open")
	return len(gw.Goroutines(t))
}

// until waits until something holds.
func until(t *testing.T, holds func() bool, otherwise string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(otherwise)
		}
	}
}
