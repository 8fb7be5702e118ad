package gateway

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"jobsgateway/graph"
)

// Memory of an answer is kept for the next ones up to 2 MiB, and not a byte beyond.
func TestKeptBuffers(t *testing.T) {
	t.Parallel()
	const most = 2 << 20
	e := &executor{}
	until(t, func() bool { // a pool may lose things
		e.giveBuffer(make([]byte, 0, most))
		return cap(e.takeBuffer()) == most
	})
	e = &executor{}
	for range 50 {
		e.giveBuffer(make([]byte, 0, most+1))
		if b := e.takeBuffer(); b != nil {
			t.Fatalf("%d bytes are kept", cap(b))
		}
	}
}

// The documents that are remembered amount to 2 MiB of text, a small one counting 256 bytes more, whatever their number.
func TestRememberedDocuments(t *testing.T) {
	t.Parallel()
	const all = 2 << 20
	for _, length := range []int{0, 50_000} {
		schema, err := graph.NewSchema(true)
		if err != nil {
			t.Fatal(err)
		}
		docs, err := newDocuments(schema, testLimits, true)
		if err != nil {
			t.Fatal(err)
		}
		text := func(i int) string { return fmt.Sprintf("{a%06d:__typename}#%s", i, strings.Repeat(" ", length)) }
		fitting := all / (len(text(0)) + 256)
		for i := range 2 * fitting {
			if _, refused := docs.load(text(i), func(*ast.QueryDocument) *refusal { return nil }); refused != nil {
				t.Fatal(refused.errors)
			}
		}
		docs.cache.CleanUp()
		if n := docs.cache.EstimatedSize(); n > fitting || n < fitting*9/10 {
			t.Errorf("%d documents of %d bytes are remembered, want %d", n, len(text(0)), fitting)
		}
	}
}
