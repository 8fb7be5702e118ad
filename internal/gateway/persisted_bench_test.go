package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"jobsgateway/internal/trusted"
)

// pageOf20 is a page of 20 jobs as a frontend asks for it: Apollo Client prints it so, with the names of types.
const pageOf20 = `query JobsPage($filter: JobFilter, $after: String) {
  jobs(first: 20, filter: $filter, after: $after) {
    totalCount
    edges {
      cursor
      node {
        ...JobRow
        __typename
      }
      __typename
    }
    pageInfo {
      hasNextPage
      endCursor
      __typename
    }
    __typename
  }
}

fragment JobRow on Job {
  id
  type
  state
  isFinal
  executor
  createdAt
  updatedAt
  endedAt
  durationSeconds
  tags
  dataset {
    id
    __typename
  }
  dataPlane {
    id
    __typename
  }
  failures {
    message
    occurredAt
    __typename
  }
  __typename
}`

// processTime is the time that the processors have worked for this process, in nanoseconds: on a machine that has
// other things to do it says more than a clock.
func processTime(b *testing.B) int64 {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// BenchmarkNaming is what a page of 20 jobs costs in the handler by how its document is named: as a text that is
// remembered, as one that is not, by the hash of an automatic persisted query, and as a listed document.
func BenchmarkNaming(b *testing.B) {
	hash := sha256Of(pageOf20)
	variables := `"operationName":"JobsPage","variables":{"filter":{"states":["COMPLETED","FAILED"]},"after":null}`
	text, err := json.Marshal(pageOf20)
	if err != nil {
		b.Fatal(err)
	}
	for _, way := range []struct{ name, named string }{
		{"text", `"query":` + string(text)},
		{"new-text", `"query":"#%d\n` + string(text[1:])},
		{"hash", `"extensions":` + hashed(hash)},
		{"id", `"documentId":"sha256:` + hash + `"`},
	} {
		b.Run(way.name, func(b *testing.B) {
			g, handler := measuredGateway(b)
			g.persisted = newPersisted(1 << 20)
			known, _ := hashOf(hash)
			g.persisted.keep(known, pageOf20, nobody)
			if way.name == "id" {
				g.trust = TrustRequire
				list := []trusted.Document{{ID: "sha256:" + hash, Text: pageOf20}}
				if err := (&Gateway{handler, g}).Trust(list); err != nil {
					b.Fatal(err)
				}
			}
			body := "{" + way.named + "," + variables + "}"
			n, began := 0, processTime(b)
			b.ReportAllocs()
			for b.Loop() {
				sent := body
				if n++; way.name == "new-text" {
					sent = fmt.Sprintf(body, n)
				}
				r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/graphql", strings.NewReader(sent))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Authorization", "Bearer bench")
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK || strings.HasPrefix(w.Body.String(), `{"errors"`) {
					b.Fatal(w.Body)
				}
			}
			b.ReportMetric(float64(len(body)), "B/request")
			b.ReportMetric(float64(processTime(b)-began)/float64(n), "cpu-ns/op")
		})
	}
}
