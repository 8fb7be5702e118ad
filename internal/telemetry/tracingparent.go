package telemetry

import (
	"context"
	"encoding/hex"

	"go.opentelemetry.io/otel/trace"

	"jobsgateway/internal/gateway"
)

// parentLength is the length of a traceparent of version 00.
const parentLength = len("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")

// callerOf returns the caller's span, which is not valid if there is none.
func callerOf(r gateway.RequestStart) trace.SpanContext {
	if len(r.Traceparent) != parentLength {
		return trace.SpanContext{}
	}
	var cfg trace.SpanContextConfig
	var flags [1]byte
	for _, part := range []struct {
		to   []byte
		from string
	}{{cfg.TraceID[:], r.Traceparent[3:35]}, {cfg.SpanID[:], r.Traceparent[36:52]}, {flags[:], r.Traceparent[53:]}} {
		if _, err := hex.Decode(part.to, []byte(part.from)); err != nil {
			return trace.SpanContext{}
		}
	}
	cfg.TraceFlags = trace.TraceFlags(flags[0]) & (trace.FlagsSampled | trace.FlagsRandom)
	cfg.Remote = true
	if r.Tracestate != "" {
		cfg.TraceState, _ = trace.ParseTraceState(r.Tracestate) // it is passed on as it is in any case
	}
	return trace.NewSpanContext(cfg)
}

// traceparentOf returns a span as a header has it.
func traceparentOf(span trace.SpanContext) string {
	traceID, spanID := span.TraceID(), span.SpanID()
	text := make([]byte, 0, parentLength)
	text = hex.AppendEncode(append(text, "00-"...), traceID[:])
	text = hex.AppendEncode(append(text, '-'), spanID[:])
	return string(hex.AppendEncode(append(text, '-'), []byte{byte(span.TraceFlags())}))
}

// sampledTrace returns the id of the trace that ctx belongs to, if that is recorded; else it is empty.
func sampledTrace(ctx context.Context) string {
	if span := trace.SpanContextFromContext(ctx); span.IsSampled() {
		return span.TraceID().String()
	}
	return ""
}
