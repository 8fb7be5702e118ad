// Package graph resolves GraphQL over the Jobs API. A resolver is one line a body; errors leave by one gate
// (errors.go). What gqlgen generates from schema.graphqls stands beside.
//
// The rooms below: graph/paging finds pages in a list that moves, graph/operation remembers what one
// operation has asked, graph/direct writes answers, graph/model has the types.
//
// Where to find what: jobs.go resolves the fields of Query, nodes.go and counts.go those that ask for many
// objects and numbers at once. filter.go reads their filters and ids, answer.go answers what datasets are
// asked, entities.go resolves the references of a federation's router, errors.go gives errors their codes,
// sdl.go and introspection.go show the schema. *.resolvers.go lead from the generated code (generated.go,
// federation.go) to these.
package graph

import "jobsgateway/graph/paging"

// Resolver resolves the fields that ask the upstream. Between operations it keeps only what it has learned of
// the way in which the upstream takes offsets. Safe for concurrent use.
type Resolver struct {
	Pages paging.Limits // of every list; maxRepresentations, maxDatasets and maxNodes bound the others

	offsets paging.Offsets
}
