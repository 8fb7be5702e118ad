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

// documents turns the text of a request into a document that may be executed, and remembers the valid ones by
// their whole text. It holds documents and their plans only: nothing of a caller's variables, token or data.
// Safe for concurrent use.
type documents struct {
	schema    *ast.Schema
	validator document.Validator
	limits    Limits
	cache     *otter.Cache[string, *plannedDocument]
}

// plannedDocument is a document with the plans that write the answers of its operations.
type plannedDocument struct {
	*document.Document

	// text is that of the request that was first; empty for a listed one.
	text  string
	plans *direct.Plans
	// representations are what the _entities of each operation are asked for.
	representations map[*ast.OperationDefinition][]*ast.Value
}

// plannedFields is how many fields the plans have together that the document may come to have: what their
// memory is reckoned by. Fragments count each time that they are spread, so a short text can have many.
//
// Example: one operation of three fields, one of them with @skip(if: $x), has two plans and 6 fields.
func (d *plannedDocument) plannedFields() int { return d.MostFields * d.plans.Most() }

// Bounds of the cache. A parsed document takes about 30 times its text (measured: 0.95 MB for 33 KB), and a
// plan about as much for the fields that it weighs, so the weight bounds the memory at about 60 MiB, plans
// included.
const (
	maxCachedText = 2 << 20 // bytes of text in all
	perDocument   = 256     // bytes added for each, so that many tiny ones are bounded, too
	perField      = 5       // bytes added for each field of a plan (measured: 150 bytes of memory)
)

// maxErrors bounds the errors that are told of one document.
const maxErrors = 10

// newDocuments makes an empty cache. Unless tellNames, errors do not tell names of the schema.
func newDocuments(schema *ast.Schema, limits Limits, tellNames bool) (*documents, error) {
	cache, err := otter.New(&otter.Options[string, *plannedDocument]{
		MaximumWeight: maxCachedText,
		Weigher: func(text string, doc *plannedDocument) uint32 {
			return uint32(weigh(text, doc)) //nolint:gosec // a text is at most a request body
		},
	})
	if err != nil {
		return nil, fmt.Errorf("document cache: %w", err)
	}
	return &documents{schema, document.NewValidator(schema, tellNames), limits, cache}, nil
}

// weigh returns what a document weighs.
func weigh(text string, doc *plannedDocument) int {
	return len(text) + perDocument + perField*doc.plannedFields()
}

// allowance returns why a parsed document may not be executed; nil when it may.
type allowance func(*ast.QueryDocument) *refusal

// remembered returns the document of a request, if it was parsed before: that of a listed document always is.
func (d *documents) remembered(request envelope) (*plannedDocument, bool) {
	if request.trusted != nil {
		return request.trusted.plannedDocument, true
	}
	return d.cache.GetIfPresent(request.query)
}

// of returns the document of a request: the listed one that it names, or that of its text by load.
func (d *documents) of(request envelope, allowed allowance) (*plannedDocument, *refusal) {
	if request.trusted != nil {
		return request.trusted.plannedDocument, allowed(request.trusted.QueryDocument)
	}
	return d.load(request.query, allowed)
}

// load returns the document of a text, from the cache or by parsing, measuring and validating it, in this
// order: validation is the dearest, and the limits of a document's size bound what it costs. Allowed is asked
// of a parsed document, remembered or not, before anything else is said of it. Refused documents are not
// remembered.
func (d *documents) load(text string, allowed allowance) (*plannedDocument, *refusal) {
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
	doc, refused := d.examine(parsed, d.limits, d.validator)
	if refused != nil {
		return nil, refused
	}
	doc.text = text
	d.cache.Set(text, doc)
	return doc, nil
}

// examine holds a parsed document to limits and to the schema, and makes what is remembered of it.
func (d *documents) examine(
	parsed *ast.QueryDocument, limits Limits, validator document.Validator,
) (*plannedDocument, *refusal) {
	if len(parsed.Operations) == 0 {
		return nil, refuse(statusByMediaType, codeValidationFailed, "The document has no operation.")
	}
	size := document.Measure(parsed)
	if err := limits.check(parsed, size); err != nil {
		return nil, refuseOperation(err)
	}
	if list := validator.Validate(parsed, maxErrors); len(list) > 0 {
		return nil, refuseDocument(codeValidationFailed, list)
	}
	return d.plan(parsed, size), nil
}

// plan makes what is remembered of a valid document.
func (d *documents) plan(parsed *ast.QueryDocument, size document.Size) *plannedDocument {
	valid := document.New(parsed, size)
	plans := direct.NewPlans(d.schema, parsed, valid.Conditions)
	representations := make(map[*ast.OperationDefinition][]*ast.Value, len(parsed.Operations))
	for _, op := range parsed.Operations {
		representations[op] = graph.Representations(parsed, op)
		for _, list := range representations[op] {
			graph.EmptyScalars(list)
		}
	}
	return &plannedDocument{Document: valid, plans: plans, representations: representations}
}

// refuseDocument makes the refusal of a text from the errors of the parser or the validator.
func refuseDocument(code graph.Code, list gqlerror.List) *refusal {
	refused := &refusal{status: statusByMediaType}
	for _, err := range list {
		refused.errors = append(refused.errors, &gqlerror.Error{
			Message: err.Message, Locations: err.Locations, Extensions: map[string]any{"code": code},
		})
	}
	return refused
}
