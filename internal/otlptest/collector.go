// Package otlptest is a collector of traces for tests: it takes spans by OTLP over HTTP and keeps them.
package otlptest

import (
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// T is what a test and a benchmark share.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(f func())
}

// Collector is a collector on a port of 127.0.0.1. It is safe for concurrent use.
type Collector struct {
	URL string

	t       T
	mu      sync.Mutex
	spans   []Span
	exports []Export
	answer  http.HandlerFunc // in place of taking the spans; nil takes them
	changed chan struct{}    // closed and replaced when anything has come
}

// Span is a span as it came.
type Span struct {
	Name              string
	Kind              string // SERVER, CLIENT, INTERNAL
	Trace, ID, Parent string // in hexadecimal digits; an empty Parent is none
	State             string // the tracestate
	Attributes        map[string]string
	Error             bool
	Words             string // that the status has
	Links             []string
	Begun, Ended      time.Time
	Resource          map[string]string
	Text              string // all that came of it, for what may not be in it
}

// Export is a request as it came.
type Export struct {
	Path   string
	Header http.Header
	Spans  int
}

// patience is how long Await waits; only a test that fails meets it.
const patience = time.Minute

// maxExport bounds a request, in bytes after decompression.
const maxExport = 64 << 20

// Start serves a collector until the test ends.
func Start(t T) *Collector {
	t.Helper()
	c := &Collector{t: t, changed: make(chan struct{})}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

// Answer puts a handler in place of the collector's own; nil puts that back. The handler may call Take.
func (c *Collector) Answer(answer http.HandlerFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = answer
}

// ServeHTTP takes an export.
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	answer := c.answer
	c.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	c.Take(w, r)
}

// Take keeps the spans of an export, and answers as the specification has it. One that is not as it has to be
// fails the test.
func (c *Collector) Take(w http.ResponseWriter, r *http.Request) {
	spans, err := read(r)
	if err != nil {
		c.t.Errorf("an export to %s: %v", r.URL, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	c.spans = append(c.spans, spans...)
	c.exports = append(c.exports, Export{r.URL.Path, r.Header.Clone(), len(spans)})
	close(c.changed)
	c.changed = make(chan struct{})
	c.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-protobuf") // an empty ExportTraceServiceResponse
}

// Spans returns what has come.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Span{}, c.spans...)
}

// Exports returns the requests that have come.
func (c *Collector) Exports() []Export {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Export{}, c.exports...)
}

// Await waits until so many spans that want accepts have come, and returns them; nil accepts all.
func (c *Collector) Await(count int, want func(Span) bool) []Span {
	c.t.Helper()
	late := time.After(patience)
	for {
		c.mu.Lock()
		changed := c.changed
		var found []Span
		for _, span := range c.spans {
			if want == nil || want(span) {
				found = append(found, span)
			}
		}
		c.mu.Unlock()
		if len(found) >= count {
			return found
		}
		select {
		case <-changed:
		case <-late:
			c.t.Fatalf("%d spans in %v, want %d: %+v", len(found), patience, count, c.Spans())
		}
	}
}

// read decodes an export.
func read(r *http.Request) ([]Span, error) {
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-protobuf" {
		return nil, fmt.Errorf("%s of %q", r.Method, r.Header.Get("Content-Type"))
	}
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, err
		}
		body = unzipped
	}
	bytes, err := io.ReadAll(io.LimitReader(body, maxExport))
	if err != nil {
		return nil, err
	}
	// An ExportTraceServiceRequest, which has the same fields: its own package has gRPC in it.
	var request tracepb.TracesData
	if err := proto.Unmarshal(bytes, &request); err != nil {
		return nil, err
	}
	if len(request.ProtoReflect().GetUnknown()) > 0 {
		return nil, fmt.Errorf("unknown fields %x", request.ProtoReflect().GetUnknown())
	}
	var spans []Span
	for _, resource := range request.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				spans = append(spans, spanOf(span, resource, scope))
			}
		}
	}
	return spans, nil
}

// spanOf returns a span as tests read it.
func spanOf(span *tracepb.Span, resource *tracepb.ResourceSpans, scope *tracepb.ScopeSpans) Span {
	const nanoseconds = 0
	s := Span{
		Name: span.GetName(), Kind: strings.TrimPrefix(span.GetKind().String(), "SPAN_KIND_"),
		Trace: hex.EncodeToString(span.GetTraceId()), ID: hex.EncodeToString(span.GetSpanId()),
		Parent: hex.EncodeToString(span.GetParentSpanId()), State: span.GetTraceState(),
		Attributes: attributesOf(span.GetAttributes()),
		Error:      span.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR, Words: span.GetStatus().GetMessage(),
		Begun:    time.Unix(nanoseconds, int64(span.GetStartTimeUnixNano())), //nolint:gosec // a time of now
		Ended:    time.Unix(nanoseconds, int64(span.GetEndTimeUnixNano())),   //nolint:gosec // a time of now
		Resource: attributesOf(resource.GetResource().GetAttributes()),
		Text:     fmt.Sprint(span, resource.GetResource(), scope.GetScope()),
	}
	for _, link := range span.GetLinks() {
		s.Links = append(s.Links, hex.EncodeToString(link.GetSpanId()))
	}
	return s
}

// attributesOf returns attributes as texts.
func attributesOf(list []*commonpb.KeyValue) map[string]string {
	attributes := map[string]string{}
	for _, pair := range list {
		switch value := pair.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			attributes[pair.GetKey()] = value.StringValue
		case *commonpb.AnyValue_IntValue:
			attributes[pair.GetKey()] = strconv.FormatInt(value.IntValue, 10)
		case *commonpb.AnyValue_BoolValue:
			attributes[pair.GetKey()] = strconv.FormatBool(value.BoolValue)
		case *commonpb.AnyValue_ArrayValue:
			var texts []string
			for _, element := range value.ArrayValue.GetValues() {
				texts = append(texts, element.GetStringValue())
			}
			attributes[pair.GetKey()] = strings.Join(texts, ",")
		default:
			attributes[pair.GetKey()] = fmt.Sprint(pair.GetValue())
		}
	}
	return attributes
}
