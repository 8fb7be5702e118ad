package paging

import (
	"errors"
	"fmt"

	"jobsgateway/restclient"
)

// ArgumentError is a paging argument that the caller has to change. Its text is for the caller.
type ArgumentError struct {
	// Argument is the name of the argument, such as "after".
	Argument string
	// Message is a sentence that says what is accepted.
	Message string
}

// Error returns the sentence.
func (e *ArgumentError) Error() string { return e.Message }

func argumentError(argument, format string, args ...any) error {
	return &ArgumentError{Argument: argument, Message: fmt.Sprintf(format, args...)}
}

// DriftError is a list that changes faster than a place in it can be found.
type DriftError struct{}

// Error returns a sentence for the caller.
func (*DriftError) Error() string {
	return "The list changes faster than a place in it can be found; " +
		"try again, or start without a cursor."
}

// UntruthError is a list whose pages cannot be read, since what the Jobs API says of it cannot be true. Its
// text is for the caller.
type UntruthError struct{ message string }

// Error returns the sentence.
func (e *UntruthError) Error() string { return e.message }

const (
	messageNone     = "The Jobs API says that there are %d jobs, and shows none of them."
	messageSame     = "The Jobs API shows the same jobs for each offset, so no more of this list can be read."
	messageUnsorted = "The Jobs API does not give the list in the order that was asked for, " +
		"so no place in it can be found."
)

// unreadableError returns an error for records of which none can be read, with the most frequent reason.
func unreadableError(records []restclient.Record) *UntruthError {
	counts := map[string]int{}
	most := ""
	for _, record := range records {
		reason := "cannot be read"
		if e, ok := errors.AsType[*restclient.Error](record.Err); ok && e.Lacks != "" {
			reason = e.Lacks
		}
		if counts[reason]++; most == "" || counts[reason] > counts[most] {
			most = reason
		}
	}
	return &UntruthError{fmt.Sprintf("The list of the Jobs API cannot be read: %d of %d records %s.",
		counts[most], len(records), most)}
}
