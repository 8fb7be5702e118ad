package document

import (
	"regexp"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// rewordings say the messages of gqlparser and of this package without the names of the schema that they
// have. Names that the document has itself are kept. The first row that matches is used; hideNames has an
// answer for messages that match none.
var rewordings = []rewording{
	reword(`^(Cannot query field "\w+") on type "\w+"\..*`, `$1 here.`),
	reword(`^(Unknown argument "\w+" on field ")\w+\.`, `$1`),
	reword(`^(Field "\w+" must not have a selection) since .*`, `$1.`),
	reword(`^(Field "\w+") of type "[^"]+" (must have a selection)`, `$1 $2`),
	reword(`^(Field|Directive) "(@?\w+)" argument "\w+" of type .*`,
		`$1 "$2" lacks an argument that is required.`),
	reword(`^(Fragment.* cannot be spread here) as objects .*`, `$1: no object here can be of its type.`),
	reword(`^(Variable "\$\w+" of type "[^"]+") used in position .*`, `$1 cannot be used here.`),
	reword(`^(Variable "\$\w+" is of type "[^"]+" but must be non-nullable) .*`, `$1 here.`),
	reword(`(they return conflicting types) "[^"]+" and "[^"]+"`, `$1`),
	reword(`^Expected value of type .*, found (.*)`, `A value of another type is expected here, not $1`),
	reword(`^Expected value of type .* null\.$`, `A value is expected here, not null.`),
	reword(`^(Field "\w+" is not defined) by .*`, `$1 here.`),
	reword(`^Field "\w+\.\w+" of required type .*`, `A field that is required is missing.`),
	reword(`^OneOf Input Object "\w+" must`, `This object must`),
	reword(`^Field "\w+\.(\w+)" must be non-null`, `Field "$1" must be non-null`),
}

// rewording is a pattern of messages, and what is said instead of what it matches.
type rewording struct {
	pattern *regexp.Regexp
	instead string
}

// reword makes a row of the table.
func reword(pattern, instead string) rewording {
	return rewording{regexp.MustCompile(pattern), instead}
}

// word is what may be a name.
var word = regexp.MustCompile(`\w+`)

// advice says what to do about messages of gqlparser's that do not, where names may be told.
var advice = []rewording{
	reword(`^(Variable ")(\$\w+)(" of type .* used in position expecting type "([^"]+)"\.)$`, `$1$2$3 Declare $2 as $4.`),
}

// reworded returns what is said in place of a message of the rules.
func (v Validator) reworded(message string, doc *ast.QueryDocument) string {
	if v.hidden == nil {
		for _, rule := range advice {
			message = rule.pattern.ReplaceAllString(message, rule.instead)
		}
		return message
	}
	return v.hideNames(message, doc)
}

// hideNames returns a message without the names of the schema that the document does not have, unless they
// may be told. A message that no rewording fits and that still has such a name in quotes is replaced by one
// that says nothing but that the document is wrong.
//
// Example: Cannot query field "nope" on type "Query" becomes Cannot query field "nope" here.
func (v Validator) hideNames(message string, doc *ast.QueryDocument) string {
	if v.hidden == nil {
		return message
	}
	for _, rule := range rewordings {
		if rule.pattern.MatchString(message) {
			message = rule.pattern.ReplaceAllString(message, rule.instead)
			break
		}
	}
	// For messages that the table does not have: names of the schema stand in quotes.
	for i, part := range strings.Split(message, `"`) {
		if i%2 == 0 {
			continue
		}
		for _, name := range word.FindAllString(part, -1) {
			if v.hidden[name] && !strings.Contains(doc.Position.Src.Input, name) {
				return "The document does not fit the schema here."
			}
		}
	}
	return message
}

// namesOf returns all names that a schema defines: of types, fields, arguments, values of enums and
// directives.
func namesOf(schema *ast.Schema) map[string]bool {
	names := map[string]bool{}
	for name := range schema.Directives {
		names[name] = true
	}
	for name, def := range schema.Types {
		names[name] = true
		for _, field := range def.Fields {
			names[field.Name] = true
			for _, argument := range field.Arguments {
				names[argument.Name] = true
			}
		}
		for _, value := range def.EnumValues {
			names[value.Name] = true
		}
	}
	return names
}
