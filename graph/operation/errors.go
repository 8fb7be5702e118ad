package operation

import (
	"fmt"
	"runtime/debug"
)

// BudgetError is an operation that needs more upstream calls than one operation may make. Its text is for the
// caller.
type BudgetError struct{ Limit int }

// Error returns a sentence that says what to do.
func (e *BudgetError) Error() string {
	return fmt.Sprintf("The operation needs more than %d calls to the Jobs API, "+
		"the most that one operation may make; ask for fewer jobs or datasets at once.", e.Limit)
}

// PanicError is a panic that was caught, with the stack where it happened.
type PanicError struct {
	value any
	Stack []byte
}

// Error returns the value of the panic, for a log.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// Caught returns the error for what recover returned. It is called in the deferred function, so that the
// stack is the panic's.
func Caught(value any) error { return &PanicError{value, debug.Stack()} }
