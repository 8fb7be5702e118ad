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

// The documents that are remembered amount to 2 MiB of text, whatever their number; each counts 256 bytes more, and 5 for each
// field that it has when its fragments are written out.
func TestRememberedDocuments(t *testing.T) {
	t.Parallel()
	const all = 2 << 20
	padded := func(length int) func(i int) string {
		return func(i int) string { return fmt.Sprintf("{a%06d:__typename}#%s", i, strings.Repeat(" ", length)) }
	}
	spread := func(i int) string {
		return fmt.Sprintf("query Q%06d{jobs{%s}}fragment F on JobConnection{%s}", i, strings.Repeat("...F ", 49), strings.Repeat("__typename ", 10))
	}
	for _, tc := range []struct {
		text   func(i int) string
		fields int
	}{{padded(0), 1}, {padded(50_000), 1}, {spread, 491}} {
		schema, err := graph.NewSchema(true)
		if err != nil {
			t.Fatal(err)
		}
		docs, err := newDocuments(schema, testLimits, true)
		if err != nil {
			t.Fatal(err)
		}
		each := len(tc.text(0)) + 256 + 5*tc.fields
		fitting := all / each
		for i := range 2 * fitting {
			if _, refused := docs.load(tc.text(i), func(*ast.QueryDocument) *refusal { return nil }); refused != nil {
				t.Fatal(refused.errors)
			}
		}
		docs.cache.CleanUp()
		if n := docs.cache.EstimatedSize(); n > fitting || n < fitting*9/10 {
			t.Errorf("%d documents of %d bytes each are remembered, want %d", n, each, fitting)
		}
	}
}
