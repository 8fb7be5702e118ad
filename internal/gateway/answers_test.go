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
// when it has been served before one that joined, nor the other way round. What is given back is overwritten.
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
