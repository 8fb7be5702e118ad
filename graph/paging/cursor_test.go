package paging

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jobsgateway/restclient"
)

// A cursor that is damaged in any way is refused before anything is asked.
func FuzzCursor(f *testing.F) {
	at := time.Date(2024, 1, 1, 0, 0, 0, 400498000, time.UTC)
	f.Add(cursor{scope: 7, anchor: anchor{id: "2a5b9ad7-dc8f-47bb-8e62-843a38f8054c", value: at, offset: 3, total: 9}}.encode())
	f.Add(cursor{scope: 1 << 63, anchor: anchor{id: "x", value: at, total: -1, before: []uint32{1, 2}, after: []uint32{3}}}.encode())
	f.Add("")
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		c, ok := decodeCursor(text)
		if !ok {
			return
		}
		if c.encode() != text {
			t.Fatalf("%q is read, but written as %q", text, c.encode())
		}
		if c.offset < 0 || c.offset > maxCursorOffset || c.total < -1 {
			t.Fatalf("%q: %+v", text, c)
		}
	})
}

// Every cursor comes back as it was; with any byte changed it does not come back at all.
func TestCursorRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := cursor{scope: rapid.Uint64().Draw(t, "scope"), anchor: anchor{
			id:     rapid.SampledFrom([]string{"2a5b9ad7-dc8f-47bb-8e62-843a38f8054c", "x", "2A5B9AD7-DC8F-47BB-8E62-843A38F8054C"}).Draw(t, "id"),
			value:  time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "seconds"), rapid.Int64Range(0, 999999999).Draw(t, "nanoseconds")).UTC(),
			offset: rapid.Int64Range(0, maxCursorOffset).Draw(t, "offset"),
			total:  rapid.Int64Range(-1, maxCursorOffset-1).Draw(t, "total"),
			before: rapid.SliceOfN(rapid.Uint32(), 0, 3).Draw(t, "before"),
			after:  rapid.SliceOfN(rapid.Uint32(), 0, 3).Draw(t, "after"),
		}}
		text := c.encode()
		back, ok := decodeCursor(text)
		if !ok || back.id != c.id || !back.value.Equal(c.value) || back.offset != c.offset || back.total != c.total ||
			back.scope != c.scope || !slices.Equal(back.before, c.before) || !slices.Equal(back.after, c.after) {
			t.Fatalf("%+v came back as %+v", c, back)
		}
		i := rapid.IntRange(0, len(text)-1).Draw(t, "place")
		other := rapid.SampledFrom([]byte("ABab01-_!")).Draw(t, "byte")
		damaged := []byte(text)
		damaged[i] = other
		if _, ok := decodeCursor(string(damaged)); ok && string(damaged) != text {
			t.Fatalf("%s is accepted for %s", damaged, text)
		}
	})
}

// The same values in another order, or twice, are the same list.
func TestReorderedFilter(t *testing.T) {
	t.Parallel()
	filter := restclient.JobsFilter{Types: []string{"a", "b"}, TagsAny: []string{"x"}}.Encode()
	text := cursor{scope: scopeOf(filter, restclient.CreatedAtDesc, Range{}), anchor: anchor{id: "x"}}.encode()
	again := restclient.JobsFilter{Types: []string{"b", "a", "b"}, TagsAny: []string{"x"}}.Encode()
	list := restclient.JobsQuery{Filter: again, OrderBy: restclient.CreatedAtDesc}
	if _, err := NewPlan(list, Args{After: &text}, limits); err != nil {
		t.Error(err)
	}
}

// A cursor of another list is refused, and the message says so.
func TestForeignCursor(t *testing.T) {
	t.Parallel()
	text := cursor{scope: scopeOf("", restclient.CreatedAtDesc, Range{}), anchor: anchor{id: "x"}}.encode()
	other := restclient.JobsFilter{Types: []string{"t"}}.Encode()
	for name, list := range map[string]restclient.JobsQuery{
		"order":  {OrderBy: restclient.CreatedAtAsc},
		"filter": {OrderBy: restclient.CreatedAtDesc, Filter: other},
	} {
		_, err := NewPlan(list, Args{Before: &text}, limits)
		if _, ok := errors.AsType[*ArgumentError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
