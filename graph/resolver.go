// Package graph resolves GraphQL over the Jobs API. A resolver is one line a body; errors leave by one gate (errors.go). What gqlgen
// generates from schema.graphqls stands beside.
//
// The rooms below: graph/paging finds pages in a list that moves, graph/operation remembers what one operation has asked,
// graph/direct writes answers, graph/model has the types.
package graph

import "jobsgateway/graph/paging"

// Resolver resolves the fields that ask the upstream. Between operations it keeps only what it has learned of the way in which the
// upstream takes offsets.
type Resolver struct {
	Pages paging.Limits

	offsets paging.Offsets
}
