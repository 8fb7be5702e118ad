package clienttest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Forgetful takes the lines of a log, so that they are formatted, and forgets them.
type Forgetful struct{}

func (Forgetful) Write(line []byte) (int, error) { return len(line), nil }

// Replaying answers each question as api did the first time: what is measured over it is not the API's.
func Replaying(api http.Handler) http.Handler {
	var known sync.Map
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := known.Load(r.URL.RawQuery)
		if !ok {
			r.Header.Del("Accept-Encoding")
			first := httptest.NewRecorder()
			api.ServeHTTP(first, r)
			body = first.Body.Bytes()
			known.Store(r.URL.RawQuery, body)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body.([]byte)) //nolint:gosec // no page that a browser shows
	})
}

// SenderOf returns what sends one query to a gateway. An answer without data ends the test.
func SenderOf(t testing.TB, gateway http.Handler, query string) (send func()) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(string(body)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer bench")
		w := httptest.NewRecorder()
		gateway.ServeHTTP(w, r)
		if w.Code != http.StatusOK || strings.HasPrefix(w.Body.String(), `{"errors"`) {
			t.Fatal(w.Body)
		}
	}
}
