// Package graph turns GraphQL questions into calls of the Jobs API, and pages of records into connections.
//
// Pure functions plan (filter.go, page.go, cursor.go), loaders ask (loader.go, answer.go), resolvers are one line
// a body and errors leave by one gate (errors.go). Code that gqlgen generates from schema.graphqls stands beside.
package graph

// Resolver answers the fields that ask the upstream. Between operations it keeps nothing but what it has learned of the
// upstream's way with offsets.
type Resolver struct {
	Pages PageLimits

	offsets offsets
}
