package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"jobsgateway/internal/badapi"
	"jobsgateway/internal/otlptest"
)

// What a caller sends as its place in a trace.
const (
	callerTrace  = "4bf92f3577b34da6a3ce929d0e0e4736"
	callerSpan   = "00f067aa0ba902b7"
	callerParent = "00-" + callerTrace + "-" + callerSpan + "-01"
)

// Words that may be in no span.
const (
	traceToken = "tokT-5d0f3b1c9a7e4826"
	traceWord  = "QUERY-77aa0c41" // of a caller: in arguments, and so in query strings
	traceJob   = "77aa0c41-1f0e-4d6b-9a51-2c3d4e5f6a7b"
)

// tracedAPI is a Jobs API that answers by hand and records the traces that it is told of.
type tracedAPI struct {
	*httptest.Server

	mu      sync.Mutex
	parents []string
	states  []string
}

// startTracedAPI serves an API. Before each answer it calls answer with the number of the request, from 1;
// false lets the API answer with a page of no jobs.
func startTracedAPI(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, number int) bool) *tracedAPI {
	t.Helper()
	api := &tracedAPI{}
	api.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api.mu.Lock()
		api.parents = append(api.parents, r.Header.Get("Traceparent"))
		api.states = append(api.states, r.Header.Get("Tracestate"))
		number := len(api.parents)
		api.mu.Unlock()
		if answer != nil && answer(w, r, number) {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, badapi.EmptyPage)
	}))
	t.Cleanup(api.Close)
	return api
}

// asked returns the traceparent of each request so far.
func (a *tracedAPI) asked() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.parents)
}

