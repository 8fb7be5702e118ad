package telemetry

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"jobsgateway/internal/gateway"
)

// However many names the lists have had, there is a bounded number of series, and each operation is counted.
func TestNamesOfTrustedOperations(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	var counting sync.WaitGroup
	for range 2 {
		counting.Go(func() {
			for i := range maxNames + 100 {
				end := gateway.OperationEnd{Type: "query", Name: fmt.Sprint("Op", i), Trusted: true}
				m.RequestEnds(t.Context(), gateway.RequestEnd{OperationEnd: end, IsOperation: true})
			}
		})
	}
	counting.Wait()
	text := scrape(t, m, "")
	if n := strings.Count(text, "\njobsgateway_trusted_operations_total{"); n != (maxNames+1)*len(outcomes) {
		t.Errorf("%d series", n)
	}
	if first, rest := value(t, m, `jobsgateway_trusted_operations_total{operation="Op0",outcome="ok"}`),
		value(t, m, `jobsgateway_trusted_operations_total{operation="other",outcome="ok"}`); first != "2" || rest != "200" {
		t.Errorf("%s and %s", first, rest)
	}
}
