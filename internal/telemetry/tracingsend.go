package telemetry

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// sender sends spans to a collector by OTLP over HTTP. It is the client of the library's exporter, whose own
// client has gRPC in it (ADR 0028). The exporter calls it for one batch at a time. It never fails for its
// caller: what could not be sent is lost, and a line of the log says so.
//
// Source: the OTLP specification, "OTLP/HTTP".
type sender struct {
	cfg       TracingConfig
	transport *http.Transport
	// waiting is how many spans have ended and are neither sent nor lost.
	waiting atomic.Int64
	lost    losses
	// given is canceled when there is no time left: what is being sent is given up then, and so is all that
	// comes later.
	given  context.Context //nolint:containedctx // it is the sender's own life, not a request's
	giveUp context.CancelFunc
}

// Bounds of talking to a collector.
const (
	collectorDial    = 2 * time.Second
	collectorIdle    = 30 * time.Second
	maxResponse      = 64 << 10 // bytes of an answer that are read
	firstResend      = time.Second
	maxResend        = 5 * time.Second // between two attempts, unless the collector asks for more
	maxResponseField = 8 << 10         // bytes of an answer's header
)

// newSender returns a sender. It opens no connection.
func newSender(cfg TracingConfig, logger *slog.Logger) *sender {
	given, giveUp := context.WithCancel(context.Background())
	return &sender{
		cfg: cfg,
		transport: &http.Transport{
			// Proxy is not set: spans go to the endpoint that was named.
			DialContext:            (&net.Dialer{Timeout: collectorDial}).DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.tls.roots, Certificates: cfg.tls.own},
			TLSHandshakeTimeout:    collectorDial,
			IdleConnTimeout:        collectorIdle,
			MaxIdleConns:           1,
			MaxConnsPerHost:        2, // one, and one that is being given up
			MaxResponseHeaderBytes: maxResponseField,
			ForceAttemptHTTP2:      true,
		},
		lost:   losses{logger: logger},
		given:  given,
		giveUp: giveUp,
	}
}

// Start has nothing to do.
func (*sender) Start(context.Context) error { return nil }

// Stop closes the connection, and tells what was lost and not told yet.
func (s *sender) Stop(ctx context.Context) error {
	s.giveUp()
	s.transport.CloseIdleConnections()
	s.lost.end(ctx)
	return nil
}

// UploadTraces sends spans, and sends them again while that can help and the time lasts. It returns nil
// whatever comes of it.
func (s *sender) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.timeout)
	defer cancel()
	defer func() { s.waiting.Add(-int64(count(spans))) }()
	defer context.AfterFunc(s.given, cancel)() //nolint:contextcheck // it ends when the sender does
	body, err := s.encode(spans)
	if err != nil {
		s.lost.note(ctx, count(spans), err)
		return nil
	}
	pause := firstResend
	for {
		rejected, wait, err := s.post(ctx, body)
		switch {
		case err == nil && rejected > 0:
			s.lost.note(ctx, rejected, errors.New("the collector took only a part of them"))
			return nil
		case err == nil:
			s.lost.over(ctx)
			return nil
		}
		if wait == 0 {
			wait = pause/2 + rand.N(pause/2) //nolint:gosec // chance is all
			pause = min(2*pause, maxResend)
		}
		if deadline, _ := ctx.Deadline(); wait < 0 || time.Until(deadline) <= wait || !sleep(ctx, wait) {
			s.lost.note(ctx, count(spans), err)
			return nil
		}
	}
}

// never is the wait after a failure that another attempt would not mend.
const never = time.Duration(-1)

// encode returns the bytes of an export. TracesData is on the wire what ExportTraceServiceRequest is.
func (s *sender) encode(spans []*tracepb.ResourceSpans) ([]byte, error) {
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return nil, errors.New("they cannot be encoded")
	}
	if !s.cfg.gzip {
		return body, nil
	}
	var zipped bytes.Buffer
	writer := gzip.NewWriter(&zipped)
	_, _ = writer.Write(body) // to memory, which does not fail
	_ = writer.Close()
	return zipped.Bytes(), nil
}

// post sends a body once. It returns how many spans the collector did not take; or an error, which has no
// byte of an answer or of a header in it, and how long to wait before the next attempt: 0 if that is not
// said, never if there is none.
func (s *sender) post(ctx context.Context, body []byte) (rejected int, wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.endpoint.String(), bytes.NewReader(body))
	if err != nil { // err quotes the URL
		return 0, never, errors.New("the endpoint is no URL")
	}
	if user := s.cfg.endpoint.User; user != nil {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
	}
	maps.Copy(req.Header, s.cfg.headers)
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("User-Agent", "jobsgateway")
	if s.cfg.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	// Not by an http.Client, which would follow redirects and take the headers along.
	res, err := s.transport.RoundTrip(req)
	switch {
	case ctx.Err() != nil:
		return 0, never, fmt.Errorf("%s has not answered in time", s.cfg.endpoint.Host)
	case err != nil:
		return 0, 0, fmt.Errorf("%s cannot be reached: %w", s.cfg.endpoint.Host, err)
	}
	defer res.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(res.Body, maxResponse))
	if res.StatusCode == http.StatusOK {
		return rejectedSpans(answer), 0, nil
	}
	err = fmt.Errorf("%s has answered with status %d", s.cfg.endpoint.Host, res.StatusCode)
	switch res.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
		return 0, time.Duration(max(0, min(seconds, int(maxTimeout.Seconds())))) * time.Second, err
	}
	return 0, never, err
}

// rejectedSpans reads how many spans the collector did not take from its answer, an
// ExportTraceServiceResponse: field 1 of its field 1. An answer that is none says nothing.
func rejectedSpans(answer []byte) int {
	const field = 1
	rejected, _ := protowire.ConsumeVarint(valueOf(valueOf(answer, field, protowire.BytesType), field, protowire.VarintType))
	return int(min(rejected, maxQueue))
}

// valueOf returns the value of a message's first field of this number and type, without its length; nil if
// there is none.
func valueOf(message []byte, field protowire.Number, typ protowire.Type) []byte {
	for len(message) > 0 {
		number, kind, length := protowire.ConsumeTag(message)
		if length < 0 {
			return nil
		}
		message = message[length:]
		size := protowire.ConsumeFieldValue(number, kind, message)
		if size < 0 {
			return nil
		}
		if number == field && kind == typ {
			if kind == protowire.BytesType {
				value, _ := protowire.ConsumeBytes(message)
				return value
			}
			return message[:size]
		}
		message = message[size:]
	}
	return nil
}

// count returns how many spans there are.
func count(all []*tracepb.ResourceSpans) (spans int) {
	for _, resource := range all {
		for _, scope := range resource.GetScopeSpans() {
			spans += len(scope.GetSpans())
		}
	}
	return spans
}

// sleep waits; false if ctx ends before.
func sleep(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
