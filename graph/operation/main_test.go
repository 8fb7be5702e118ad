package operation

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"go.uber.org/goleak"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stub is an upstream of two functions.
type stub struct {
	jobs func(context.Context, restclient.JobsQuery) (*restclient.JobsPage, error)
	job  func(context.Context, restclient.JobID) (*restclient.Job, error)
}

func (s stub) Jobs(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
	return s.jobs(ctx, q)
}

func (s stub) Job(ctx context.Context, id restclient.JobID) (*restclient.Job, error) {
	return s.job(ctx, id)
}

// newest is the list of all jobs, the newest first.
var newest = restclient.JobsQuery{OrderBy: restclient.CreatedAtDesc}

// newAPI is a Jobs API of n jobs over HTTP.
func newAPI(t testing.TB, n int) Upstream {
	t.Helper()
	return clientOf(t, emulator.New(emulator.Options{Jobs: n}))
}

// clientOf is the client of an API over HTTP.
func clientOf(t testing.TB, api http.Handler) *restclient.Client {
	t.Helper()
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := restclient.New(restclient.Config{
		BaseURL: base, Timeout: 10 * time.Second, MaxBody: 8 << 20, MaxConns: 64, Scribble: true,
		Token: func(context.Context) (string, bool) { return canaryToken, true },
	})
	t.Cleanup(client.Close)
	return client
}

// canaryToken goes to the Jobs API with every call and must come out nowhere.
const canaryToken = "token-4be1f0c2d3a5968778695a4b3c2d1e0f"

const (
	plane   = "9f9d1f0e-4a55-4d50-8d44-0d0f5a5d5c11"
	nilUUID = "00000000-0000-0000-0000-000000000000"
)

// idOf is the id of the job with this number.
func idOf(number int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", number) }
