package paging

import (
	"slices"
	"testing"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

func TestLook(t *testing.T) {
	for _, ties := range []emulator.Options{{}, {SteadyTies: true}, {Ties: emulator.TiesDrawn}} {
		for _, jobs := range []int{100, 99, 101, 150, 600} {
			o := ties
			o.MaxRecords, o.Offsets = 20, emulator.OffsetsFloored
			w := newWorld(t, o)
			for range jobs {
				w.insert(1)
			}
			before := w.api.Total()
			r := request{first: 499, last: -1, offset: -1, orderBy: restclient.UpdatedAtDesc}
			page, err := w.try(t, r)
			n := 0
			var fault error
			same := false
			if page != nil {
				got := answerOf(page)
				n, fault = len(got.ids), page.Fault
				want := idsOf(w.list(r.orderBy, false))
				slices.Sort(want)
				slices.Sort(got.ids)
				same = slices.Equal(want, got.ids)
			}
			t.Logf("steady %v ties %v %d: %d ids (all: %v), %d calls, %v %v", o.SteadyTies, o.Ties, jobs, n, same, w.api.Total()-before, err, fault)
		}
	}
}
