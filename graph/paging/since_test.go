package paging

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jobsgateway/restclient"
)

func TestSinceIsReadAsItWasWritten(t *testing.T) {
	list := restclient.JobsQuery{Filter: "type=a", OrderBy: restclient.UpdatedAtDesc}
	rapid.Check(t, func(t *rapid.T) {
		s := Since{
			Epoch:  rapid.Uint64().Draw(t, "epoch"),
			Number: rapid.Int64Range(0, maxCursorOffset).Draw(t, "number"),
			At:     time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).UTC(),
		}
		if rapid.Bool().Draw(t, "empty list") {
			s.At = time.Time{}
		}
		text := s.Text(list)
		if got, err := ReadSince(text, list); err != nil || got != s {
			t.Fatalf("%+v became %q, which is read as %+v, %v", s, text, got, err)
		}
		if _, err := ReadSince(text, restclient.JobsQuery{Filter: "type=b", OrderBy: list.OrderBy}); err == nil {
			t.Fatal("a cursor of other jobs is taken")
		}
		damaged := []byte(text)
		i := rapid.IntRange(0, len(damaged)-1).Draw(t, "damaged")
		damaged[i] = rapid.Byte().Draw(t, "byte")
		if _, err := ReadSince(string(damaged), list); string(damaged) != text && err == nil {
			t.Fatalf("%q is taken for %q", damaged, text)
		}
	})
}

func TestSinceAndCursorAreNotMixedUp(t *testing.T) {
	list := restclient.JobsQuery{OrderBy: restclient.UpdatedAtDesc}
	page := cursor{scope: scopeOf(list.Filter, list.OrderBy, Range{}), anchor: anchor{id: "a", value: time.Unix(1, 0)}}.encode()
	for _, text := range []string{"", "a", page, page[:20]} {
		_, err := ReadSince(text, list)
		if refused, ok := errors.AsType[*ArgumentError](err); !ok || refused.Argument != "since" {
			t.Errorf("%q as since: %v", text, err)
		}
	}
	since := Since{Epoch: 1, At: time.Unix(1, 0)}.Text(list)
	if _, ok := decodeCursor(since); ok {
		t.Errorf("%q, a place in changes, is a cursor of a page, too", since)
	}
}
