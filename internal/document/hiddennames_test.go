package document

import (
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// A message that the table does not know is told when its quotes hold no name that was not sent, whatever
// kind of name.
func TestDiscreetByDefault(t *testing.T) {
	t.Parallel()
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: `type Query{secret(hidden:Int):Mode} enum Mode{FAST} directive @covert on FIELD input Form{part:Int}`})
	if err != nil {
		t.Fatal(err)
	}
	doc, fault := Parse("{ sent(mode: 1) { Form } }", 100)
	if fault != nil {
		t.Fatal(fault)
	}
	const instead = "The document does not fit the schema here."
	for message, want := range map[string]string{
		`A new rule about "sent" and "Form".`:        "",
		`A new rule about secret things in "sent".`:  "", // a word, not a name: it has no quotes
		`A new rule about "secret".`:                 instead,
		`A new rule about "sent" and "Query.other".`: instead,
		`A new rule about "[Mode!]!".`:               instead,
		`A new rule about "FAST".`:                   instead,
		`A new rule about "@covert".`:                instead,
		`A new rule about "hidden".`:                 instead,
		`A new rule about "part".`:                   instead,
		`A new rule about "unknown".`:                "",
	} {
		if want == "" {
			want = message
		}
		if got := NewValidator(schema, false).hideNames(message, doc); got != want {
			t.Errorf("%s: %s", message, got)
		}
		if got := NewValidator(schema, true).hideNames(message, doc); got != message {
			t.Errorf("%s, told: %s", message, got)
		}
	}
}
