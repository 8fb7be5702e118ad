package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	// listSize is how many jobs the list has.
	listSize = 1000
	// deliverLimit is how long all subscribers may take to get an event.
	deliverLimit = 2 * time.Minute
	settle       = 3 * time.Second // after the start of a service
)

// row measures one service with so many subscribers, of changes of so many jobs each.
func (p plan) row(ctx context.Context, name string, n, jobs int) (string, error) {
	program, transport, _ := strings.Cut(name, "-")
	list, err := serveList(ctx, listSize)
	if err != nil {
		return "", err
	}
	defer list.close()
	service, err := p.start(ctx, program, list.url)
	if err != nil {
		return "", err
	}
	defer service.stop()
	if err := pause(ctx, settle); err != nil {
		return "", err
	}
	before, err := service.memory("VmRSS")
	if err != nil {
		return "", err
	}
	crowd := newCrowd(n)
	defer crowd.leave()
	if err := crowd.join(ctx, service.address, transport); err != nil {
		return "", err
	}
	if err := crowd.await(ctx, 1); err != nil { // the first event, which has no job
		return "", err
	}
	if err := pause(ctx, p.silent); err != nil {
		return "", err
	}
	idle, err := service.memory("VmRSS")
	if err != nil {
		return "", err
	}
	// The first change is not measured: code, buffers and connections get warm.
	if _, err := p.change(ctx, list, crowd, jobs, 2); err != nil {
		return "", err
	}
	var delays []time.Duration
	cpu, calls, begin := service.cpu(), list.calls(), time.Now()
	for i := range p.changes {
		delay, err := p.change(ctx, list, crowd, jobs, i+3)
		if err != nil {
			return "", err
		}
		delays = append(delays, delay)
	}
	took := time.Since(begin)
	cpu, calls = service.cpu()-cpu, list.calls()-calls
	most, err := service.memory("VmHWM")
	if err != nil {
		return "", err
	}
	if got, want := crowd.events.Load(), int64(n*(p.changes+2)); got != want {
		return "", fmt.Errorf("%d events, not %d", got, want)
	}
	slices.Sort(delays)
	each := func(bytes int64) string { return fmt.Sprintf("%.1f KiB", float64(bytes-before)/float64(n)/1024) }
	load, _ := os.ReadFile("/proc/loadavg")
	return fmt.Sprintf("| %d | %d | %s | %.1f µs | %.2f | %s | %s | %.2f s, %.2f s | %.4s |", n, jobs, name,
		float64(cpu.Nanoseconds())/1000/float64(n*p.changes), float64(calls)/took.Seconds(), each(idle), each(most),
		delays[len(delays)/2].Seconds(), delays[len(delays)-1].Seconds(), load), nil
}

// change changes jobs, waits until all have been told, which is their n-th event, and for the rest of the period.
// It returns how long the last one had to wait.
func (p plan) change(ctx context.Context, list *list, crowd *crowd, jobs, n int) (time.Duration, error) {
	at := time.Now()
	list.change(jobs)
	if err := crowd.await(ctx, n); err != nil {
		return 0, err
	}
	delay := time.Since(at)
	return delay, pause(ctx, p.period-delay)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return errors.New("interrupted")
	}
}
