package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"jobsgateway/internal/emulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// end is where generated history stops in these tests.
var end = time.Date(2026, 3, 12, 15, 30, 0, 0, time.UTC)

// page is a list answer, with records left as bytes.
type page struct {
	Current *int64            `json:"current_page"`
	Records *int64            `json:"total_records"`
	Pages   *int64            `json:"total_pages"`
	Prev    *int64            `json:"prev_page"`
	Next    *int64            `json:"next_page"`
	Jobs    []json.RawMessage `json:"records"`
}

// record is what the tests look at in one job.
type record struct {
	ID      string          `json:"job_id"`
	Plane   *string         `json:"data_plane_id"`
	State   string          `json:"state"`
	Type    string          `json:"type"`
	Created string          `json:"created_at"`
	Updated string          `json:"updated_at"`
	Ended   *string         `json:"ended_at"`
	Exec    *string         `json:"executor"`
	Key     string          `json:"idempotency_key"`
	Tags    []string        `json:"tags"`
	Input   json.RawMessage `json:"input"`
	Result  json.RawMessage `json:"result"`
	Source  struct {
		Type    string `json:"type"`
		Company int64  `json:"company_id"`
	} `json:"request_source"`
	Failures []struct {
		Message string `json:"message"`
		Value   struct {
			Stack string `json:"stacktrace"`
		} `json:"value"`
	} `json:"failures"`
}

// jobsAPI is an emulator behind a listener, and an HTTP client of it.
type jobsAPI struct {
	*emulator.Emulator
	t      testing.TB
	url    string
	token  string
	client *http.Client
}

// newJobsAPI serves an emulator until the test ends.
func newJobsAPI(t testing.TB, opts emulator.Options) *jobsAPI {
	t.Helper()
	if opts.End.IsZero() {
		opts.End = end
	}
	e := emulator.New(opts)
	srv := httptest.NewServer(e)
	t.Cleanup(srv.Close)
	client := &http.Client{
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(client.CloseIdleConnections)
	return &jobsAPI{Emulator: e, t: t, url: srv.URL, token: "any", client: client}
}

// request makes a GET with the caller's token.
func (c *jobsAPI) request(target string) *http.Request {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.url+target, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	return r
}

// get returns status and body, and fails the test when there is no whole answer.
func (c *jobsAPI) get(target string) (int, string) {
	c.t.Helper()
	res, body, err := c.do(c.request(target))
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, body
}

func (c *jobsAPI) do(r *http.Request) (*http.Response, string, error) {
	res, err := c.client.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res, string(body), err
}

// page asks for a list that must be answered with 200.
func (c *jobsAPI) page(query string) page {
	c.t.Helper()
	status, body := c.get("/jobs" + query)
	if status != http.StatusOK {
		c.t.Fatalf("GET /jobs%s: %d %s", query, status, body)
	}
	var p page
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		c.t.Fatalf("GET /jobs%s: %v", query, err)
	}
	return p
}

// jobs decodes the records of a list.
func (c *jobsAPI) jobs(query string) []record {
	c.t.Helper()
	p := c.page(query)
	jobs := make([]record, len(p.Jobs))
	for i, raw := range p.Jobs {
		if err := json.Unmarshal(raw, &jobs[i]); err != nil {
			c.t.Fatalf("%s: %v", raw, err)
		}
	}
	return jobs
}

// ids lists the ids of one page, in order.
func (c *jobsAPI) ids(query string) []string {
	c.t.Helper()
	ids := []string{}
	for _, j := range c.jobs(query) {
		ids = append(ids, j.ID)
	}
	return ids
}

// clock is a time that tests move by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func recordsOf(texts ...string) []json.RawMessage {
	out := make([]json.RawMessage, len(texts))
	for i, s := range texts {
		out[i] = json.RawMessage(s)
	}
	return out
}
