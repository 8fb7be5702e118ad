package operation

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// A page of the whole list is worth it where it is cheaper than the calls that it saves, and its length is known and
// fits.
func TestWorthSharing(t *testing.T) {
	t.Parallel()
	oldest := restclient.JobsQuery{OrderBy: restclient.CreatedAtAsc}
	failed := restclient.JobsQuery{Filter: "state=failed", OrderBy: restclient.CreatedAtDesc}
	page := func(list restclient.JobsQuery, total int64) *paging.Page {
		return &paging.Page{List: list, Total: total}
	}
	asking := func(n int, list restclient.JobsQuery) []*DatasetPage {
		all := make([]*DatasetPage, n)
		for i := range all {
			own := restclient.JobsQuery{Filter: restclient.Filter(fmt.Sprintf("dataset_id=%d", i)), OrderBy: list.OrderBy}
			all[i] = &DatasetPage{whole: list, Plan: paging.Plan{Key: paging.Key{List: own, Size: 1}}}
		}
		return all
	}
	elsewhere := asking(100, newest)
	one, cursor := int32(1), cursorOf(t)
	for i, d := range elsewhere {
		args := []paging.Args{{Last: &one}, {After: &cursor}, {Before: &cursor}, {Offset: &one}, {}}[i%5]
		var err error
		if d.Plan, err = paging.NewPlan(newest, args, paging.Limits{Default: 1, Max: 1}); err != nil {
			t.Fatal(err)
		}
		d.Plan.Empty = i%5 == 4
	}
	for name, c := range map[string]struct {
		page *paging.Page
		open []*DatasetPage
		want []restclient.JobsQuery
	}{
		"nobody asks":          {page(newest, 1), nil, nil},
		"no page":              {nil, asking(100, newest), nil},
		"one call, no job":     {page(newest, 0), asking(1, newest), nil},
		"two calls, 29 jobs":   {page(newest, 29), asking(2, newest), []restclient.JobsQuery{newest}},
		"two calls, 30 jobs":   {page(newest, 30), asking(2, newest), nil},
		"three calls, 59 jobs": {page(newest, 59), asking(3, newest), []restclient.JobsQuery{newest}},
		"three calls, 60 jobs": {page(newest, 60), asking(3, newest), nil},
		"17 calls, 500 jobs":   {page(newest, 500), asking(17, newest), nil},
		"18 calls, 500 jobs":   {page(newest, 500), asking(18, newest), []restclient.JobsQuery{newest}},
		"100 calls, 501 jobs":  {page(newest, 501), asking(100, newest), nil},
		"an unknown total":     {page(newest, restclient.UnknownTotal), asking(100, newest), nil},
		"a total of an order":  {page(oldest, 29), asking(2, newest), []restclient.JobsQuery{newest}},
		"a total of a filter":  {page(failed, 29), asking(2, newest), nil},
		"an unreadable record": {&paging.Page{List: oldest, Total: 9, Records: []restclient.Record{{Err: errors.New("unreadable")}}}, asking(5, newest), nil},
		"all known already":    {&paging.Page{List: newest, FromStart: true}, asking(5, newest), nil},
		"all known elsewhere":  {&paging.Page{List: oldest, FromStart: true}, asking(5, newest), []restclient.JobsQuery{newest}},
		"others do not count":  {page(newest, 29), append(elsewhere, asking(1, newest)...), nil},
		"lists apart":          {page(newest, 29), append(asking(1, oldest), asking(1, newest)...), nil},
		"fields of one call":   {page(newest, 29), slices.Repeat(asking(1, newest), 5), nil},
		"two lists, each once": {page(newest, 29), append(asking(2, oldest), asking(2, newest)...), []restclient.JobsQuery{oldest, newest}},
	} {
		if diff := cmp.Diff(c.want, worthSharing(c.page, c.open)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// cursorOf is a cursor of a job in the list newest.
func cursorOf(t *testing.T) string {
	t.Helper()
	answer, err := newAPI(t, 1).Jobs(t.Context(), restclient.JobsQuery{OrderBy: newest.OrderBy, PerPage: 1})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := paging.NewPlan(newest, paging.Args{}, paging.Limits{Default: 1, Max: 1})
	if err != nil {
		t.Fatal(err)
	}
	return string(plan.FirstPage(answer.Records, true).AppendCursor(nil, 0))
}
