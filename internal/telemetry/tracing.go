package telemetry

import (
	"context"
	"log/slog"
	"net/url"

	"github.com/go-logr/logr"
	"github.com/google/uuid"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// Tracing makes spans and sends them to a collector. Requests never wait for it: a span that is done waits in
// a bounded queue, and is lost if the queue is full. It is safe for concurrent use; Close it when done.
type Tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	sender   *sender
}

// NewTracing starts what sends spans, if cfg is on; else it returns nil. It makes the OpenTelemetry library
// silent, for the whole process: what goes wrong is told by one line of logger instead.
func NewTracing(cfg TracingConfig, logger *slog.Logger) *Tracing {
	if !cfg.On() {
		return nil
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	otel.SetLogger(logr.Discard())
	s := newSender(cfg, logger)
	version, _ := Version()
	attributes := append(cfg.resource, semconv.ServiceVersion(version), semconv.ServiceInstanceID(uuid.NewString()),
		semconv.TelemetrySDKLanguageGo, semconv.TelemetrySDKName("opentelemetry"), semconv.TelemetrySDKVersion(otel.Version()))
	batches := sdktrace.NewBatchSpanProcessor(otlptrace.NewUnstarted(s),
		sdktrace.WithMaxQueueSize(cfg.queue), sdktrace.WithMaxExportBatchSize(cfg.batch),
		sdktrace.WithBatchTimeout(cfg.interval), sdktrace.WithExportTimeout(cfg.timeout))
	// All that the library would read from the process's environment is said here.
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithResource(resource.NewWithAttributes(semconv.SchemaURL, attributes...)),
		sdktrace.WithSampler(cfg.sampler),
		sdktrace.WithRawSpanLimits(sdktrace.SpanLimits{ // above what the spans of this package have
			AttributeValueLengthLimit: 256, AttributeCountLimit: 32, EventCountLimit: 8, LinkCountLimit: 8,
			AttributePerEventCountLimit: 8, AttributePerLinkCountLimit: 8,
		}),
		sdktrace.WithSpanProcessor(bounded{batches, int64(cfg.queue), s}),
	)
	logger.Info("traces", "endpoint", nameOf(cfg.endpoint), "sampler", cfg.samplerTag)
	return &Tracing{provider: provider, tracer: provider.Tracer("jobsgateway"), sender: s}
}

// Close sends the spans that are still there until ctx ends, and gives up the others. It returns at once
// then.
func (t *Tracing) Close(ctx context.Context) {
	if t == nil {
		return
	}
	defer context.AfterFunc(ctx, t.sender.giveUp)()
	// Its own context does not end: when ctx does, what is being sent fails at once, and so does the rest.
	_ = t.provider.Shutdown(context.WithoutCancel(ctx)) // the sender tells of what is lost
	_ = t.sender.Stop(ctx)
}

// nameOf returns a collector's address as a log may show it: without user info or a query.
func nameOf(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
