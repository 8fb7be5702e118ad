package gateway

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/internal/document"
	"jobsgateway/internal/trusted"
)

// Trust is what becomes of documents that are not listed.
type Trust int

// The modes of trust.
const (
	TrustAll     Trust = iota // there is no list
	TrustLog                  // they run, and are counted and logged
	TrustRequire              // they are refused
)

// trustedSet has the listed documents, ready to run. Nothing changes it once it is made.
type trustedSet struct {
	byID   map[string]*trustedDocument
	byHash map[documentHash]*trustedDocument
}

// trustedDocument is a listed document with its text.
type trustedDocument struct {
	*plannedDocument

	text string
}

// find returns the document of an id, or of the SHA-256 of its text, with or without the prefix sha256:. An id
// of the list counts first, as it stands. Nil for none.
func (s *trustedSet) find(name string) *trustedDocument {
	if known := s.byID[name]; known != nil {
		return known
	}
	if hash, ok := hashOf(strings.TrimPrefix(name, trusted.Prefix)); ok {
		return s.byHash[hash]
	}
	return nil
}

// maxListedErrors bounds the errors that are told of a list.
const maxListedErrors = 10

// Trust puts these documents in place of those that were listed before. Each is parsed, held to the limits and
// validated now, so that no request has to wait for that; one that was listed before is not parsed again.
// Errors: documents that may not run, with their places, and more documents than there is memory for: then what
// was listed stays. It may be called while requests are served.
func (g *Gateway) Trust(list []trusted.Document) error {
	set, err := g.gateway.trustedSetOf(list)
	if err != nil {
		return err
	}
	g.gateway.trusted.Store(set)
	return nil
}

// TrustedDocuments returns how many documents are listed.
func (g *Gateway) TrustedDocuments() int { return len(g.gateway.trusted.Load().byHash) }

// trustedSetOf makes a set of a list. Errors: as Trust.
func (g *gateway) trustedSetOf(list []trusted.Document) (*trustedSet, error) {
	before := g.trusted.Load()
	set := &trustedSet{map[string]*trustedDocument{}, map[documentHash]*trustedDocument{}}
	validator := document.NewValidator(g.schema, true) // the operator may know all names
	var wrong []error
	weight := 0
	for _, listed := range list {
		hash := documentHash(sha256.Sum256([]byte(listed.Text)))
		known := cmp.Or(set.byHash[hash], before.byHash[hash])
		if known == nil {
			doc, refused := g.examineListed(listed.Text, validator)
			if refused != nil {
				wrong = append(wrong, fmt.Errorf("%s: %s", listed.Place, inOneLine(refused.errors)))
				if len(wrong) == maxListedErrors {
					break
				}
				continue
			}
			known = &trustedDocument{doc, listed.Text}
		}
		if set.byHash[hash] == nil {
			weight += weigh(listed.Text, known.plannedDocument)
		}
		set.byHash[hash], set.byID[listed.ID] = known, known
		if weight > maxCachedText {
			return nil, fmt.Errorf("%s: the documents up to here weigh more than %d MiB, which is the most: the bytes "+
				"of their texts, %d for each, and %d for each field", listed.Place, maxCachedText>>20, perDocument, perField)
		}
	}
	return set, errors.Join(wrong...)
}

// examineListed makes a document of a text that is listed. The limits that an operator can set do not hold for
// it where they are lifted.
func (g *gateway) examineListed(text string, validator document.Validator) (*plannedDocument, *refusal) {
	docs := g.executor.documents
	parsed, err := document.Parse(text, maxTokens)
	if err != nil {
		return nil, refuseDocument(codeParseFailed, gqlerror.List{err})
	}
	limits := docs.limits
	if g.executor.liftTrusted {
		limits.Depth, limits.Aliases, limits.RootFields = math.MaxInt, math.MaxInt, math.MaxInt
	}
	return docs.examine(parsed, limits, validator)
}

// inOneLine returns the first errors of a document, each behind its line and column.
func inOneLine(list gqlerror.List) string {
	const most = 3
	all := make([]string, min(len(list), most))
	for i := range all {
		all[i] = list[i].Message
		if len(list[i].Locations) > 0 {
			all[i] = fmt.Sprintf("%d:%d: %s", list[i].Locations[0].Line, list[i].Locations[0].Column, list[i].Message)
		}
	}
	return strings.Join(all, "; ")
}
