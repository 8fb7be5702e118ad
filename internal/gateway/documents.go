package gateway

import (
	"fmt"

	"github.com/maypok86/otter/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"jobsgateway/graph"
	"jobsgateway/graph/direct"
	"jobsgateway/internal/document"
)

// documents turns the text of a request into a document that is safe to execute, and remembers the valid ones by
// their whole text. It holds documents and their plans only: nothing of a caller's variables, token or data. Safe for concurrent use.
type documents struct {
	schema    *ast.Schema
	validator document.Validator
	limits    Limits
	cache     *otter.Cache[string, *direct.Document]
}

// Bounds of the cache. A parsed document takes about 30 times its text (measured: 0.95 MB for 33 KB), and a plan about as
// much for the fields that it weighs, so the weight bounds the memory at about 60 MiB, plans included.
const (
	maxCachedText  = 2 << 20 // bytes of text in all
	perDocument    = 256     // bytes added for each, so that many tiny ones are bounded, too
	perField       = 5       // bytes added for each field of a plan (measured: 150 bytes of memory)
	maxErrors      = 10      // of one refused document
	maxFieldErrors = 100     // of one answer
)

// newDocuments makes an empty cache. Unless tellNames, errors keep the names of the schema to themselves.
func newDocuments(schema *ast.Schema, limits Limits, tellNames bool) (*documents, error) {
	cache, err := otter.New(&otter.Options[string, *direct.Document]{
		MaximumWeight: maxCachedText,
		Weigher: func(text string, doc *direct.Document) uint32 {
			return uint32(len(text) + perDocument + perField*doc.PlannedFields()) //nolint:gosec // a text is at most a request body
		},
	})
	if err != nil {
		return nil, fmt.Errorf("document cache: %w", err)
	}
	return &documents{schema: schema, validator: document.NewValidator(schema, tellNames), limits: limits, cache: cache}, nil
}

// load parses, measures and validates a document, in this order: validation is dear, and the shape bounds it.
// Allowed is asked for a parsed document before anything else is said of it.
func (d *documents) load(text string, allowed func(*ast.QueryDocument) *refusal) (*direct.Document, *refusal) {
	if doc, ok := d.cache.GetIfPresent(text); ok {
		return doc, allowed(doc.QueryDocument)
	}
	parsed, err := document.Parse(text, maxTokens)
	if err != nil {
		return nil, refuseDocument(codeParseFailed, gqlerror.List{err})
	}
	if refused := allowed(parsed); refused != nil {
		return nil, refused
	}
	if len(parsed.Operations) == 0 {
		return nil, refuse(statusByMediaType, codeValidationFailed, "The document has no operation.")
	}
	if err := checkShape(parsed, d.limits); err != nil {
		return nil, refuseOperation(err)
	}
	if list := d.validator.Validate(parsed, maxErrors); len(list) > 0 {
		return nil, refuseDocument(codeValidationFailed, list)
	}
	doc := direct.NewDocument(d.schema, parsed)
	d.cache.Set(text, doc)
	return doc, nil
}

// refuseDocument gives errors of the parser or the validator their code.
func refuseDocument(code graph.Code, list gqlerror.List) *refusal {
	refused := &refusal{status: statusByMediaType}
	for _, err := range list {
		refused.errors = append(refused.errors, &gqlerror.Error{
			Message: err.Message, Locations: err.Locations, Extensions: map[string]any{"code": code},
		})
	}
	return refused
}

// usesIntrospection reports whether an operation asks for the schema, through fragments too.
func usesIntrospection(doc *ast.QueryDocument, set ast.SelectionSet, seen map[string]bool) bool {
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			if selection.Name == "__schema" || selection.Name == "__type" || selection.Name == "_service" {
				return true
			}
		case *ast.InlineFragment:
			if usesIntrospection(doc, selection.SelectionSet, seen) {
				return true
			}
		case *ast.FragmentSpread:
			fragment := doc.Fragments.ForName(selection.Name)
			if fragment != nil && !seen[selection.Name] {
				seen[selection.Name] = true
				if usesIntrospection(doc, fragment.SelectionSet, seen) {
					return true
				}
			}
		}
	}
	return false
}
