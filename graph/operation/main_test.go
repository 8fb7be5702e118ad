package operation

import (
	"context"
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"jobsgateway/internal/clienttest"
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
	return clienttest.New(t, emulator.New(emulator.Options{Jobs: n}))
}

const (
	plane   = "9f9d1f0e-4a55-4d50-8d44-0d0f5a5d5c11"
	nilUUID = "00000000-0000-0000-0000-000000000000"
)

// idOf is the id of the job with this number.
func idOf(number int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", number) }
