package telemetry

import (
	"context"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"jobsgateway/internal/badapi"
	"jobsgateway/internal/logtest"
	"jobsgateway/internal/otlptest"
)

// tracingTo starts traces to an endpoint, whose spans are sent at the end or when there are many.
func tracingTo(t *testing.T, endpoint string, environ ...string) (*Tracing, *logtest.Buffer) {
	t.Helper()
	cfg, warnings, err := ReadTracing(append(environ, "OTEL_EXPORTER_OTLP_ENDPOINT="+endpoint, "OTEL_BSP_SCHEDULE_DELAY=60000"))
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	log := &logtest.Buffer{}
	tracing := NewTracing(cfg, slog.New(slog.NewJSONHandler(log, nil)))
	t.Cleanup(func() {
		tracing.Close(t.Context())
		log.End()
	})
	return tracing, log
}

// lostSpans returns how many spans the log says are lost, in at most two lines.
func lostSpans(t *testing.T, log *logtest.Buffer) (lost int) {
	t.Helper()
	lines := log.Lines(t, slog.LevelWarn)
	for _, line := range lines {
		if line["msg"] == "spans lost" {
			lost += int(line["count"].(float64))
		}
	}
	if len(lines) > 2 {
		t.Errorf("%d lines: %v", len(lines), lines)
	}
	return lost
}

// makeSpans makes and ends spans.
func makeSpans(tracing *Tracing, count int) {
	for range count {
		_, span := tracing.tracer.Start(context.Background(), "x", trace.WithNewRoot())
		span.End()
	}
}

// What is sent, by which request.
func TestSendsSpans(t *testing.T) {
	t.Parallel()
	for _, compression := range []string{"none", "gzip"} {
		collector := otlptest.Start(t)
		endpoint := strings.Replace(collector.URL, "http://", "http://user:word@", 1)
		tracing, log := tracingTo(t, endpoint, "OTEL_EXPORTER_OTLP_HEADERS=api-key=k", "OTEL_EXPORTER_OTLP_COMPRESSION="+compression)
		makeSpans(tracing, 700) // more than a batch
		tracing.Close(t.Context())
		spans, exports := collector.Spans(), collector.Exports()
		if len(spans) != 700 || len(exports) != 2 {
			t.Fatalf("%d spans in %d exports", len(spans), len(exports))
		}
		for _, export := range exports {
			name, password, _ := (&http.Request{Header: export.Header}).BasicAuth()
			if export.Path != "/v1/traces" || export.Header.Get("Api-Key") != "k" || name+password != "userword" {
				t.Errorf("%+v", export)
			}
			if (export.Header.Get("Content-Encoding") == "gzip") != (compression == "gzip") {
				t.Errorf("%s: encoded by %q", compression, export.Header.Get("Content-Encoding"))
			}
		}
		resource := spans[0].Resource
		for _, name := range []string{"service.name", "service.version", "service.instance.id", "telemetry.sdk.version"} {
			if resource[name] == "" {
				t.Errorf("the resource has no %s: %v", name, resource)
			}
		}
		if text := log.String(); strings.Contains(text, "word") || !strings.Contains(text, collector.URL+"/v1/traces") {
			t.Errorf("the log: %s", text)
		}
	}
}

// When a collector does not take spans: what is sent again, and what the one line of the log says.
func TestCollectorRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		refuse   http.HandlerFunc
		attempts int64 // with the one that is answered, if any is
		says     string
	}{
		"500": {func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "LEAK", http.StatusInternalServerError)
		}, 1, "status 500"},
		"401": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, 1, "status 401"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/LEAK", http.StatusTemporaryRedirect)
		}, 1, "status 307"},
		"503":             {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, 2, ""},
		"a broken answer": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 2, ""},
		"429 with a time": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		}, 2, ""},
		"503 with a long time": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "99999999999")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, 1, "status 503"},
		"a part": {func(w http.ResponseWriter, _ *http.Request) {
			// ExportTraceServiceResponse{partial_success: {rejected_spans: 2, error_message: "LEAK"}}
			_, _ = w.Write([]byte("\x0a\x08\x08\x02\x12\x04LEAK"))
		}, 1, "only a part"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			collector := otlptest.Start(t)
			var attempts atomic.Int64
			collector.Answer(func(w http.ResponseWriter, r *http.Request) {
				if attempts.Add(1) == 1 {
					tc.refuse(w, r)
					return
				}
				collector.Take(w, r)
			})
			tracing, log := tracingTo(t, strings.Replace(collector.URL, "http://", "http://u:SECRET@", 1)+"?key=SECRET")
			makeSpans(tracing, 3)
			tracing.Close(context.Background())
			text := log.String()
			if attempts.Load() != tc.attempts || (len(collector.Spans()) == 3) != (tc.says == "") {
				t.Errorf("%d attempts, %d spans\n%s", attempts.Load(), len(collector.Spans()), text)
			}
			if strings.Contains(text, "SECRET") || strings.Contains(text, "LEAK") || !strings.Contains(text, tc.says) ||
				strings.Contains(text, "spans lost") != (tc.says != "") {
				t.Errorf("the log: %s", text)
			}
		})
	}
}

