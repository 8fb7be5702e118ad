package gateway

import (
	"sync"

	"github.com/vektah/gqlparser/v2/ast"

	"jobsgateway/graph/live"
	"jobsgateway/internal/memory"
)

// heldRequests counts what open subscriptions hold of the requests that have begun them, for as long as they last:
// each parsed document once, however many share it, and the variables. Listed documents are there in any case. Safe
// for concurrent use.
type heldRequests struct {
	account *memory.Account

	mu        sync.Mutex
	perToken  map[string]int64
	documents map[*ast.QueryDocument]*heldDocument
}

// heldDocument is a document that so many subscriptions hold. It is counted for the token that held it first.
type heldDocument struct {
	token   string
	weight  int64
	holders int
}

const (
	// partOfRequests is which part of all memory requests of open subscriptions may take: an eighth, and those of
	// one token half of that.
	partOfRequests = 8
	// parsedPerWeight is how many bytes of memory a document takes for each that it weighs: see maxCachedText.
	parsedPerWeight = 30
)

func newHeldRequests(lent *memory.Memory) *heldRequests {
	return &heldRequests{
		account:   &memory.Account{Memory: lent, Owner: "requests of streams", Limit: lent.Figures().Total / partOfRequests},
		perToken:  map[string]int64{},
		documents: map[*ast.QueryDocument]*heldDocument{},
	}
}

// hold counts what a subscription of a token holds, until release is called, once. Errors: *live.LimitError.
func (h *heldRequests) hold(token string, op preparedOperation, variables int64) (release func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	weight := variables
	doc := h.documents[op.Doc]
	if doc == nil {
		weight += op.weight
	}
	if h.perToken[token]+weight > h.account.Limit/2 || !h.account.TryCount(weight) {
		return nil, live.NewLimitError("There is no room for what further subscriptions are asked with: send the same " +
			"document for all, what differs as variables, and few of them; or try again later.")
	}
	h.perToken[token] += weight
	if doc == nil {
		doc = &heldDocument{token: token, weight: op.weight}
		h.documents[op.Doc] = doc
	}
	doc.holders++
	return func() { h.release(token, op.Doc, variables) }, nil
}

func (h *heldRequests) release(token string, of *ast.QueryDocument, variables int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(token, variables)
	doc := h.documents[of]
	if doc.holders--; doc.holders == 0 {
		delete(h.documents, of)
		h.drop(doc.token, doc.weight)
	}
}

// drop takes bytes off the count. The caller holds the lock.
func (h *heldRequests) drop(token string, weight int64) {
	h.account.Drop(weight)
	if h.perToken[token] -= weight; h.perToken[token] == 0 {
		delete(h.perToken, token)
	}
}
