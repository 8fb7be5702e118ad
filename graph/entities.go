package graph

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"jobsgateway/graph/model"
	"jobsgateway/restclient"
)

// jobEntities answers representations of jobs in their order: null for a job that does not exist, an error of its
// own for a key that is none. Equal ids are one call, different ones go off together.
func (r *Resolver) jobEntities(ctx context.Context, reps []*model.JobRepresentation) ([]*model.Job, error) {
	entities, errs := make([]*model.Job, len(reps)), make(graphql.BatchErrorList, len(reps))
	loader := operationOf(ctx).loaders().jobs
	ids := make([]restclient.JobID, len(reps))
	for i, rep := range reps {
		if ids[i], errs[i] = planJobID(keyOf(rep.ID), "representations"); errs[i] == nil {
			loader.Load(ctx, ids[i])
		}
	}
	loader.Flush()
	for i, id := range ids {
		if errs[i] == nil {
			entities[i], errs[i] = existing(load(ctx, loader, id))
		}
	}
	return entities, batchError(errs)
}

// datasetEntities answers representations of datasets in their order, an error of its own for a key that is none.
func (r *Resolver) datasetEntities(reps []*model.DatasetRepresentation) ([]*model.Dataset, error) {
	entities, errs := make([]*model.Dataset, len(reps)), make(graphql.BatchErrorList, len(reps))
	for i, rep := range reps {
		if keyOf(rep.ID) == "" {
			errs[i] = &model.InputError{Argument: "representations", Message: messageEntity}
			continue
		}
		var id string
		if id, errs[i] = planDatasetID(keyOf(rep.ID), "representations"); errs[i] == nil {
			entities[i] = &model.Dataset{ID: id}
		}
	}
	return entities, batchError(errs)
}

// CheckRepresentations replaces, in the variables of an operation, each representation that is none of ours by one that
// datasetEntities refuses at its place: the generated code would refuse all of its type, with names of Go's types.
// Representations that are written into the document, which no router does, are refused by type all the same.
func CheckRepresentations(doc *ast.QueryDocument, op *ast.OperationDefinition, variables map[string]any) {
	checkRepresentations(doc, op.SelectionSet, variables, map[string]bool{})
}

func checkRepresentations(doc *ast.QueryDocument, set ast.SelectionSet, variables map[string]any, seen map[string]bool) {
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			argument := selection.Arguments.ForName("representations")
			if selection.Name == "_entities" && argument != nil && argument.Value.Kind == ast.Variable {
				replaceStrangers(variables, argument.Value.Raw)
			}
		case *ast.InlineFragment:
			checkRepresentations(doc, selection.SelectionSet, variables, seen)
		case *ast.FragmentSpread:
			if fragment := doc.Fragments.ForName(selection.Name); fragment != nil && !seen[selection.Name] {
				seen[selection.Name] = true
				checkRepresentations(doc, fragment.SelectionSet, variables, seen)
			}
		}
	}
}

// replaceStrangers replaces what is no representation in the list that a variable holds.
func replaceStrangers(variables map[string]any, name string) {
	list, ok := variables[name].([]any)
	if !ok {
		return
	}
	checked := slices.Clone(list)
	for i, representation := range checked {
		if !isRepresentation(representation) {
			checked[i] = map[string]any{"__typename": "Dataset", "id": ""}
		}
	}
	variables[name] = checked
}

// isRepresentation reports whether v names an entity of ours and has a key of a type that an ID takes.
func isRepresentation(v any) bool {
	members, ok := v.(map[string]any)
	if !ok || members["__typename"] != "Job" && members["__typename"] != "Dataset" {
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

// keyOf gives a representation's key; a missing one is empty, which is no id of anything.
func keyOf(id *string) string {
	if id == nil {
		return ""
	}
	return *id
}
