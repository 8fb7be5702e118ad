package live

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"jobsgateway/restclient"
)

// BenchmarkFanOut tells streams of one list of one change, and waits until all have read it. It reports what one
// reading of one stream takes, and what a stream that waits holds, its goroutine included.
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
			var begun, read sync.WaitGroup
			begun.Add(streams)
			var first *Stream
			for range streams {
				s, err := e.Changes("token", Changes{Form: plainForm("plain")})
				if err != nil {
					b.Fatal(err)
				}
				first = s
				go func() {
					defer s.Close()
					for told := 0; ; told++ {
						if _, err := s.Next(b.Context()); err != nil {
							return
						}
						if told == 0 {
							begun.Done()
						} else {
							read.Done()
						}
					}
				}()
			}
			begun.Wait()
			runtime.GC()
			runtime.ReadMemStats(&after)
			job := modelJob{idAt(1), time.Now(), restclient.StateRunning, 1}.read(100)
			for b.Loop() {
				read.Add(streams)
				first.feed.add(Event{Jobs: []*restclient.Job{job}, Cursor: "cursor"})
				read.Wait()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*streams), "ns/read")
			inUse := func(m *runtime.MemStats) float64 { return float64(m.HeapInuse + m.StackInuse) }
			b.ReportMetric((inUse(&after)-inUse(&before))/float64(streams), "B/stream")
		})
	}
}
