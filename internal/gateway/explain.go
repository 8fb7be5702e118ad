package gateway

import (
	"encoding/json"
	"net/http"
	"time"
)

// explainHeader is the header by which a caller asks, with the value 1, what its operation took. The answer
// then has it as extensions.explain, errors or not.
const explainHeader = "X-Explain"

// asksToExplain reports whether a request has the header, once and with its only value.
func asksToExplain(header http.Header) bool {
	values := header[explainHeader]
	return len(values) == 1 && values[0] == "1"
}

// explanation is what an operation took. It is of one request: those that share an answer have one each.
type explanation struct {
	// UpstreamCalls is how many calls of the Jobs API the operation made, each once however many attempts it
	// took. A call counts too where another operation was making an equal one, which both then waited for. 0
	// where the answer is another operation's.
	UpstreamCalls int `json:"upstreamCalls"`
	// Shared: the answer is that of an equal operation of the same token, which was under way.
	Shared bool `json:"shared"`
	// WaitedMs is for how long at least one of the calls was under way, in milliseconds: calls at the same
	// time count once. Where the answer is another's, it is how long the request waited for that.
	WaitedMs float64 `json:"waitedMs"`
	// Cost is left out if the operation was refused before it was reckoned.
	Cost *int `json:"cost,omitempty"`
	// CostLimit is left out if there is none.
	CostLimit int `json:"costLimit,omitempty"`
}

// explainOutcome returns the extensions of an answer as a member of it, with a comma behind. Waited is how
// long the request has waited for its outcome.
func (g *gateway) explainOutcome(out outcome, shared bool, waited time.Duration, request envelope) []byte {
	if !shared {
		waited = out.waited
	}
	e := explanation{
		UpstreamCalls: out.upstreamCalls,
		Shared:        shared,
		WaitedMs:      float64(waited.Microseconds()) / 1000,
	}
	if limit := g.executor.costLimit(request); limit < maxCost {
		e.CostLimit = limit
	}
	if out.cost.known {
		e.Cost = &out.cost.points
	}
	text, _ := json.Marshal(e) //nolint:errchkjson // numbers and a boolean
	return append(append([]byte(`"extensions":{"explain":`), text...), `},`...)
}
