package telemetry

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// TracingConfig is what the standard OTEL_ variables say of traces. The zero value is off.
// Source: the OpenTelemetry specification, "Environment Variable Specification" and "OTLP Exporter
// Configuration".
type TracingConfig struct {
	endpoint   *url.URL // of the collector, with its whole path; nil is off
	headers    http.Header
	gzip       bool
	timeout    time.Duration // of one export with all its attempts
	tls        tlsFiles
	resource   []attribute.KeyValue
	sampler    sdktrace.Sampler
	queue      int           // most spans that wait to be sent
	batch      int           // most spans of one export
	interval   time.Duration // most time that a span waits for others
	samplerTag string        // of the sampler, for the log
}

// Defaults and upper bounds of the exporter. Source of the defaults: the specification.
const (
	defaultTimeout  = 10 * time.Second
	maxTimeout      = time.Minute
	defaultQueue    = 2048
	maxQueue        = 1 << 16 // at about 2 KiB a span
	defaultBatch    = 512
	defaultInterval = 5 * time.Second
	maxInterval     = time.Minute
)

// ReadTracing reads the variables from environ, "NAME=value" as os.Environ gives it. Tracing is on if there
// is an endpoint, unless OTEL_SDK_DISABLED or OTEL_TRACES_EXPORTER says no. An empty variable is one that is
// not set.
//
// As the specification wants it, a value that cannot be understood is a warning, and its default counts. What
// says where the spans go and how they get there (endpoint, protocol, headers, files) is an error instead,
// one for each variable: without it no span would ever arrive. Neither repeats a value, which may be a
// secret.
func ReadTracing(environ []string) (cfg TracingConfig, warnings []string, err error) {
	env := otelEnv{values: map[string]string{}}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if value = strings.TrimSpace(value); strings.HasPrefix(name, "OTEL_") && value != "" {
			env.values[name] = value
		}
	}
	if !env.wanted() {
		return TracingConfig{}, env.warnings, nil
	}
	cfg = TracingConfig{
		endpoint: env.endpoint(),
		headers:  env.headers(),
		gzip:     env.word("COMPRESSION", "none", "gzip") == "gzip",
		timeout:  env.duration(env.exporter("TIMEOUT"), defaultTimeout, maxTimeout),
		resource: env.resource(),
		queue:    env.number("OTEL_BSP_MAX_QUEUE_SIZE", defaultQueue, maxQueue),
		batch:    env.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", defaultBatch, maxQueue),
		interval: env.duration("OTEL_BSP_SCHEDULE_DELAY", defaultInterval, maxInterval),
	}
	cfg.batch = min(cfg.batch, cfg.queue)
	cfg.timeout = min(cfg.timeout, env.duration("OTEL_BSP_EXPORT_TIMEOUT", maxTimeout, maxTimeout))
	cfg.sampler, cfg.samplerTag = env.sampler()
	env.protocol()
	cfg.tls = env.tlsFiles()
	if err := errors.Join(env.faults...); err != nil {
		return TracingConfig{}, env.warnings, err
	}
	return cfg, env.warnings, nil
}

// On reports whether spans are made and sent.
func (c TracingConfig) On() bool { return c.endpoint != nil }

// otelEnv has the variables that are set, and what is wrong with them.
type otelEnv struct {
	values   map[string]string
	warnings []string
	faults   []error
}

// warn notes a variable whose default counts instead.
func (e *otelEnv) warn(name, accepted string) {
	e.warnings = append(e.warnings, name+" is not heeded: use "+accepted)
}

// fail notes a variable without which no span would arrive.
func (e *otelEnv) fail(name, why string) {
	e.faults = append(e.faults, fmt.Errorf("%s: %s", name, why))
}

// exporter returns the name of the exporter's variable that counts: the one for traces, if it is set, over
// the one for all signals.
func (e *otelEnv) exporter(what string) string {
	if name := "OTEL_EXPORTER_OTLP_TRACES_" + what; e.values[name] != "" {
		return name
	}
	return "OTEL_EXPORTER_OTLP_" + what
}

// wanted reports whether anybody wants traces.
func (e *otelEnv) wanted() bool {
	switch disabled := strings.ToLower(e.values["OTEL_SDK_DISABLED"]); disabled {
	case "true":
		return false
	case "", "false":
	default:
		e.warn("OTEL_SDK_DISABLED", "true or false")
	}
	switch strings.ToLower(e.values["OTEL_TRACES_EXPORTER"]) {
	case "none":
		return false
	case "", "otlp":
	default:
		e.warn("OTEL_TRACES_EXPORTER", "otlp or none")
	}
	return e.values[e.exporter("ENDPOINT")] != ""
}

