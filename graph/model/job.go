// Package model has the Go types that gqlgen's executor knows: arguments, enums, and what root fields give.
package model

import "jobsgateway/restclient"

// Job is a record that a root field gave. graph/direct writes its fields.
type Job struct{ *restclient.Job }

// IsNode marks Job as an object that Query.node and Query.nodes find.
func (*Job) IsNode() {}

// IsEntity marks Job as an entity of a federated graph.
func (*Job) IsEntity() {}

// Dataset is a dataset by its number. graph/direct writes its fields.
type Dataset struct{ ID string }

// IsNode marks Dataset as an object that Query.node and Query.nodes find.
func (*Dataset) IsNode() {}

// IsEntity marks Dataset as an entity of a federated graph.
func (*Dataset) IsEntity() {}

// JobStateCount is how many jobs are in a state. graph/direct writes its fields.
type JobStateCount struct {
	State restclient.State
	Count int32
}
