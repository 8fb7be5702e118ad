package model

import (
	"context"
	"fmt"
	"math"

	"github.com/99designs/gqlgen/graphql"

	"jobsgateway/graph/paging"
)

// JobConnection is a page of a list.
type JobConnection struct{ *paging.Page }

// JobEdge is a job at its place.
type JobEdge struct {
	Cursor string
	Node   *Job
}

// NoTotalError is a list whose length is not known, or does not fit an Int.
type NoTotalError struct{}

// Error says so to the caller.
func (*NoTotalError) Error() string {
	return "It is not known how many jobs there are: the Jobs API does not report it, contradicts itself, or reports more than 2147483647."
}

// LeftOutError is an element that could not be read, and so is missing from a list of ours. It is an error of the list: at its
// own index another element stands.
type LeftOutError struct {
	// Index is the element's place in the list of the Jobs API, from 0; of a record, in JobConnection.Records.
	Index int
	Err   error
}

// Error describes the failure for a log.
func (e *LeftOutError) Error() string { return fmt.Sprintf("element %d: %v", e.Index, e.Err) }

// Unwrap gives why the element could not be read.
func (e *LeftOutError) Unwrap() error { return e.Err }

// Jobs gives the page's readable jobs in order.
func (c *JobConnection) Jobs() []*Job {
	jobs := make([]*Job, 0, len(c.Records))
	for _, record := range c.Records {
		if record.Err == nil {
			jobs = append(jobs, &Job{record.Job})
		}
	}
	return jobs
}

// Nodes gives the page's jobs and reports each record that cannot be read.
func (c *JobConnection) Nodes(ctx context.Context) []*Job {
	c.reportUnreadable(ctx)
	return c.Jobs()
}

// Edges gives the page's jobs with their cursors and reports each record that cannot be read.
func (c *JobConnection) Edges(ctx context.Context) []*JobEdge {
	c.reportUnreadable(ctx)
	edges := make([]*JobEdge, 0, len(c.Records))
	for i, record := range c.Records {
		if record.Err == nil {
			edges = append(edges, &JobEdge{Cursor: c.Cursor(i), Node: &Job{record.Job}})
		}
	}
	return edges
}

// PageInfo tells where the page stands. An unreadable record has no cursor: its readable neighbour's stands in.
func (c *JobConnection) PageInfo() PageInfo {
	info := PageInfo{HasNextPage: c.HasNextPage, HasPreviousPage: c.HasPreviousPage}
	if first, last := c.Ends(); first >= 0 {
		start, end := c.Cursor(first), c.Cursor(last)
		info.StartCursor, info.EndCursor = &start, &end
	}
	return info
}

// Cursor gives the cursor of Records[i], which is readable.
func (c *JobConnection) Cursor(i int) string { return string(c.AppendCursor(nil, i)) }

// TotalCount gives Total; nil with an error where it is not known. Errors: *NoTotalError.
func (c *JobConnection) TotalCount() (*int32, error) {
	if c.Total < 0 || c.Total > math.MaxInt32 {
		return nil, &NoTotalError{}
	}
	total := int32(c.Total)
	return &total, nil
}

func (c *JobConnection) reportUnreadable(ctx context.Context) {
	if c.Fault != nil {
		addError(ctx, c.Fault)
	}
	for i, record := range c.Records {
		if record.Err != nil {
			addError(ctx, &LeftOutError{i, record.Err})
		}
	}
}

// addError reports an error at the field that ctx belongs to, beside the field's value.
func addError(ctx context.Context, err error) { graphql.AddError(ctx, err) }
