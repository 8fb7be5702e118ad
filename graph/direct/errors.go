package direct

import "fmt"

// LeftOutError is an element that could not be read, and so is missing from a list of ours. It is an error of
// the list: at its own index another element stands.
type LeftOutError struct {
	// Index is the element's place in the list of the Jobs API, from 0; of a record, its place on the page.
	Index int
	Err   error
}

// Error describes the failure for a log.
func (e *LeftOutError) Error() string { return fmt.Sprintf("element %d: %v", e.Index, e.Err) }

// Unwrap returns why the element could not be read.
func (e *LeftOutError) Unwrap() error { return e.Err }

// NoTotalError is a list whose length is not known, or does not fit an Int.
type NoTotalError struct{}

// Error returns a sentence for the caller.
func (*NoTotalError) Error() string {
	return "It is not known how many jobs there are: the Jobs API does not report it, contradicts itself, " +
		"or reports more than 2147483647."
}
