//go:build e2e

// Package soak_test lets a gateway that was built with the race detector work for a while.
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

func TestMain(m *testing.M) { os.Exit(program.Main(m, "-race")) }

var duration = flag.Duration("soak", 3*time.Second, "how long the gateway works")

const (
	callers = 400
	load    = 0.7 // of what the gateway can do
	// patience is how long the test waits for what has to come.
	patience = time.Minute
)

// settings are short times, so that much happens, and small answers, so that the API can exceed them.
var settings = []string{"--upstream-timeout=2s", "--request-timeout=10s", "--max-upstream-body=1MiB"}

// While 200 tenants ask all that can be asked, at 70 % of what the machine can do, and 1 % of the calls of the API
// fail in all ways that are known, no answer is another tenant's and every answer is as documented. Afterwards the
// process is as it was: in its memory, its descriptors and its goroutines.
func TestSoak(t *testing.T) {
	normal := quiet(t)
	a, all := startAPI(t), newTally(t)
	gw := program.Start(t, append(settings, "--upstream-url="+a.URL)...)
	before := gw.Usage(t).Descriptors

	ctx, stop := context.WithCancel(t.Context())
	due := make(chan struct{}, callers)
	done := &atomic.Int64{}
	var working sync.WaitGroup
	crowd := []*caller{}
	for n := range callers {
		c := newCaller(n, strings.TrimPrefix(gw.Public, "http://"), a, all)
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
	memory := watch(t, gw)
	pace(all, due, load*capacity, began.Add(*duration))
	took := time.Since(began)
	close(due)
	working.Wait()
	samples := memory()
	stop()
	for _, c := range crowd {
		c.client.CloseIdleConnections()
	}

	until(t, func() bool { return gw.Usage(t).Descriptors <= before+spare+pool }, "descriptors stay open")
	a.server.CloseClientConnections()
	until(t, func() bool { return gw.Usage(t).Descriptors <= before+spare }, "descriptors stay open")
	end := gw.Usage(t)
	stacks := gw.Goroutines(t)
	first, second := halves(samples)
	t.Logf("%v: %d requests (%.0f a minute; %.0f a second is what it can do), %d callers left, %d requests found no caller free",
		took.Round(time.Second), all.requests, float64(all.requests)/took.Minutes(), capacity, all.left, all.late)
	t.Logf("answers: %s", all.codes())
	t.Logf("%d calls of the API, %d of them with a fault; %d foreign answers, %d answers that are wrong", a.calls.Load(), a.failed.Load(), all.foreign, all.wrongs)
	t.Logf("RSS %d MiB in the first half, %d MiB in the second, %+.1f %% an hour; %d MiB at the end, %d MiB at most", first>>20, second>>20, slope(samples), end.RSS>>20, end.PeakRSS>>20)
	t.Logf("%d goroutines at the end, %d in a quiet process; %d descriptors, %d before; %v of CPU", len(stacks), normal, end.Descriptors, before, end.CPU)

	for _, problem := range all.wrong {
		t.Error(problem)
	}
	if len(stacks) > normal+spare {
		t.Errorf("goroutines are left:\n%s", strings.Join(stacks, "\n"))
	}
	if second > first+first/5+16<<20 {
		t.Errorf("memory grows from %d to %d MiB", first>>20, second>>20)
	}
	if all.byCode["data"] < all.requests/2 || a.failed.Load() == 0 {
		t.Error("too little was answered, or nothing has failed")
	}
	log := gw.Log.String()
	for _, sign := range []string{"DATA RACE", `"level":"ERROR"`, "panic", "tokS-", "LEAK", "Bearer"} {
		if at := strings.Index(log, sign); at >= 0 {
			t.Errorf("the log has %s: %.2000s", sign, log[max(0, at-200):])
		}
	}
}

const (
	spare = 5   // goroutines or descriptors more than before
	pool  = 512 // connections that may be kept to the API
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

// slope is by how much the samples grow in an hour, of their mean in percent, by the line of least squares.
func slope(samples []int64) float64 {
	samples = samples[len(samples)/5:]
	n := float64(len(samples))
	var x, y, xx, xy float64
	for i, sample := range samples {
		x, y, xx, xy = x+float64(i), y+float64(sample), xx+float64(i*i), xy+float64(i)*float64(sample)
	}
	const anHour = 7200 // samples
	return (n*xy - x*y) / (n*xx - x*x) * anHour / (y / n) * 100
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
