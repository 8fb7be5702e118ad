package gateway

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// heldWriter is a client that takes an answer's bytes when it is let.
type heldWriter struct {
	*httptest.ResponseRecorder

	begun, gate chan struct{}
}

func (w *heldWriter) Write(p []byte) (int, error) {
	close(w.begun)
	<-w.gate
	return w.ResponseRecorder.Write(p)
}

// The bytes of an answer are not written to again while anybody reads them: neither by who ran the operation,
// when it has been served before one that joined, nor the other way round. Those of an answer that nobody
// else has are used again.
func TestAnswersAreNotOverwritten(t *testing.T) {
	t.Parallel()
	upstream := &tokenTotals{gate: make(chan struct{})}
	close(upstream.gate)
	_, g, handler := newOpenGateway(t, upstream, nil)
	serve := func(w http.ResponseWriter, token, query string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(envelopeOf(t, query, nil)))
		r.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + token}}
		handler.ServeHTTP(w, r)
	}
	const shared = `{ x: jobs(first: 0) { totalCount } }`
	for slow := range 2 { // 0 runs the operation, 1 joins
		upstream.gate = make(chan struct{})
		held := &heldWriter{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
		served := []chan struct{}{make(chan struct{}), make(chan struct{})}
		for i, done := range served {
			var w http.ResponseWriter = httptest.NewRecorder()
			if i == slow {
				w = held
			}
			go func() {
				defer close(done)
				serve(w, "token-5", shared)
			}()
			until(t, func() bool { return g.flights.waiting() == i+1 })
		}
		close(upstream.gate)
		await(t, held.begun)
		await(t, served[1-slow])
		for token := range 50 {
			serve(httptest.NewRecorder(), fmt.Sprintf("token-%d", 10+token), `{ y: jobs(first: 0) { totalCount } }`)
		}
		close(held.gate)
		await(t, served[slow])
		if got := held.Body.String(); got != `{"data":{"x":{"totalCount":50}}}` {
			t.Errorf("overwritten: %s", got)
		}
	}
	until(t, func() bool { // a pool may lose things
		serve(httptest.NewRecorder(), "token-1", shared)
		return cap(g.executor.buffers.take()) > 0
	})
}

// A buffer that was shared is never taken back.
func TestSharedBuffersAreNotGivenBack(t *testing.T) {
	t.Parallel()
	upstream := &tokenTotals{gate: make(chan struct{})}
	gw, g, _ := newOpenGateway(t, upstream, nil)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			gw.send(request{body: envelopeOf(t, `{ jobs(first: 0) { totalCount } }`, nil), header: named("x", "token-5")})
		})
		until(t, func() bool { return g.flights.waiting() == i+1 })
	}
	close(upstream.gate)
	all.Wait()
	until(t, func() bool { return len(gw.log.With("operation")) == 4 })
	for range 16 {
		if b := g.executor.buffers.take(); b != nil {
			t.Errorf("given back: %s", b[:cap(b)])
		}
	}
}

// Under many operations at once, small and large, every answer is byte for byte what it is alone.
func TestAnswersUnderLoad(t *testing.T) {
	t.Parallel()
	gw, _, _ := newOpenGateway(t, nil, nil)
	queries := []string{
		queryType, `{ a: __typename }`, queryJobs, `{ jobs(first: 60) { nodes { raw } } }`, `{ jobs(first: 60) { nodes { id input { raw } result { raw } } totalCount } }`,
		`{ jobs(first: 1) { nodes { failures { message } dataset { latestJob { raw } } } } }`, `{ jobs(first: 9, offset: 7) { edges { cursor node { type } } } }`,
		`{ job(id: "` + gw.jobs.IDs()[0] + `") { raw } x: job(id: "x") { id } }`,
	}
	bodies := []string{}
	for _, query := range queries {
		bodies = append(bodies, gw.send(request{body: envelopeOf(t, query, nil), header: named("same", tokenA)}).body)
	}
	var all sync.WaitGroup
	for worker := range 24 {
		all.Go(func() {
			for n := range 40 {
				i := (worker%3*5 + n*(1+worker%2*2)) % len(queries)
				if got := gw.send(request{body: envelopeOf(t, queries[i], nil), header: named("same", tokenA)}); got.body != bodies[i] {
					t.Errorf("%s:\n%s\nwant\n%s", queries[i], got.body, bodies[i])
				}
			}
		})
	}
	all.Wait()
}

// Memory of an answer is kept for the next ones up to 2 MiB, and not a byte beyond.
func TestKeptBuffers(t *testing.T) {
	t.Parallel()
	const most = 2 << 20
	p := &bufferPool{}
	until(t, func() bool { // a pool may lose things
		p.give(make([]byte, 0, most))
		return cap(p.take()) == most
	})
	p = &bufferPool{}
	for range 50 {
		p.give(make([]byte, 0, most+1))
		if b := p.take(); b != nil {
			t.Fatalf("%d bytes are kept", cap(b))
		}
	}
}
