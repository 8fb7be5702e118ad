// Command subscribers measures what it costs to tell many subscribers of one list of the same changes: the gateway
// beside a service that uses gqlgen's stock transports (stock). It is the REST API of both, and all of their
// subscribers. docs/performance.md has its figures and says what they mean.
//
//	go -C bench run ./subscribers                   # all of the table; takes ten minutes
//	go -C bench run ./subscribers -subscribers 100  # a part of it
//
// It needs Linux, and a limit of open files (ulimit -Hn) above the number of subscribers.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// plan is what is measured.
type plan struct {
	services             []string
	subscribers, jobs    []int
	changes              int
	period, poll, silent time.Duration
	gateway, stock       string // the programs
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

func run(ctx context.Context) error {
	p := plan{}
	services := flag.String("services", "gateway-sse,gateway-ws,stock-sse,stock-ws", "which, each with its transport")
	subscribers := flag.String("subscribers", "1,100,10000", "how many of one list, one after the other")
	jobs := flag.String("jobs", "1,20", "jobs in a change")
	flag.IntVar(&p.changes, "changes", 4, "changes that are measured in each row")
	flag.DurationVar(&p.period, "period", 3*time.Second, "between two changes; longer than the interval of polls")
	flag.DurationVar(&p.poll, "poll-interval", 2*time.Second, "of both services")
	flag.DurationVar(&p.silent, "silent", 6*time.Second, "without changes, before memory is looked at")
	flag.StringVar(&p.gateway, "gateway", "", "a built gateway; built when empty")
	flag.Parse()
	p.services = strings.Split(*services, ",")
	var err error
	if p.subscribers, err = numbers(*subscribers); err != nil {
		return err
	}
	if p.jobs, err = numbers(*jobs); err != nil {
		return err
	}
	if err := raiseLimit(slices.Max(p.subscribers)); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "subscribers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p.stock = filepath.Join(dir, "stock")
	if err := build(ctx, ".", p.stock, "./subscribers/stock"); err != nil {
		return err
	}
	if p.gateway == "" {
		p.gateway = filepath.Join(dir, "jobsgateway")
		if err := build(ctx, "..", p.gateway, "."); err != nil {
			return err
		}
	}
	return p.measure(ctx)
}

// measure writes a row for each combination, those that are compared one after the other.
func (p plan) measure(ctx context.Context) error {
	fmt.Println("| subscribers | jobs a change | service | CPU an event | calls a second | memory an idle subscriber | " +
		"memory a subscriber, most | delay to the last: median, most | load |")
	fmt.Println("| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, n := range p.subscribers {
		for _, jobs := range p.jobs {
			for _, service := range p.services {
				row, err := p.row(ctx, service, n, jobs)
				if err != nil {
					return fmt.Errorf("%s, %d subscribers: %w", service, n, err)
				}
				fmt.Println(row)
			}
		}
	}
	return nil
}

func numbers(list string) (out []int, err error) {
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is not a number above 0", text)
		}
		out = append(out, n)
	}
	return out, nil
}

// raiseLimit lets this process open a file for each subscriber. Services written in Go do that by themselves.
func raiseLimit(subscribers int) error {
	const others = 100
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	if limit.Max < uint64(subscribers+others) {
		return errors.New("the limit of open files (ulimit -Hn) is too small")
	}
	return unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
}

func build(ctx context.Context, dir, file, what string) error {
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, what)
	command.Dir, command.Stderr = dir, os.Stderr
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	return command.Run()
}
