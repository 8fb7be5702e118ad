package gateway

import (
	"context"
	"sync/atomic"

	"jobsgateway/graph/direct"
	"jobsgateway/graph/operation"
)

// heldAnswer is what an operation that ran answers, and the memory that it is in, which goes back when nobody
// holds the answer any more. Several hold it where equal operations were one.
type heldAnswer struct {
	// parts are, one after the other, `{"data":` and the data and `}`, the whole answer where there are no
	// errors. Size is how many bytes they are.
	parts [][]byte
	size  int

	buffer  *direct.Buffer
	ran     context.Context //nolint:containedctx // of an operation whose pages the parts refer to; nil for none
	holders atomic.Int32
}

// dataPrefix is how an answer without errors begins.
const dataPrefix = `{"data":`

// hold adds holders, or takes some off.
func (a *heldAnswer) hold(by int) {
	if a == nil || a.holders.Add(int32(by)) != 0 { //nolint:gosec // callers, not that many
		return
	}
	a.buffer.Free()
	if a.ran != nil {
		operation.End(a.ran)
	}
}
