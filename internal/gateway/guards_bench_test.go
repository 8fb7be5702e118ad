package gateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"jobsgateway/internal/document"
	"jobsgateway/internal/memory"
)

// BenchmarkGuards is what the checks before an operation cost of the whole operation, a page of 20 jobs: the token,
// the envelope, and what is looked up and counted of a document that is known; and how much more a document costs
// that is new, which is parsed, measured and validated.
func BenchmarkGuards(b *testing.B) {
	g, handler := measuredGateway(b)
	const query = `query($n: Int) {jobs(first:$n){nodes{id state type executor createdAt updatedAt}}}`
	const body = `{"query":"` + query + `","variables":{"n":20}}`
	post := func() *http.Request {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/graphql", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer bench")
		return r
	}
	var whole, known, fresh time.Duration
	for b.Loop() {
		began := time.Now()
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, post())
		whole += time.Since(began)
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
		r := post()
		began = time.Now()
		if _, bad := parseBearer(r.Header["Authorization"]); bad != 0 {
			b.Fatal("no token")
		}
		request, refused := readPost(w, r, &memory.Request{Memory: g.executor.memory}, 256<<10)
		if refused != nil {
			b.Fatal(refused)
		}
		if _, _, refused := g.executor.prepare(request, false); refused != nil {
			b.Fatal(refused)
		}
		known += time.Since(began)
		began = time.Now()
		parsed, err := document.Parse(query, maxTokens)
		if err != nil {
			b.Fatal(err)
		}
		if err := g.executor.documents.limits.check(parsed, document.Measure(parsed)); err != nil {
			b.Fatal(err)
		}
		if list := g.executor.documents.validator.Validate(parsed, maxErrors); len(list) > 0 {
			b.Fatal(list)
		}
		fresh += time.Since(began)
	}
	b.ReportMetric(100*float64(known)/float64(whole), "%/known")
	b.ReportMetric(100*float64(fresh)/float64(whole), "%/new")
	b.Logf("G3: the checks are %.1f %% of a page of 20 jobs, and %.0f %% more for a document that is new", 100*float64(known)/float64(whole), 100*float64(fresh)/float64(whole))
}