// endpoint returns where spans are sent: the variable for traces as it is, the other one with /v1/traces.
func (e *otelEnv) endpoint() *url.URL {
	name := e.exporter("ENDPOINT")
	endpoint, err := url.Parse(e.values[name])
	if err != nil || endpoint.Host == "" || endpoint.Scheme != "http" && endpoint.Scheme != "https" {
		e.fail(name, "it is no URL of a collector; use http:// or https://, a host and perhaps a path")
		return nil
	}
	switch {
	case !strings.Contains(name, "TRACES"):
		endpoint = endpoint.JoinPath("v1/traces")
	case endpoint.Path == "":
		endpoint.Path = "/"
	}
	endpoint.Fragment = ""
	return endpoint
}

// protocol refuses the protocols that are not spoken here. A word that the specification does not have is a
// warning.
func (e *otelEnv) protocol() {
	name := e.exporter("PROTOCOL")
	switch protocol := strings.ToLower(e.values[name]); protocol {
	case "", "http/protobuf":
	case "grpc", "http/json":
		e.fail(name, protocol+" is not spoken here; use http/protobuf, which collectors take at port 4318")
	default:
		e.warn(name, "http/protobuf")
	}
}

// fieldName is the name of a header. Source: RFC 9110, 5.1.
var fieldName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// headers returns what is sent along with each export, such as a key of the collector's owner.
func (e *otelEnv) headers() http.Header {
	name := e.exporter("HEADERS")
	header := http.Header{}
	for key, value := range e.pairs(name, func() {
		e.fail(name, "it is no list of headers; use name=value, several parted by commas, special characters as %20")
	}) {
		if !fieldName.MatchString(key) || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			e.fail(name, "it has what no header can have in its name or its value")
			continue
		}
		header.Add(key, value)
	}
	return header
}

// resource returns what is known of this process beside its version; the name of the service is jobsgateway
// unless the variables say otherwise.
func (e *otelEnv) resource() []attribute.KeyValue {
	name := "OTEL_RESOURCE_ATTRIBUTES"
	service := "jobsgateway"
	wrong := false
	var attributes []attribute.KeyValue
	for key, value := range e.pairs(name, func() { wrong = true }) {
		if key == string(semconv.ServiceNameKey) {
			service = value
			continue
		}
		attributes = append(attributes, attribute.String(key, value))
	}
	if wrong { // the specification: then all of it is discarded
		e.warn(name, "name=value, several parted by commas, special characters as %20")
		service, attributes = "jobsgateway", nil
	}
	if own := e.values["OTEL_SERVICE_NAME"]; own != "" {
		service = own
	}
	return append(attributes, semconv.ServiceName(service))
}

// pairs reads name=value,name=value with percent-encoded values, as baggage has it, in order. It calls wrong
// for each part that is none.
func (e *otelEnv) pairs(name string, wrong func()) func(yield func(key, value string) bool) {
	return func(yield func(key, value string) bool) {
		for part := range strings.SplitSeq(e.values[name], ",") {
			if strings.TrimSpace(part) == "" {
				continue
			}
			key, encoded, ok := strings.Cut(part, "=")
			value, err := url.PathUnescape(strings.TrimSpace(encoded))
			if key = strings.TrimSpace(key); !ok || key == "" || err != nil {
				wrong()
				continue
			}
			if !yield(key, value) {
				return
			}
		}
	}
}

// word reads a variable of the exporter that is one of some words; the first is the default.
func (e *otelEnv) word(what string, words ...string) string {
	name := e.exporter(what)
	word := strings.ToLower(e.values[name])
	switch {
	case word == "":
	case slices.Contains(words, word):
		return word
	default:
		e.warn(name, strings.Join(words, " or "))
	}
	return words[0]
}

// number reads a whole number from 1 to most.
func (e *otelEnv) number(name string, fallback, most int) int {
	text := e.values[name]
	if text == "" {
		return fallback
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 || number > most {
		e.warn(name, fmt.Sprintf("a whole number from 1 to %d", most))
		return fallback
	}
	return number
}

// duration reads a number of milliseconds.
func (e *otelEnv) duration(name string, fallback, most time.Duration) time.Duration {
	return time.Duration(e.number(name, int(fallback.Milliseconds()), int(most.Milliseconds()))) * time.Millisecond
}
