package telemetry

import (
	"math"
	"strconv"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// sampler returns what decides which traces are recorded, and its name for the log.
func (e *otelEnv) sampler() (sampler sdktrace.Sampler, tag string) {
	const byDefault = "parentbased_always_on"
	tag = strings.ToLower(e.values["OTEL_TRACES_SAMPLER"])
	if tag == "" {
		tag = byDefault
	}
	root, parentBased := strings.CutPrefix(tag, "parentbased_")
	switch root {
	case "always_on":
		sampler = sdktrace.AlwaysSample()
	case "always_off":
		sampler = sdktrace.NeverSample()
	case "traceidratio":
		ratio := e.ratio()
		sampler = sdktrace.TraceIDRatioBased(ratio)
		tag += " " + strconv.FormatFloat(ratio, 'g', -1, 64)
	default:
		e.warn("OTEL_TRACES_SAMPLER", "always_on, always_off, traceidratio, or one of these behind parentbased_")
		return sdktrace.ParentBased(sdktrace.AlwaysSample()), byDefault
	}
	if parentBased {
		sampler = sdktrace.ParentBased(sampler)
	}
	return sampler, tag
}

// ratio reads the share of traces that is recorded, from 0 to 1; all without one.
func (e *otelEnv) ratio() float64 {
	text := e.values["OTEL_TRACES_SAMPLER_ARG"]
	if text == "" {
		return 1
	}
	ratio, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(ratio) || ratio < 0 || ratio > 1 {
		e.warn("OTEL_TRACES_SAMPLER_ARG", "a number from 0 to 1")
		return 1
	}
	return ratio
}
