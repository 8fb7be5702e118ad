package paging

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// Whatever the arguments, they are refused by name, or the first question is one that the Jobs API answers.
func FuzzPageArguments(f *testing.F) {
	text := cursor{
		scope:  scopeOf("", restclient.CreatedAtDesc, Range{}),
		anchor: anchor{id: "2a5b9ad7-dc8f-47bb-8e62-843a38f8054c", value: time.Unix(1700000000, 0), offset: 70, total: 90},
	}.encode()
	f.Add(int32(10), int32(0), int32(0), uint8(1), text, "")
	f.Add(int32(0), int32(500), int32(-1), uint8(2|8|16), "", text)
	f.Add(int32(math.MaxInt32), int32(math.MinInt32), int32(math.MaxInt32), uint8(7), "x", "AAAA")
	f.Fuzz(func(t *testing.T, first, last, offset int32, given uint8, after, before string) {
		args := Args{}
		for i, to := range []**int32{&args.First, &args.Last, &args.Offset} {
			if given&(1<<i) != 0 {
				*to = []*int32{&first, &last, &offset}[i]
			}
		}
		if given&8 != 0 {
			args.After = &after
		}
		if given&16 != 0 {
			args.Before = &before
		}
		plan, err := NewPlan(byCreation, args, limits)
		if err != nil {
			if input, ok := errors.AsType[*ArgumentError](err); !ok || input.Argument == "" || input.Message == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		if plan.Size < 0 || plan.Size > 500 {
			t.Fatalf("size %d", plan.Size)
		}
		if q := plan.Opening(); q.Offset < 0 || q.PerPage < 1 || q.PerPage > 500 {
			t.Fatalf("%+v", q)
		}
	})
}

// A list in which the place of a cursor is never where it was a moment ago: the search ends within its budget, and says
// what to do.
func TestSeekEndsOnAListThatNeverStands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	for i := range 200 {
		w.insert(i)
	}
	page := w.read(t, request{first: 1, last: -1, offset: 100, orderBy: restclient.CreatedAtDesc})
	plan, err := NewPlan(byCreation, Args{After: &page.finish}, limits)
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	// Each answer is a record that stands behind the place and one that stands before it, in turn.
	restless := func(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
		calls++
		asked := q.PerPage
		q.Offset, q.PerPage = 10, 1
		if calls%2 == 0 {
			q.Offset = 190
		}
		answer, err := w.client.Jobs(ctx, q)
		if err == nil {
			answer.Total, answer.Asked = 1<<30, asked
		}
		return answer, err
	}
	_, err = w.page(restless, &plan)
	documents, unread := os.ReadFile("../../docs/errors.md")
	if unread != nil || !strings.Contains(string(documents), fmt.Sprintf("of one page at most %d |", maxCalls)) {
		t.Errorf("docs/errors.md does not say that one page costs at most %d calls: %v", maxCalls, unread)
	}
	if _, ok := errors.AsType[*DriftError](err); !ok || calls != maxCalls {
		t.Errorf("%v after %d calls", err, calls)
	}
}
