package model

import (
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// written returns what a value is on the wire.
func written(m graphql.Marshaler) string {
	var b strings.Builder
	m.MarshalGQL(&b)
	return b.String()
}
