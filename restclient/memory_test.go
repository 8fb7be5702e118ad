package restclient

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Every size that is lent has room, wastes at most an eighth, and finds its way back to its own class.
func TestMemoryClasses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 5<<20).Draw(t, "n")
		class, size := classOf(n)
		if size < n || size > max(smallestLent, n+n/8+1) {
			t.Fatalf("%d bytes are given %d", n, size)
		}
		if again, same := classOf(size); again != class || same != size {
			t.Fatalf("%d bytes of class %d belong to class %d", size, class, again)
		}
		var m memory
		m.give(make([]byte, 0, n))
		if b := m.take(n); len(b) != 0 || cap(b) < n {
			t.Fatalf("asked for %d, given %d of %d", n, len(b), cap(b))
		}
	})
}

// A page that one caller has is overwritten when it is released; one that several have is not, whoever releases it.
func TestRelease(t *testing.T) {
	t.Parallel()
	const body = `{"records":[{"job_id":"a","state":"running","type":"t","created_at":"2024-01-01T00:00:00",` +
		`"updated_at":"2024-01-01T00:00:00"}],"total_records":1}`
	arrived, answer := make(chan struct{}, 8), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-answer
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	}))
	defer server.Close()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := New(Config{BaseURL: base, Token: tokenOf, Timeout: time.Minute, MaxBody: 1 << 20, MaxConns: 8, Scribble: true})
	defer client.Close()
	for _, callers := range []int{1, 3} {
		pages := make([]*JobsPage, callers)
		var all sync.WaitGroup
		for i := range pages {
			all.Go(func() {
				var err error
				if pages[i], err = client.Jobs(as(t.Context(), "t"), JobsQuery{OrderBy: CreatedAtDesc, PerPage: 1}); err != nil {
					t.Error(err)
				}
			})
		}
		<-arrived
		until(t, func() bool { return waiting(client) == callers })
		answer <- struct{}{}
		all.Wait()
		raw := pages[0].Records[0].Job.Raw()
		for _, page := range pages {
			page.Release()
			page.Release()
		}
		scribbled := bytes.Equal(raw, []byte(strings.Repeat("#", len(raw))))
		if scribbled != (callers == 1) {
			t.Errorf("%d callers: the record is %s", callers, raw)
		}
	}
}

// A short body that comes without a length does not hold the room of the long one before it: a job is never given back.
func TestRoomOfUnsizedBodies(t *testing.T) {
	t.Parallel()
	record := `{"job_id":"2a5b9ad7-dc8f-47bb-8e62-843a38f8054c","state":"completed","type":"x","created_at":"2024-01-01T00:00:00",` +
		`"updated_at":"2024-01-01T00:00:00","pad":"` + strings.Repeat("x", 1000) + `"}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = http.NewResponseController(w).Flush() // so that it has no length
		if r.URL.Path != "/jobs" {
			_, _ = w.Write([]byte(record))
			return
		}
		_, _ = w.Write([]byte(`{"total_records":500,"records":[` + strings.Repeat(record+",", 499) + record + `]}`))
	}))
	defer server.Close()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := New(Config{BaseURL: base, Token: tokenOf, Timeout: time.Minute, MaxBody: 8 << 20, MaxConns: 4, Scribble: true})
	defer client.Close()
	ctx := as(t.Context(), "t")
	for range 3 {
		if _, err := client.Jobs(ctx, JobsQuery{OrderBy: CreatedAtDesc, PerPage: 500}); err != nil {
			t.Fatal(err)
		}
		body, err := client.get(ctx, question{token: "t", suffix: "/2a5b9ad7-dc8f-47bb-8e62-843a38f8054c"})
		if err != nil || string(body) != record {
			t.Fatalf("%s, %v", body, err)
		}
		if cap(body) > 2*smallestLent {
			t.Errorf("%d bytes hold %d", len(body), cap(body))
		}
	}
}
