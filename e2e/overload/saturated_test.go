//go:build e2e

package overload_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"jobsgateway/e2e/program"
)

// Callers who together keep all processors busy wait longer, and none is refused: what takes longer is not the
// Jobs API, which has no limit here.
func TestSaturatedMachine(t *testing.T) {
	const callers, forAsLong = 400, 3 * time.Second
	gw := program.Start(t, "--demo")
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
	defer client.CloseIdleConnections()
	var answered, refused atomic.Int64
	var calling sync.WaitGroup
	end := time.Now().Add(forAsLong)
	for caller := range callers {
		calling.Go(func() {
			for i := 0; time.Now().Before(end); i++ {
				body := fmt.Sprintf(`{"query":"query($o: Int) { jobs(first: 20, offset: $o) { nodes { id state tags } } }","variables":{"o":%d}}`, (37*caller+20*i)%1900)
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gw.Public+"/graphql", bytes.NewReader([]byte(body)))
				if err != nil {
					t.Error(err)
					return
				}
				req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {fmt.Sprint("Bearer ", caller)}}
				res, err := client.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				answered.Add(1)
				if res.StatusCode != http.StatusOK {
					refused.Add(1)
				}
			}
		})
	}
	calling.Wait()
	t.Logf("%d answers in %v", answered.Load(), forAsLong)
	if refused.Load() > 0 {
		t.Errorf("%d of %d are refused", refused.Load(), answered.Load())
	}
	gw.Stop(t)
}
