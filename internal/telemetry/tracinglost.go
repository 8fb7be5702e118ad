package telemetry

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// bounded lets at most so many spans wait for being sent. The processor behind it has room for as many, and
// would tell nobody what it leaves out.
type bounded struct {
	sdktrace.SpanProcessor

	most   int64
	sender *sender
}

var errNoRoom = errors.New("too many of them wait: the collector is slow, or OTEL_BSP_MAX_QUEUE_SIZE is small")

// OnEnd passes a span on, or loses it.
func (b bounded) OnEnd(span sdktrace.ReadOnlySpan) {
	if b.sender.waiting.Add(1) > b.most {
		b.sender.waiting.Add(-1)
		b.sender.lost.note(context.Background(), 1, errNoRoom)
		return
	}
	b.SpanProcessor.OnEnd(span)
}

// losses tells the log what could not be sent: at once, but at most once a minute and at the end, and that it
// is over.
type losses struct {
	logger *slog.Logger
	mu     sync.Mutex
	told   time.Time // when the last line was written
	open   bool      // that line said that spans are lost
	spans  int       // lost since
	cause  error     // of the last of them
}

// lossInterval is the least time between two lines of lost spans.
const lossInterval = time.Minute

// note counts spans that are lost.
func (l *losses) note(ctx context.Context, spans int, cause error) {
	l.mu.Lock()
	l.spans += spans
	l.cause = cause
	lost, tell := l.spans, l.told.IsZero() || time.Since(l.told) >= lossInterval
	if tell {
		l.told, l.open, l.spans = time.Now(), true, 0
	}
	l.mu.Unlock()
	if tell {
		l.tell(ctx, lost, cause)
	}
}

// end tells what was lost since the last line.
func (l *losses) end(ctx context.Context) {
	l.mu.Lock()
	lost, cause := l.spans, l.cause
	l.spans = 0
	l.mu.Unlock()
	if lost > 0 {
		l.tell(ctx, lost, cause)
	}
}

// tell writes the line.
func (l *losses) tell(ctx context.Context, lost int, cause error) {
	l.logger.LogAttrs(ctx, slog.LevelWarn, "spans lost", slog.Int("count", lost), slog.String("error", cause.Error()))
}

// over notes that spans arrive. Spans that were lost since the last line are in the next one.
func (l *losses) over(ctx context.Context) {
	l.mu.Lock()
	tell := l.open
	l.open = false
	l.mu.Unlock()
	if tell {
		l.logger.LogAttrs(ctx, slog.LevelInfo, "spans arrive again")
	}
}
