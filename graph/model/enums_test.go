package model

import (
	"encoding/json"
	"testing"

	"jobsgateway/restclient"
)

// A word is taken in the schema's spelling alone: with another one a filter could mean what it does not say.
func TestEnumsAreExact(t *testing.T) {
	t.Parallel()
	for _, value := range []any{
		"completed", "Completed", " COMPLETED", "COMPLETED ", "COMPLETE", "COMPLETED\x00", "", "created_at_desc", "CREATED_AT",
		"hunter2", nil, true, 3, int64(0), json.Number("1"),
		[]any{"COMPLETED"},
		restclient.StateCompleted, restclient.CreatedAtAsc,
	} {
		state, err := UnmarshalJobState(value)
		wantInputError(t, value, err)
		order, orderErr := UnmarshalJobOrder(value)
		wantInputError(t, value, orderErr)
		if state != "" || order != "" {
			t.Errorf("%v is read as %q and %q", value, state, order)
		}
	}
	for word, want := range map[string]restclient.State{"COMPLETED": restclient.StateCompleted, "UNKNOWN": restclient.StateUnknown} {
		if got, err := UnmarshalJobState(word); err != nil || got != want {
			t.Errorf("%s is read as %q, %v", word, got, err)
		}
	}
}

// A state without a name in the schema is UNKNOWN, so that a new word of the Jobs API never breaks an answer.
func TestNewStates(t *testing.T) {
	t.Parallel()
	for _, state := range []restclient.State{restclient.StateUnknown, "archiving", "RUNNING", "Running", `"`} {
		if got := written(MarshalJobState(state)); got != `"UNKNOWN"` {
			t.Errorf("%q is written %s", state, got)
		}
	}
}
