package document

import (
	"regexp"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// withoutNames has the messages of gqlparser and of this package that name parts of the schema, and how each
// is said without those names. Names that the document has itself are kept.
var withoutNames = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`^(Cannot query field "\w+") on type "\w+"`), `$1 here`},
	{regexp.MustCompile(`^(Unknown argument "\w+" on field ")\w+\.`), `$1`},
	{regexp.MustCompile(`^(Field "\w+" must not have a selection) since .*`), `$1.`},
	{regexp.MustCompile(`^(Field "\w+") of type "[^"]+" (must have a selection)`), `$1 $2`},
	{regexp.MustCompile(`^(Field|Directive) "(@?\w+)" argument "\w+" of type .*`), `$1 "$2" lacks an argument that is required.`},
	{regexp.MustCompile(`^(Fragment.* cannot be spread here) as objects .*`), `$1: no object here can be of its type.`},
	{regexp.MustCompile(`^(Variable "\$\w+" of type "[^"]+") used in position .*`), `$1 cannot be used here.`},
	{regexp.MustCompile(`^(Variable "\$\w+" is of type "[^"]+" but must be non-nullable) .*`), `$1 here.`},
	{regexp.MustCompile(`(they return conflicting types) "[^"]+" and "[^"]+"`), `$1`},
	{regexp.MustCompile(`(?s)^Expected value of type "[^"]+", found (.*)`), `A value of another type is expected here, not $1`},
	{regexp.MustCompile(`^Int takes .*, found (.*)`), `A value of another type is expected here, not $1`},
	{regexp.MustCompile(`(?s)^Enum "\w+" cannot represent non-enum value: (.*)`), `A value of another type is expected here, not $1`},
	{regexp.MustCompile(`^(Value "\w+" does not exist) in .*`), `$1 here.`},
	{regexp.MustCompile(`^(Field "\w+" is not defined) by .*`), `$1 here.`},
	{regexp.MustCompile(`^Field "\w+\.\w+" of required type .*`), `A field that is required is missing.`},
	{regexp.MustCompile(`^OneOf Input Object "\w+" must`), `This object must`},
	{regexp.MustCompile(`^Field "\w+\.(\w+)" must be non-null`), `Field "$1" must be non-null`},
}

var word = regexp.MustCompile(`\w+`)

// hideNames returns a message without the names of the schema that the document does not have, unless they
// may be told.
func (v Validator) hideNames(message string, doc *ast.QueryDocument) string {
	if v.hidden == nil {
		return message
	}
	for _, rule := range withoutNames {
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

// namesOf returns all names that a schema defines.
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
