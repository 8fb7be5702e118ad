package paging

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// day is a day in seconds; the lists below have jobs of 14 of them.
const day = 24 * 60 * 60

// arrivals are ways in which jobs come: a time for each of so many, in seconds.
var arrivals = map[string]func(n int, chance *rand.Rand) []int{
	"evenly": func(n int, chance *rand.Rand) []int {
		times := make([]int, n)
		for i := range times {
			times[i] = chance.IntN(14 * day)
		}
		return times
	},
	// Nine of ten come in the ten minutes after two o'clock at night.
	"at night": func(n int, chance *rand.Rand) []int {
		times := make([]int, n)
		for i := range times {
			if times[i] = chance.IntN(14 * day); chance.IntN(10) > 0 {
				times[i] += 2*60*60 + chance.IntN(600) - times[i]%day
			}
		}
		return times
	},
	// Up to 400 come within five seconds, at any time.
	"in bursts": func(n int, chance *rand.Rand) []int {
		var times []int
		for len(times) < n {
			at := chance.IntN(14 * day)
			for range 1 + chance.IntN(400) {
				times = append(times, at+chance.IntN(5))
			}
		}
		return times[:n]
	},
	// More of them the later it is.
	"ever more": func(n int, chance *rand.Rand) []int {
		times := make([]int, n)
		for i := range times {
			x := chance.Float64()
			times[i] = int(14 * day * (1 - x*x))
		}
		return times
	},
}

// worldOfTimes is a world of jobs that were created at these times.
func worldOfTimes(t clienttest.T, times []int) *world {
	slices.Sort(times)
	w := &world{}
	for _, at := range times {
		w.serial++
		w.jobs = append(w.jobs, modelJob{id: fmt.Sprintf("00000000-0000-4000-8000-%012d", w.serial), created: at, updated: at})
	}
	records := make([]json.RawMessage, len(times))
	for i := range w.jobs {
		records[len(times)-1-i] = w.jobs[i].record() // the newest first
	}
	w.api = emulator.New(emulator.Options{Records: records})
	w.client = clienttest.New(t, plain(w.api))
	return w
}

// rangesOf are the ranges that are measured: so many seconds, placed at random or up to now.
func rangesOf(seconds int, chance *rand.Rand) *timesOf {
	from := chance.IntN(14*day - seconds + 1)
	if chance.IntN(4) == 0 {
		from = 14*day - seconds
	}
	return &timesOf{from, from + seconds}
}

// growth is by how many hundredths a list grows with each page: behind its first call, or behind its last one.
type growth struct {
	hundredths int
	within     bool
}

func (g growth) String() string {
	return fmt.Sprintf("growth=%d%%%s", g.hundredths, map[bool]string{true: "_within_pages"}[g.within])
}

// callsOf reads pages of 50 of a range until there are no more, five at most, each time as if nothing were known of the API.
func callsOf(t clienttest.T, w *world, times *timesOf, grows growth) (calls []int) {
	w.offsets.proven.Store(false)
	jobs := len(w.jobs)
	r := request{first: 50, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc, times: times}
	for range 5 {
		left := len(w.jobs) * grows.hundredths / 100
		grow := func() {
			for ; left > 0; left-- { // as many in a day as before
				w.insert(14 * day * (w.serial + 1) / jobs)
			}
		}
		if w.between = nil; grows.within {
			w.between = grow
		}
		got := w.read(t, r)
		grow()
		calls = append(calls, got.calls)
		if r.after = got.finish; !got.next {
			break
		}
	}
	w.between = nil
	return calls
}

// measured is what the calls of many pages were.
type measured struct{ median, worst int }

func measure(calls []int) measured {
	slices.Sort(calls)
	if len(calls) == 0 {
		return measured{}
	}
	return measured{calls[len(calls)/2], calls[len(calls)-1]}
}

// A first page of a range costs few calls, and a page more costs one while nothing moves, but for jobs of one time. Source:
// docs/time-ranges.md.
func TestCallsOfRanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		arrive string
		jobs   int
		most   measured
	}{
		{"evenly", 6000, measured{6, 12}},
		{"at night", 6000, measured{10, 25}},
		{"in bursts", 6000, measured{10, 25}},
		{"ever more", 6000, measured{10, 25}},
		{"evenly", 100_000, measured{8, 15}},
		{"at night", 100_000, measured{12, 30}},
	} {
		chance := rand.New(rand.NewPCG(7, uint64(c.jobs)))
		w := worldOfTimes(t, arrivals[c.arrive](c.jobs, chance))
		var first []int
		for i := range 30 {
			calls := callsOf(t, w, rangesOf([]int{day / 24, day, 14 * day}[i%3], chance), growth{})
			first = append(first, calls[0])
			if most := map[bool]int{true: 1, false: 4}[c.arrive == "evenly"]; slices.ContainsFunc(calls[1:], func(n int) bool { return n > most }) {
				t.Errorf("%s, %d jobs: pages of %v calls", c.arrive, c.jobs, calls)
			}
		}
		if got := measure(first); got.median > c.most.median || got.worst > c.most.worst {
			t.Errorf("%s, %d jobs: %+v, at most %+v", c.arrive, c.jobs, got, c.most)
		}
	}
}

// BenchmarkCallsOfRanges reports what the pages of a range cost, in calls, on a list that stands still and on one that grows by
// 5 % with each page. Each turn is a range at another place: -benchtime 100x.
func BenchmarkCallsOfRanges(b *testing.B) {
	for _, jobs := range []int{2000, 6000, 100_000} {
		for _, grows := range []growth{{}, {hundredths: 5}, {hundredths: 5, within: true}} {
			for _, arrive := range []string{"evenly", "at night", "in bursts"} {
				for _, of := range []struct {
					name    string
					seconds int
				}{{"an hour", day / 24}, {"a day", day}, {"everything", 14 * day}} {
					b.Run(fmt.Sprintf("jobs=%d/%s/%s/%s", jobs, grows, arrive, of.name), func(b *testing.B) {
						chance := rand.New(rand.NewPCG(11, uint64(jobs)))
						var w *world
						var first, next []int
						for turn := 0; b.Loop(); turn++ {
							if w == nil || grows.hundredths > 0 {
								w = worldOfTimes(b, arrivals[arrive](jobs, chance))
							}
							calls := callsOf(b, w, rangesOf(of.seconds, chance), grows)
							first, next = append(first, calls[0]), append(next, calls[1:]...)
						}
						b.ReportMetric(float64(measure(first).median), "median/first")
						b.ReportMetric(float64(measure(first).worst), "worst/first")
						b.ReportMetric(float64(measure(next).median), "median/next")
						b.ReportMetric(float64(measure(next).worst), "worst/next")
					})
				}
			}
		}
	}
}
