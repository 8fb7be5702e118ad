package rawjson

import "fmt"

// Error says why bytes cannot be read as what was asked of them, such as "not a boolean" or "body is not JSON
// at byte 12 of 21". It never quotes the bytes: they may be anybody's data, and it may go to a log.
type Error struct{ message string }

func (e *Error) Error() string { return e.message }

// unreadable returns the Error of a message.
func unreadable(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }
