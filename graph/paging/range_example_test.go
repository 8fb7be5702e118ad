package paging

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"jobsgateway/restclient"
)

// The example of docs/time-ranges.md: its list, its range, and the windows that are asked for.
func TestDocumentedRange(t *testing.T) {
	t.Parallel()
	var times []int
	for d := range 14 {
		for at := 0; at < day; at += 300 {
			times = append(times, d*day+at)
			if hour := at / 3600; 8 <= hour && hour < 18 {
				times = append(times, d*day+at+150)
			}
		}
	}
	w := worldOfTimes(t, times)
	var rows []string
	jobs := func(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
		page, err := w.client.Jobs(ctx, q)
		if err == nil {
			first, last := page.Records[0].Job.CreatedAt().Time(), page.Records[len(page.Records)-1].Job.CreatedAt().Time()
			rows = append(rows, fmt.Sprintf("| `[%d, %d)` | %s | %s |", q.Offset, q.Offset+int64(q.PerPage),
				first.Format("2 January 15:04"), last.Format("2 January 15:04")))
		}
		return page, err
	}
	plan, err := w.plan(rangeOf(50, 6*day, 7*day)) // the seventh of January
	if err != nil {
		t.Fatal(err)
	}
	page, err := w.page(serial(jobs), &plan)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../docs/time-ranges.md")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(rows[1:]) // those of one round come in any order
	var told []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if strings.HasPrefix(line, "| `[") {
			told = append(told, line)
		}
	}
	slices.Sort(told[min(1, len(told)):])
	t.Log(len(times), page.Total, page.places[0])
	if !slices.Equal(rows, told) {
		t.Errorf("the windows are\n%s\nand docs/time-ranges.md has\n%s", strings.Join(rows, "\n"), strings.Join(told, "\n"))
	}
	for _, number := range []int{len(times), int(page.Total), int(page.places[0]), int(page.places[0] + page.Total)} {
		if !strings.Contains(string(text), fmt.Sprint(number)) {
			t.Errorf("docs/time-ranges.md does not say %d", number)
		}
	}
}
