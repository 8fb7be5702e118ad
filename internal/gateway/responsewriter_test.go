package gateway

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// heads is an answer that notes which heads are written, and takes so many pieces of a body.
type heads struct {
	*httptest.ResponseRecorder

	statuses []int
	takes    int
}

func (h *heads) WriteHeader(status int) { h.statuses = append(h.statuses, status) }

func (h *heads) Write(p []byte) (int, error) {
	if h.takes--; h.takes < 0 {
		return 0, errors.New("the caller has left")
	}
	return len(p), nil
}

// An answer whose head nobody wrote is a 200, one head is written, and the log's status is that of the head
// which ended the interim ones. What could not be written is a failure.
func TestStatuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		written []int
		pieces  int
		want    []int
		failed  bool
	}{
		"no head":        {nil, 2, []int{200}, false},
		"a head":         {[]int{404}, 2, []int{404}, false},
		"an interim one": {[]int{http.StatusEarlyHints, 503}, 1, []int{103, 503}, false},
		"interim alone":  {[]int{http.StatusEarlyHints}, 1, []int{103, 200}, false},
		"nobody reads":   {[]int{201}, 3, []int{201}, true},
	} {
		h := &heads{ResponseRecorder: httptest.NewRecorder(), takes: 2}
		w := &responseWriter{ResponseWriter: h}
		for _, status := range c.written {
			w.WriteHeader(status)
		}
		for range c.pieces {
			_, _ = w.Write([]byte("x"))
		}
		if !slices.Equal(h.statuses, c.want) || w.status != c.want[len(c.want)-1] || w.failed != c.failed {
			t.Errorf("%s: %v, status %d, failed %t", name, h.statuses, w.status, w.failed)
		}
	}
}

// While the gateway is draining, each answer says that it is the last one of its connection, also one whose
// request came before. Before that, none does.
func TestDrainingAnswers(t *testing.T) {
	t.Parallel()
	draining := false
	for _, want := range []string{"", "close"} {
		recorder := httptest.NewRecorder()
		w := &responseWriter{ResponseWriter: recorder, draining: func() bool { return draining }}
		draining = want != ""
		if _, err := w.Write([]byte("{}")); err != nil {
			t.Fatal(err)
		}
		if got := recorder.Header().Get("Connection"); got != want {
			t.Errorf("draining %t: Connection %q, want %q", draining, got, want)
		}
	}
}
