package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"go.uber.org/goleak"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// records gives records as the Jobs API would have sent them, in this order.
func records(t testing.TB, raw ...string) []restclient.Record {
	t.Helper()
	list := make([]json.RawMessage, 0, len(raw))
	for _, r := range raw {
		list = append(list, json.RawMessage(r))
	}
	server := httptest.NewServer(emulator.New(emulator.Records(list...)))
	defer server.Close()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := restclient.New(restclient.Config{
		BaseURL: base, Timeout: 10 * time.Second, MaxBody: 1 << 20, MaxConns: 1,
		Token: func(context.Context) (string, bool) { return "t", true },
	})
	defer client.Close()
	page, err := client.Jobs(t.Context(), restclient.JobsQuery{OrderBy: restclient.CreatedAtDesc, PerPage: 100})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Records) != len(raw) {
		t.Fatalf("%d records of %d", len(page.Records), len(raw))
	}
	return page.Records
}

// essentials are the members that every record has.
const essentials = `{"job_id":"j","state":"running","type":"materialize-view",` +
	`"created_at":"2024-01-01T00:00:00","updated_at":"2024-01-01T00:00:00"`

// jobWith gives a job with further members, as in `"tags":[]`; a later member replaces an essential one.
func jobWith(t testing.TB, members string) *Job {
	t.Helper()
	if members != "" {
		members = "," + members
	}
	record := records(t, essentials+members+"}")[0]
	if record.Err != nil {
		t.Fatalf("%s: %v", members, record.Err)
	}
	return &Job{record.Job}
}

// inField gives a context that takes the errors of one field, and a reader of their places within it, or of the elements that the
// field's list is without.
func inField(ctx context.Context) (field context.Context, places func(t testing.TB) string) {
	field = graphql.WithResponseContext(ctx, graphql.DefaultErrorPresenter, nil)
	return field, func(t testing.TB) string {
		t.Helper()
		list := []string{}
		for _, err := range graphql.GetErrors(field) {
			wantMalformed(t, err)
			place := "at " + err.Path.String()
			if left, ok := errors.AsType[*LeftOutError](err); ok && err.Path == nil {
				place = fmt.Sprint("without ", left.Index)
			}
			list = append(list, place)
		}
		return strings.Join(list, ", ")
	}
}

// wantMalformed checks that an error is the Jobs API's.
func wantMalformed(t testing.TB, err error) {
	t.Helper()
	if e, ok := errors.AsType[*restclient.Error](err); !ok || e.Kind != restclient.KindMalformed {
		t.Errorf("error %v is not of an answer that cannot be read", err)
	}
}

// written gives what a value is on the wire.
func written(m graphql.Marshaler) string {
	var b strings.Builder
	m.MarshalGQL(&b)
	return b.String()
}

// valueOf gives what a pointer points at as text; null for nil.
func valueOf[T ~string](p *T) string {
	if p == nil {
		return "null"
	}
	return string(*p)
}
