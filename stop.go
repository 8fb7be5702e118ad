package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"jobsgateway/internal/drain"
)

// signals returns a context that ends with the first TERM or interrupt. The second one ends the process at
// once by exit, with the status that a shell gives to a process that a signal has killed: 143 or 130. That is
// done here, since the system does not do it for the first process of a container.
//
// A hang-up is ignored, unless trustDocuments waits for it. So is what writing to a pipe that nobody reads any
// more would do: a gateway without a log serves on.
func signals(exit func(code int)) context.Context {
	signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
	heard := make(chan os.Signal, 2)
	signal.Notify(heard, os.Interrupt, syscall.SIGTERM)
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		<-heard
		stop()
		const signalled = 128
		number, _ := (<-heard).(syscall.Signal)
		exit(signalled + int(number))
	}()
	return ctx
}

// How the end goes after the drain delay. With logLimit it is less than 9 s together, so that with the default
// delay the process has ended within the 10 s that orchestrators grant.
const (
	publicLimit = 7 * time.Second        // for the requests in progress
	adminLimit  = 500 * time.Millisecond // for those of the admin listener, which take no time
)

// stop serves on for the delay, then finishes what runs, and cuts off what is still running when its time is
// over. Streams, which have no end of their own, are ended behind the delay. The log says how many connections
// were cut off. The admin listener ends last: the process lives as long
// as it answers. Flush is called when no request is left, and at most as long as the admin listener may take.
func stop(
	ctx context.Context, delay time.Duration, endStreams func(), public, admin *drain.Listener, flush func(),
	logger *slog.Logger,
) {
	begun := time.Now()
	logger.Info("stopping", "drain_delay", delay.String(), "at_most", (delay + publicLimit).String())
	<-time.After(time.Until(begun.Add(delay)))
	endStreams() // clients go on elsewhere; what runs is finished

	ctx, cancel := context.WithDeadline(ctx, begun.Add(delay+publicLimit))
	defer cancel()
	cut := public.Drain(ctx)
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), adminLimit)
	defer cancel()
	var flushing sync.WaitGroup
	flushing.Go(flush)
	admin.Drain(ctx)
	flushing.Wait()

	level := slog.LevelInfo
	if cut > 0 {
		level = slog.LevelWarn
	}
	logger.Log(context.WithoutCancel(ctx), level, "stopped", "cut_off", cut)
}

// ignoreClosed returns nil for the error of a server whose listener was closed on purpose.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
