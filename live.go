package main

import (
	"log/slog"

	"jobsgateway/graph/live"
	"jobsgateway/graph/operation"
	"jobsgateway/internal/gateway"
	"jobsgateway/internal/settings"
)

// newLive makes the polls of subscriptions.
func newLive(set settings.Settings, upstream live.Upstream, logger *slog.Logger) *live.Engine {
	return live.New(live.Config{
		Upstream: upstream,
		As:       gateway.AsToken,
		Interval: set.PollInterval,
		Outage:   set.LiveOutage,
		Timeout:  set.RequestTimeout,
		Limits: live.Limits{
			Streams: set.MaxStreams, StreamsPerToken: set.MaxStreamsPerToken, Polls: set.MaxPolls,
		},
		Caught: operation.Caught,
		Logger: logger,
	})
}
