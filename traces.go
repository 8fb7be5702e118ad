package main

import (
	"context"
	"log/slog"
	"time"

	"jobsgateway/internal/telemetry"
)

// startTraces starts what sends traces; nil if the OTEL_ variables of environ do not ask for it. Errors:
// those of telemetry.ReadTracing.
func startTraces(environ []string, logger *slog.Logger) (*telemetry.Tracing, error) {
	cfg, warnings, err := telemetry.ReadTracing(environ)
	if err != nil {
		return nil, err
	}
	for _, warning := range warnings {
		logger.Warn("traces", "error", warning)
	}
	return telemetry.NewTracing(cfg, logger), nil
}

// traceLimit is how long the last spans may take to be sent. It runs at the same time as adminLimit.
const traceLimit = 500 * time.Millisecond

// endTraces sends the last spans, and gives up those that are not sent in traceLimit. To end what has ended
// does nothing.
func endTraces(ctx context.Context, traces *telemetry.Tracing) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), traceLimit)
	defer cancel()
	traces.Close(ctx)
}
