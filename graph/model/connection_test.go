package model

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"jobsgateway/graph/paging"
	"jobsgateway/restclient"
)

// pageOf makes a page of one record a letter: r for a readable one, x for one that is not. A record's place is its id.
func pageOf(t testing.TB, letters string) *JobConnection {
	t.Helper()
	raw := make([]string, len(letters))
	for i, letter := range letters {
		raw[i] = fmt.Sprintf(`{"job_id":"%d","state":"running","type":"t","created_at":"2024-01-01T00:00:00","updated_at":"2024-01-01T00:00:00"}`, i)
		if letter == 'x' {
			raw[i] = strings.Replace(raw[i], `"state"`, `"status"`, 1)
		}
	}
	plan := paging.Plan{Key: paging.Key{List: restclient.JobsQuery{OrderBy: restclient.CreatedAtDesc}, Size: len(raw)}}
	return &JobConnection{Page: plan.FirstPage(records(t, raw...), true)}
}

// Every readable job is on its page with its own cursor, every other record is reported with its place, and the page's ends
// are those of the readable jobs.
func TestPages(t *testing.T) {
	t.Parallel()
	for letters, c := range map[string]struct{ ids, unread, start, end string }{
		"":       {"", "", "null", "null"},
		"r":      {"0", "", "0", "0"},
		"rrr":    {"0 1 2", "", "0", "2"},
		"x":      {"", "without 0", "null", "null"},
		"xx":     {"", "without 0, without 1", "null", "null"},
		"xr":     {"1", "without 0", "1", "1"},
		"rx":     {"0", "without 1", "0", "0"},
		"xrrx":   {"1 2", "without 0, without 3", "1", "2"},
		"xxrxrx": {"2 4", "without 0, without 1, without 3, without 5", "2", "4"},
	} {
		page := pageOf(t, letters)
		ids := []string{}
		for _, job := range page.Jobs() {
			ids = append(ids, job.ID())
		}
		if got := strings.Join(ids, " "); got != c.ids {
			t.Errorf("%q: jobs %q, want %q", letters, got, c.ids)
		}

		field, places := inField(t.Context())
		nodes := page.Nodes(field)
		if got := places(t); len(nodes) != len(ids) || nodes == nil || got != c.unread {
			t.Errorf("%q: %d nodes, errors %q, want %q", letters, len(nodes), got, c.unread)
		}
		for i, node := range nodes {
			if node.ID() != ids[i] {
				t.Errorf("%q: node %d is %s", letters, i, node.ID())
			}
		}

		field, places = inField(t.Context())
		edges := page.Edges(field)
		if got := places(t); len(edges) != len(ids) || edges == nil || got != c.unread {
			t.Errorf("%q: %d edges, errors %q, want %q", letters, len(edges), got, c.unread)
		}
		for i, edge := range edges {
			if edge.Node.ID() != ids[i] || edge.Cursor != cursorAt(page, ids[i]) {
				t.Errorf("%q: edge %d is %s, %s", letters, i, edge.Node.ID(), edge.Cursor)
			}
		}

		info := page.PageInfo()
		if start, end := valueOf(info.StartCursor), valueOf(info.EndCursor); start != cursorAt(page, c.start) || end != cursorAt(page, c.end) {
			t.Errorf("%q: from %s to %s, want %s to %s", letters, start, end, c.start, c.end)
		}
	}
}

// cursorAt is the cursor of the record at a place; "null" stays.
func cursorAt(page *JobConnection, place string) string {
	i, err := strconv.Atoi(place)
	if err != nil {
		return place
	}
	return page.Cursor(i)
}

func TestPageInfo(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
		info := (&JobConnection{&paging.Page{HasNextPage: c[0], HasPreviousPage: c[1]}}).PageInfo()
		if info.HasNextPage != c[0] || info.HasPreviousPage != c[1] || info.StartCursor != nil || info.EndCursor != nil {
			t.Errorf("%v: %+v", c, info)
		}
	}
}

func TestTotalCount(t *testing.T) {
	t.Parallel()
	for total, want := range map[int64]int32{0: 0, 1: 1, math.MaxInt32: math.MaxInt32} {
		if got, err := (&JobConnection{&paging.Page{Total: total}}).TotalCount(); err != nil || *got != want {
			t.Errorf("%d: %d, %v", total, got, err)
		}
	}
	for _, total := range []int64{restclient.UnknownTotal, math.MaxInt32 + 1, math.MaxInt64, math.MinInt64} {
		got, err := (&JobConnection{&paging.Page{Total: total}}).TotalCount()
		if _, ok := errors.AsType[*NoTotalError](err); !ok || got != nil {
			t.Errorf("%d: %d, %v", total, got, err)
		}
	}
}
