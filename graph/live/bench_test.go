package live

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"jobsgateway/restclient"
)

// BenchmarkFanOut tells streams of one list of one change, and reads it from each when it says that there is something.
// It reports what that takes for one stream, and what a stream that waits holds.
func BenchmarkFanOut(b *testing.B) {
	for _, streams := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprint(streams), func(b *testing.B) {
			w := newWorld()
			e := over(w, func(c *Config) {
				c.Interval, c.Limits = time.Hour, Limits{Streams: streams, StreamsPerToken: streams, Polls: 1}
			})
			defer e.Close()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			woken := make(chan *Stream, streams)
			all := make([]*Stream, streams)
			for i := range all {
				s, err := e.Changes("token", Changes{Form: plainForm("plain")})
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				all[i] = s
			}
			wakes := map[*Stream]func(){}
			for _, s := range all {
				wakes[s] = func() { woken <- s }
				woken <- s
			}
			read := func() { // one event of each
				for told := 0; told < streams; {
					s := <-woken
					text, err := s.Take(wakes[s])
					if err != nil {
						b.Fatal(err)
					}
					if text != nil {
						told++
						woken <- s
					}
				}
			}
			read()
			runtime.GC()
			runtime.ReadMemStats(&after)
			job := modelJob{idAt(1), time.Now(), restclient.StateRunning, 1}.read(100)
			for b.Loop() {
				all[0].feed.add(Event{Jobs: []*restclient.Job{job}, Cursor: "cursor"})
				read()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*streams), "ns/read")
			inUse := func(m *runtime.MemStats) float64 { return float64(m.HeapInuse + m.StackInuse) }
			b.ReportMetric((inUse(&after)-inUse(&before))/float64(streams), "B/stream")
		})
	}
}