// A collector that is not there, or never answers: spans wait in a queue of the size that was asked for, the
// rest is lost, and the end is there when it has to be.
func TestDeadCollector(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer silent.Close()
	defer close(hang)
	for _, endpoint := range []string{"http://" + badapi.Refusing(t), silent.URL} {
		tracing, log := tracingTo(t, endpoint)
		makeSpans(tracing, 10_000) // would never return if a span waited for room
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		tracing.Close(ctx) // would never return if the collector had to answer
		host, _ := url.Parse(endpoint)
		if text := log.String(); lostSpans(t, log) != 10_000 || !strings.Contains(text, host.Host) || !strings.Contains(text, errNoRoom.Error()) {
			t.Errorf("%s: the log: %s", endpoint, text)
		}
	}
}

// An export has an end of its own: the collector that does not answer is given up, and the next export is
// sent.
func TestExportHasAnEnd(t *testing.T) {
	t.Parallel()
	collector := otlptest.Start(t)
	var attempts atomic.Int64
	collector.Answer(func(w http.ResponseWriter, r *http.Request) {
		if attempts.Add(1) == 1 {
			_, _ = io.Copy(io.Discard, r.Body) // so that it is seen that the sender leaves
			<-r.Context().Done()
			return
		}
		collector.Take(w, r)
	})
	tracing, log := tracingTo(t, collector.URL, "OTEL_EXPORTER_OTLP_TIMEOUT=1000", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=1")
	makeSpans(tracing, 1)
	for len(collector.Spans()) == 0 { // on a slow machine more than the first may come too late
		makeSpans(tracing, 1)
		time.Sleep(10 * time.Millisecond)
	}
	tracing.Close(t.Context())
	if text := log.String(); !strings.Contains(text, "has not answered in time") ||
		!strings.Contains(text, "spans arrive again") {
		t.Errorf("%d spans\n%s", len(collector.Spans()), text)
	}
}

// The log has a line at most once a minute, with the number of spans since the last one.
func TestLossesAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &logtest.Buffer{}
		l := losses{logger: slog.New(slog.NewTextHandler(log, nil))}
		for range 1190 { // 119 s of failures
			l.note(t.Context(), 10, context.DeadlineExceeded)
			time.Sleep(100 * time.Millisecond)
		}
		l.over(t.Context())
		l.note(t.Context(), 1, context.DeadlineExceeded)
		l.over(t.Context()) // nothing has been said since the last time
		time.Sleep(lossInterval)
		l.note(t.Context(), 1, context.DeadlineExceeded)
		text := log.String()
		for _, part := range []string{"count=10 ", "count=6000 ", "count=5892 "} {
			if strings.Count(text, part) != 1 {
				t.Errorf("%q is not there once in\n%s", part, text)
			}
		}
		if strings.Count(text, "spans lost") != 3 || strings.Count(text, "arrive again") != 1 {
			t.Error(text)
		}
	})
}

// Over TLS spans go to a collector whose certificate is trusted, and to no other.
func TestSendsOverTLS(t *testing.T) {
	t.Parallel()
	collector := otlptest.Start(t)
	server := httptest.NewUnstartedServer(collector)
	server.EnableHTTP2 = true
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	defer server.Close()
	path := filepath.Join(t.TempDir(), "roots.pem")
	roots := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(path, roots, 0o600); err != nil {
		t.Fatal(err)
	}
	send := func(environ ...string) (told string) {
		tracing, log := tracingTo(t, server.URL, environ...)
		makeSpans(tracing, 1)
		tracing.Close(t.Context())
		return log.String()
	}
	for { // a slow machine runs out of time before it has seen the certificate
		told := send("OTEL_EXPORTER_OTLP_TIMEOUT=2000")
		if len(collector.Spans()) > 0 || !strings.Contains(told, "spans lost") {
			t.Fatalf("not trusted: %d spans\n%s", len(collector.Spans()), told)
		}
		if strings.Contains(told, "signed by unknown authority") {
			break
		}
	}
	if told := send("OTEL_EXPORTER_OTLP_CERTIFICATE="+path, "OTEL_EXPORTER_OTLP_TIMEOUT=60000"); len(collector.Spans()) != 1 || strings.Contains(told, "lost") {
		t.Errorf("trusted: %d spans\n%s", len(collector.Spans()), told)
	}
}

// What an answer of a collector says is read with care.
func TestRejectedSpans(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]int{
		"": 0, "\x0a\x00": 0, "\x0a\x02\x08\x05": 5, "\x12\x00\x0a\x06\x12\x02no\x08\x01": 1, "\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01": maxQueue,
		"<html>": 0, "\x0a": 0, "\x0a\x7f\x08": 0, "\x0a\x01\x08": 0, "\x08\x05": 0,
	} {
		if got := rejectedSpans([]byte(answer)); got != want {
			t.Errorf("%q: %d, want %d", answer, got, want)
		}
	}
	if got := count([]*tracepb.ResourceSpans{nil, {ScopeSpans: []*tracepb.ScopeSpans{nil, {Spans: make([]*tracepb.Span, 3)}}}}); got != 3 {
		t.Errorf("%d spans", got)
	}
}