// tracedGateway runs the program over an API with traces that go to a collector, until the function that it
// returns is called, which waits for its end.
func tracedGateway(t *testing.T, upstream, endpoint string, more ...string) (gw runningGateway, end func()) {
	t.Helper()
	flags := []string{"--upstream-url", upstream, "--drain-delay=0s", "--log-level=debug"}
	environ := []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + endpoint, "OTEL_EXPORTER_OTLP_TIMEOUT=60000",
		"OTEL_BSP_SCHEDULE_DELAY=100", // what is sent in the end has half a second, which a slow machine may not have
	}
	for _, one := range more {
		if strings.HasPrefix(one, "--") {
			flags = append(flags, one)
		} else {
			environ = append(environ, one)
		}
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	gw, ended := runGatewayIn(ctx, t, environ, flags...)
	end = sync.OnceFunc(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(end)
	return gw, end
}

// askTraced sends a query with the token of these tests.
func askTraced(t *testing.T, gw runningGateway, query string, header ...string) string {
	t.Helper()
	_, answer := postBody(t, gw, bodyOf(t, query, nil), append([]string{"Authorization", "Bearer " + traceToken}, header...)...)
	return string(answer)
}

// spanNamed returns the only span of a name.
func spanNamed(t *testing.T, spans []otlptest.Span, name string) otlptest.Span {
	t.Helper()
	named := slices.DeleteFunc(slices.Clone(spans), func(s otlptest.Span) bool { return s.Name != name })
	if len(named) != 1 {
		t.Fatalf("%d spans %q: %+v", len(named), name, spans)
	}
	return named[0]
}

// holdsAttributes fails the test if a span has not exactly these attributes, beside the request's id.
func holdsAttributes(t *testing.T, span otlptest.Span, want ...string) {
	t.Helper()
	var got []string
	for name, value := range span.Attributes {
		if name != "jobsgateway.request_id" {
			got = append(got, name+"="+value)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s has\n%q, want\n%q", span.Name, got, want)
	}
}

// A request whose call is made twice is one trace: the caller's span, that of the request, that of the
// operation, and one for each attempt, which the API goes on below. Neither tokens nor arguments, nor what
// the API says, are in any of them. The log has the same trace.
func TestTraceOfARequest(t *testing.T) {
	t.Parallel()
	collector := otlptest.Start(t)
	api := startTracedAPI(t, func(w http.ResponseWriter, _ *http.Request, number int) bool {
		if number > 1 {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = fmt.Fprintf(w, `{"message":"%s","log_id":"%s"}`, badapi.Leak, badapi.Leak)
		return true
	})
	gw, end := tracedGateway(t, api.URL, collector.URL, "OTEL_SERVICE_NAME=jobs")
	query := `query ` + strings.ReplaceAll(traceWord, "-", "_") + `{jobs(first:3,filter:{types:["` + traceWord + `"]}){nodes{id}}}`
	askTraced(t, gw, query, "Traceparent", callerParent, "Tracestate", "vendor=x")
	collector.Await(4, nil)
	end()
	spans := collector.Spans()
	if len(spans) != 4 {
		t.Fatalf("%d spans: %+v", len(spans), spans)
	}
	server, operation := spanNamed(t, spans, "POST /graphql"), spanNamed(t, spans, "query")
	attempts := slices.DeleteFunc(slices.Clone(spans), func(s otlptest.Span) bool { return s.Name != "GET /jobs" })
	if len(attempts) != 2 || server.Parent != callerSpan || operation.Parent != server.ID {
		t.Fatalf("not below each other: %+v", spans)
	}
	slices.SortFunc(attempts, func(a, b otlptest.Span) int { return a.Begun.Compare(b.Begun) })
	address := strings.TrimPrefix(api.URL, "http://127.0.0.1:")
	call := []string{
		"http.request.method=GET", "server.address=127.0.0.1", "server.port=" + address,
		"url.full=" + api.URL + "/jobs", "url.template=/jobs",
	}
	holdsAttributes(t, server, "http.request.method=POST", "http.response.status_code=200", "http.route=/graphql",
		"url.path=/graphql", "url.scheme=http")
	holdsAttributes(t, operation, "graphql.operation.type=query", "jobsgateway.upstream_calls=1")
	holdsAttributes(t, attempts[0], append(call, "http.response.status_code=503", "error.type=503")...)
	holdsAttributes(t, attempts[1], append(call, "http.response.status_code=200", "http.request.resend_count=1")...)
	if !attempts[0].Error || attempts[0].Words != "unavailable" || attempts[1].Error || operation.Error || server.Error {
		t.Errorf("errors: %+v", spans)
	}
	if server.Kind != "SERVER" || operation.Kind != "SERVER" || attempts[0].Kind != "CLIENT" || server.State != "vendor=x" {
		t.Errorf("kinds: %+v", spans)
	}
	parents := api.asked()
	for i, attempt := range attempts {
		if attempt.Parent != operation.ID || parents[i] != "00-"+callerTrace+"-"+attempt.ID+"-01" || api.states[i] != "vendor=x" {
			t.Errorf("attempt %d is below %s and tells %s", i+1, attempt.Parent, parents[i])
		}
	}
	for _, span := range spans {
		if span.Trace != callerTrace || span.Resource["service.name"] != "jobs" || span.Ended.Before(span.Begun) {
			t.Errorf("%+v", span)
		}
		for _, word := range []string{traceToken, traceWord, strings.ReplaceAll(traceWord, "-", "_"), badapi.Leak, "per_page"} {
			if strings.Contains(span.Text, word) {
				t.Errorf("%s is in %s", word, span.Text)
			}
		}
	}
	requestID := server.Attributes["jobsgateway.request_id"]
	for _, line := range regexp.MustCompile(`(?m)^.*"msg":"(operation|upstream call failed)".*$`).FindAllString(gw.log.String(), -1) {
		if !strings.Contains(line, `"trace_id":"`+callerTrace+`"`) || requestID == "" || !strings.Contains(line, `"request_id":"`+requestID+`"`) {
			t.Errorf("of another trace or request: %s", line)
		}
	}
}

// What the API is told, and whether there are spans, by what the caller says. Routers send these forms.
func TestTraceOfTheCaller(t *testing.T) {
	t.Parallel()
	unsampled := strings.TrimSuffix(callerParent, "1") + "0"
	for name, tc := range map[string]struct {
		sampler string
		header  []string
		spans   int
		// trace and parent are what the API is told; "own" is an id that the gateway makes.
		trace, parent, flags string
	}{
		"nothing":                   {spans: 3, trace: "own", parent: "own", flags: "01"},
		"sampled":                   {header: []string{"traceparent", callerParent}, spans: 3, trace: callerTrace, parent: "own", flags: "01"},
		"sampled, random":           {header: []string{"TRACEPARENT", strings.TrimSuffix(callerParent, "1") + "3"}, spans: 3, trace: callerTrace, parent: "own", flags: "03"},
		"not sampled":               {header: []string{"traceparent", unsampled}, trace: callerTrace, parent: callerSpan, flags: "00"},
		"malformed":                 {header: []string{"traceparent", callerParent + "x"}, spans: 3, trace: "own", parent: "own", flags: "01"},
		"sampled, none recorded":    {sampler: "always_off", header: []string{"traceparent", callerParent}, trace: callerTrace, parent: "own", flags: "00"},
		"nothing, none recorded":    {sampler: "parentbased_always_off", trace: "own", parent: "own", flags: "00"},
		"sampled by the caller":     {sampler: "parentbased_always_off", header: []string{"traceparent", callerParent}, spans: 3, trace: callerTrace, parent: "own", flags: "01"},
		"not sampled, all recorded": {sampler: "always_on", header: []string{"traceparent", unsampled}, spans: 3, trace: callerTrace, parent: "own", flags: "01"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			collector, api := otlptest.Start(t), startTracedAPI(t, nil)
			gw, end := tracedGateway(t, api.URL, collector.URL, "OTEL_TRACES_SAMPLER="+tc.sampler)
			askTraced(t, gw, `{jobs(first:1){nodes{id}}}`, append(tc.header, "Baggage", "user="+traceWord)...)
			collector.Await(tc.spans, nil)
			end()
			told := strings.Split(api.asked()[0], "-")
			for i, want := range []string{tc.trace, tc.parent} {
				if isCallers := told[i+1] == []string{callerTrace, callerSpan}[i]; isCallers != (want != "own") {
					t.Errorf("the API is told %q", told)
				}
			}
			spans := collector.Spans()
			if told[3] != tc.flags || len(spans) != tc.spans {
				t.Errorf("the API is told %q, %d spans", told, len(spans))
			}
			if len(spans) > 0 && spanNamed(t, spans, "GET /jobs").ID != told[2] {
				t.Errorf("the API is told %q, spans %+v", told, spans)
			}
			if !strings.Contains(gw.log.String(), `"trace_id":"`+told[1]+`"`) {
				t.Errorf("the log has another trace than %q", told)
			}
		})
	}
}

// An operation that is answered by an equal one has a trace of its own without calls, and one that is given
// the answer of another's call says so.
func TestTraceOfEquals(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]string{
		"jobsgateway.shared": `{jobs(first:1){nodes{id}}}`, "jobsgateway.upstream_calls_joined": `{jobs(first:1){nodes{id state}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			collector := otlptest.Start(t)
			held, release := make(chan struct{}), make(chan struct{})
			api := startTracedAPI(t, func(http.ResponseWriter, *http.Request, int) bool {
				close(held)
				<-release
				return false
			})
			gw, end := tracedGateway(t, api.URL, collector.URL)
			var answered sync.WaitGroup
			answered.Go(func() { askTraced(t, gw, `{jobs(first:1){nodes{id}}}`) })
			<-held
			answered.Go(func() { askTraced(t, gw, second) })
			awaitMetric(t, gw, "jobsgateway_operations_in_flight", "2")
			close(release)
			answered.Wait()
			collector.Await(5, nil)
			end()
			spans := collector.Spans()
			attempt := spanNamed(t, spans, "GET /jobs")
			traces := map[string][]string{} // the names of spans by their trace
			joined := 0
			for _, span := range spans {
				traces[span.Trace] = append(traces[span.Trace], span.Name)
				if span.Name == "query" && span.Attributes[name] == "true" {
					joined++
					if span.Trace == attempt.Trace {
						t.Error("whose call it is has joined it")
					}
				}
			}
			if len(traces) != 2 || len(spans) != 5 || joined != 1 {
				t.Errorf("%d traces, %d spans, %d joined: %v", len(traces), len(spans), joined, traces)
			}
		})
	}
}

// awaitMetric waits until a series has a value. The operation that has it may be a moment away from where it
// waits.
func awaitMetric(t *testing.T, gw runningGateway, name, value string) {
	t.Helper()
	for {
		_, _, series := scrape(t, gw)
		if series[name] == value {
			return
		}
		if t.Context().Err() != nil {
			t.Fatalf("%s is %s", name, series[name])
		}
	}
}

// What goes wrong is the status of its span, as a code or a kind. A refused operation has no type. The name
// of an operation is there only where it was asked for.
func TestTraceOfErrors(t *testing.T) {
	t.Parallel()
	collector := otlptest.Start(t)
	var status atomic.Int64
	api := startTracedAPI(t, func(w http.ResponseWriter, _ *http.Request, _ int) bool {
		w.WriteHeader(int(status.Load()))
		_, _ = io.WriteString(w, `{"message":"`+badapi.Leak+`"}`)
		return true
	})
	gw, _ := tracedGateway(t, api.URL, collector.URL, "--trace-operation-names", "--base-path=/gw", "OTEL_BSP_SCHEDULE_DELAY=10")
	gw.public += "/gw"
	for i, tc := range []struct {
		query  string
		status int
		// The operation's span and its code; the kind of the call's.
		operation, code, kind string
	}{
		{`query Good {__typename}`, 0, "query Good", "", ""},
		{`query Mine {jobs(first:1){nodes{id}}}`, 422, "query Mine", "UPSTREAM_REJECTED", "invalid"},
		{`query Mine {jobs(first:1){nodes{id}}}`, 401, "query Mine", "UNAUTHENTICATED", "unauthenticated"},
		{`{jobs(first:1){nodes{id}}}`, 504, "query", "UPSTREAM_UNAVAILABLE", "unavailable"},
		{`{job(id:"` + traceJob + `"){id}}`, 404, "query", "", "not found"},
		{`{nonsense`, 0, "GraphQL Operation", "GRAPHQL_PARSE_FAILED", ""},
		{`query Other {nonsense}`, 0, "query Other", "GRAPHQL_VALIDATION_FAILED", ""},
	} {
		status.Store(int64(tc.status))
		trace := fmt.Sprintf("%032x", i+1)
		askTraced(t, gw, tc.query, "Traceparent", "00-"+trace+"-"+callerSpan+"-01")
		count := 2
		if tc.kind != "" {
			count++
		}
		spans := collector.Await(count, func(s otlptest.Span) bool { return s.Trace == trace })
		operation := spanNamed(t, spans, tc.operation)
		if operation.Error != (tc.code != "") || operation.Attributes["error.type"] != tc.code || operation.Attributes["jobsgateway.error.codes"] != tc.code {
			t.Errorf("%s: %+v", tc.query, operation)
		}
		for _, span := range spans {
			if span.Kind == "CLIENT" && (!span.Error || span.Words != tc.kind || span.Attributes["error.type"] != fmt.Sprint(tc.status)) {
				t.Errorf("%s: %+v", tc.query, span)
			}
			for _, word := range []string{badapi.Leak, traceToken, traceJob} {
				if strings.Contains(span.Text, word) {
					t.Errorf("%s: %s", tc.query, span.Text)
				}
			}
		}
		spanNamed(t, spans, "POST /gw/graphql")
	}
}

// A wrong variable of where traces go is why the program does not start; another is a line of the log.
func TestTraceVariablesOfTheProgram(t *testing.T) {
	t.Parallel()
	environ := []string{"OTEL_EXPORTER_OTLP_ENDPOINT=localhost:4317", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}
	err := run(t.Context(), []string{"--demo", "--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0"}, environ, io.Discard, io.Discard)
	if text := fmt.Sprint(err); !strings.Contains(text, "OTEL_EXPORTER_OTLP_ENDPOINT: ") || !strings.Contains(text, "\nOTEL_EXPORTER_OTLP_PROTOCOL: ") {
		t.Errorf("the program says %v", err)
	}
	collector, api := otlptest.Start(t), startTracedAPI(t, nil)
	gw, end := tracedGateway(t, api.URL, collector.URL, "OTEL_TRACES_SAMPLER_ARG=many", "OTEL_TRACES_SAMPLER=traceidratio")
	askTraced(t, gw, `{__typename}`)
	collector.Await(2, nil)
	end()
	if len(collector.Spans()) != 2 || strings.Count(gw.log.String(), "OTEL_TRACES_SAMPLER_ARG is not heeded") != 1 {
		t.Errorf("%d spans\n%s", len(collector.Spans()), gw.log.String())
	}
}

// Whatever a collector does, requests are answered, and the end comes; the log says once what was lost, and
// nothing of the collector's answers or of the credentials in its address.
func TestBadCollectors(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"fails": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, badapi.Leak, http.StatusInternalServerError)
		},
		"is not there": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"never answers": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			collector, api := otlptest.Start(t), startTracedAPI(t, nil)
			collector.Answer(answer)
			endpoint := strings.Replace(collector.URL, "http://", "http://u:"+badapi.Leak+"@", 1)
			gw, end := tracedGateway(t, api.URL, endpoint, "OTEL_EXPORTER_OTLP_HEADERS=api-key="+badapi.Leak,
				"OTEL_BSP_SCHEDULE_DELAY=1", "OTEL_BSP_MAX_QUEUE_SIZE=5")
			for range 20 {
				if answer := askTraced(t, gw, `{jobs(first:1){nodes{id}}}`); answer != `{"data":{"jobs":{"nodes":[]}}}` {
					t.Fatal(answer)
				}
			}
			end()
			log := gw.log.String()
			lost := 0
			for _, line := range gw.log.Lines(t, slog.LevelWarn) {
				if line["msg"] == "spans lost" {
					lost += int(line["count"].(float64))
				}
			}
			if lost != 60 || strings.Count(log, `"msg":"spans lost"`) > 2 || strings.Contains(log, badapi.Leak) || strings.Count(log, `"msg":"stopped"`) != 1 {
				t.Error(log)
			}
		})
	}
}

// A histogram shows the trace of a request that is recorded, and of none else.
func TestExemplars(t *testing.T) {
	t.Parallel()
	collector, api := otlptest.Start(t), startTracedAPI(t, nil)
	gw, _ := tracedGateway(t, api.URL, collector.URL, "OTEL_TRACES_SAMPLER=parentbased_always_off")
	askTraced(t, gw, `{jobs(first:1){nodes{id}}}`)
	shown := func() []string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, gw.admin+"/metrics", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		var of []string
		for _, exemplar := range regexp.MustCompile(`(?m)^(\w+)_bucket\{.* # \{trace_id="`+callerTrace+`"\}`).FindAllStringSubmatch(string(text), -1) {
			of = append(of, exemplar[1])
		}
		if strings.Count(string(text), "trace_id") != len(of) {
			t.Errorf("exemplars of other traces:\n%s", text)
		}
		return of
	}
	if of := shown(); len(of) != 0 {
		t.Errorf("exemplars of %q", of)
	}
	askTraced(t, gw, `{jobs(first:1){nodes{id}}}`, "Traceparent", callerParent)
	want := []string{"jobsgateway_operation_duration_seconds", "jobsgateway_upstream_attempt_duration_seconds"}
	if of := shown(); !slices.Equal(of, want) {
		t.Errorf("exemplars of %q", of)
	}
}

// A poll for subscriptions is a trace of its own, with its calls below it.
func TestTraceOfAPoll(t *testing.T) {
	t.Parallel()
	collector := otlptest.Start(t)
	api := startTracedAPI(t, func(http.ResponseWriter, *http.Request, int) bool { return false })
	gw, end := tracedGateway(t, api.URL, collector.URL, "--poll-interval=10m")
	res, line := subscribe(t, gw, `subscription { jobsChanged { resync } }`)
	line()
	_ = res.Body.Close()
	collector.Await(4, nil) // the request and its operation, the poll and its call
	end()
	spans := collector.Spans()
	poll, call := spanNamed(t, spans, "poll"), spanNamed(t, spans, "GET /jobs")
	operation := spanNamed(t, spans, "subscription")
	if poll.Parent != "" || call.Parent != poll.ID || poll.Trace == operation.Trace {
		t.Errorf("%+v", spans)
	}
	holdsAttributes(t, poll, "jobsgateway.upstream_calls=1")
}
