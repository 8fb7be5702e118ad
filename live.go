package main

import (
	"context"
	"log/slog"

	"jobsgateway/graph/live"
	"jobsgateway/graph/operation"
	"jobsgateway/internal/gateway"
	"jobsgateway/internal/memory"
	"jobsgateway/internal/settings"
)

// partOfStreams is which part of --max-total-bytes may be kept for streams between polls: a quarter.
const partOfStreams = 4

// newLive makes the polls of subscriptions. A reading holds as much memory as an operation may, and counts as one of
// its token; what is kept for streams counts as an owner of its own.
func newLive(
	set settings.Settings, upstream live.Upstream, lent *memory.Memory, observer live.Observer, logger *slog.Logger,
) *live.Engine {
	logger = gateway.WithIDs(logger)
	return live.New(live.Config{
		Upstream: upstream,
		As: func(ctx context.Context, token string) context.Context {
			account := &memory.Account{Memory: lent, Owner: token, Limit: set.MaxOperationBytes}
			return operation.Lending(gateway.AsToken(ctx, token), account)
		},
		Kept:     &memory.Account{Memory: lent, Owner: "kept for streams", Limit: set.MaxTotalBytes / partOfStreams},
		Observer: observer,
		Interval: set.PollInterval,
		Outage:   set.LiveOutage,
		Timeout:  set.RequestTimeout,
		Limits: live.Limits{
			Streams: set.MaxStreams, StreamsPerToken: set.MaxStreamsPerToken, Polls: set.MaxPolls,
		},
		Failed: func(ctx context.Context, err error) { operation.LogFailure(ctx, logger, err) },
		Caught: operation.Caught,
		Logger: logger,
	})
}
