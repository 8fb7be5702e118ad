package graph

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"jobsgateway/graph/model"
	"jobsgateway/graph/operation"
	"jobsgateway/internal/document"
	"jobsgateway/restclient"
)

// jobEntities answers representations of jobs in their order: null for a job that does not exist, an error of
// its own for a key that is none. Equal ids are one call, different ones go off together.
func (r *Resolver) jobEntities(ctx context.Context, reps []*model.JobRepresentation) ([]*model.Job, error) {
	entities, errs := make([]*model.Job, len(reps)), make(graphql.BatchErrorList, len(reps))
	op := operation.From(ctx)
	ids, known := make([]restclient.JobID, len(reps)), make([]restclient.JobID, 0, len(reps))
	for i, rep := range reps {
		if ids[i], errs[i] = planJobID(keyOf(rep.ID), "representations"); errs[i] == nil {
			known = append(known, ids[i])
		}
	}
	op.AnnounceJobs(ctx, known)
	for i, id := range ids {
		if errs[i] == nil {
			entities[i], errs[i] = existing(op.Job(ctx, id))
		}
	}
	return entities, batchError(errs)
}

// datasetEntities answers representations of datasets in their order, an error of its own for a key that is
// none.
func (r *Resolver) datasetEntities(reps []*model.DatasetRepresentation) ([]*model.Dataset, error) {
	entities, errs := make([]*model.Dataset, len(reps)), make(graphql.BatchErrorList, len(reps))
	for i, rep := range reps {
		if keyOf(rep.ID) == "" {
			errs[i] = inputError("representations", messageEntity)
			continue
		}
		var id string
		if id, errs[i] = planDatasetID(keyOf(rep.ID), "representations"); errs[i] == nil {
			entities[i] = &model.Dataset{ID: id}
		}
	}
	return entities, batchError(errs)
}

// maxRepresentations bounds _entities: a page of the Jobs API, and what routers send at a time.
const maxRepresentations = restclient.MaxPerPage

// Representations returns the lists that the _entities of a valid operation are asked for, in the order of
// the text. One may be an element without its list, as the specification allows.
func Representations(doc *ast.QueryDocument, op *ast.OperationDefinition) (lists []*ast.Value) {
	document.Walk(op.SelectionSet, doc.Fragments, func(selection ast.Selection) (below bool) {
		field, isField := selection.(*ast.Field)
		if isField && field.Name == "_entities" {
			if argument := field.Arguments.ForName("representations"); argument != nil {
				lists = append(lists, argument.Value)
			}
		}
		return !isField // _entities is a root field
	})
	return lists
}

// EmptyScalars replaces, in a list that is written in a document, each representation that is not an object
// by an object without members. That one alone is then refused, at its place; the generated code would refuse
// the whole list.
//
// Example: [1, {__typename: "Job", id: "7"}, $x] becomes [{}, {__typename: "Job", id: "7"}, $x].
func EmptyScalars(list *ast.Value) {
	elements := []*ast.Value{list} // one may stand without brackets
	if list.Kind == ast.ListValue {
		elements = elements[:0]
		for _, child := range list.Children {
			elements = append(elements, child.Value)
		}
	}
	for _, element := range elements {
		if element.Kind != ast.Variable && element.Kind != ast.ObjectValue {
			element.Kind, element.Children = ast.ObjectValue, nil
		}
	}
}

// CheckRepresentations refuses an operation that asks for too many entities in one of its lists, and
// replaces, in its variables, each representation that is no object of ours by one that datasetEntities
// refuses at its place: the generated code would refuse all of its type, with names of Go's types. Errors:
// *model.InputError.
func CheckRepresentations(lists []*ast.Value, variables map[string]any) error {
	for _, list := range lists {
		if err := checkList(list, variables); err != nil {
			return err
		}
	}
	return nil
}

// checkList checks one list of representations. What variables hold of it, all or elements, is replaced in
// them; a list of one may be written without brackets.
func checkList(value *ast.Value, variables map[string]any) error {
	n := 1
	switch value.Kind {
	case ast.Variable:
		held, _ := variables[value.Raw].([]any) // also where the caller sent one alone
		list := slices.Clone(held)
		n = len(list)
		for i, representation := range list {
			list[i] = orNoRepresentation(representation)
		}
		variables[value.Raw] = list
	case ast.ListValue:
		n = len(value.Children)
		for _, child := range value.Children {
			if child.Value.Kind == ast.Variable {
				variables[child.Value.Raw] = orNoRepresentation(variables[child.Value.Raw])
			}
		}
	}
	if n > maxRepresentations {
		return inputError("representations", "_entities takes at most %d representations; "+
			"ask for the others in another request.", maxRepresentations)
	}
	return nil
}

// orNoRepresentation returns v if it is a representation, and noRepresentation if not.
func orNoRepresentation(v any) any {
	if members, _ := v.(map[string]any); !isRepresentation(members) {
		return noRepresentation()
	}
	return v
}

// noRepresentation is what datasetEntities refuses at its place.
func noRepresentation() map[string]any { return map[string]any{"__typename": "Dataset", "id": ""} }

// checkWritten does for representations that are written into the document what CheckRepresentations does for
// variables.
func checkWritten(field *graphql.FieldContext) {
	list, ok := field.Args["representations"].([]map[string]any)
	if !ok || field.Field.Name != "_entities" {
		return
	}
	checked := slices.Clone(list)
	for i, representation := range checked {
		if !isRepresentation(representation) {
			checked[i] = noRepresentation()
		}
	}
	field.Args["representations"] = checked
}

// isRepresentation reports whether members name an entity of ours and have a key of a type that an ID takes.
func isRepresentation(members map[string]any) bool {
	if members["__typename"] != "Job" && members["__typename"] != "Dataset" {
		return false
	}
	switch members["id"].(type) {
	case string, json.Number, int64:
		return true
	}
	return false
}

// batchError is nil when every element is.
func batchError(errs graphql.BatchErrorList) error {
	if slices.ContainsFunc(errs, func(err error) bool { return err != nil }) {
		return errs
	}
	return nil
}

// keyOf returns a representation's key; a missing one is empty, which is no id of anything.
func keyOf(id *string) string {
	if id == nil {
		return ""
	}
	return *id
}
