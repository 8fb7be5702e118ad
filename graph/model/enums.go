package model

import (
	"io"

	"github.com/99designs/gqlgen/graphql"

	"jobsgateway/restclient"
)

// unknownState is the name in the schema of every state that restclient does not know.
const unknownState = "UNKNOWN"

// stateNames has the schema's name of each state. A test holds it against the schema.
var stateNames = map[restclient.State]string{
	restclient.StatePending:             "PENDING",
	restclient.StateScheduled:           "SCHEDULED",
	restclient.StateRunning:             "RUNNING",
	restclient.StateCompleted:           "COMPLETED",
	restclient.StateFailed:              "FAILED",
	restclient.StateCancelled:           "CANCELLED",
	restclient.StatePendingCancellation: "PENDING_CANCELLATION",
	restclient.StateUnknown:             unknownState,
}

// orderNames has the schema's name of each order. A test holds it against the schema.
var orderNames = map[restclient.Order]string{
	restclient.CreatedAtDesc: "CREATED_AT_DESC",
	restclient.CreatedAtAsc:  "CREATED_AT_ASC",
	restclient.UpdatedAtDesc: "UPDATED_AT_DESC",
	restclient.UpdatedAtAsc:  "UPDATED_AT_ASC",
}

// StateName gives the schema's name of a state.
func StateName(s restclient.State) string {
	if name, ok := stateNames[s]; ok {
		return name
	}
	return unknownState
}

// MarshalJobState writes the schema's name of a state.
func MarshalJobState(s restclient.State) graphql.Marshaler { return enumName(StateName(s)) }

// UnmarshalJobState reads a state by its exact name. UNKNOWN is read as StateUnknown; a filter refuses it.
func UnmarshalJobState(v any) (restclient.State, error) {
	return enumValue(stateNames, v,
		"JobState takes PENDING, SCHEDULED, RUNNING, COMPLETED, FAILED, CANCELLED or PENDING_CANCELLATION.")
}

// MarshalJobOrder writes the schema's name of an order.
func MarshalJobOrder(o restclient.Order) graphql.Marshaler { return enumName(orderNames[o]) }

// UnmarshalJobOrder reads an order by its exact name.
func UnmarshalJobOrder(v any) (restclient.Order, error) {
	return enumValue(orderNames, v,
		"JobOrder takes CREATED_AT_DESC, CREATED_AT_ASC, UPDATED_AT_DESC or UPDATED_AT_ASC.")
}

func enumName(name string) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = io.WriteString(w, `"`+name+`"`)
	})
}

// enumValue finds the value with this exact name: variables are compared without case before they get here.
func enumValue[E comparable](names map[E]string, v any, accepted string) (E, error) {
	word, isString := v.(string)
	for value, name := range names {
		if isString && name == word {
			return value, nil
		}
	}
	var none E
	return none, &InputError{Message: accepted}
}
