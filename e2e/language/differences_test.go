//go:build e2e

package language_test

import (
	"regexp"
	"strings"
)

// difference is something that the gateway and graphql-js do not agree on, and why that is right.
type difference struct {
	why     string
	applies func(text string, ours, theirs verdict) bool
	example string
}

var differences = []difference{
	{
		why: "A text without a definition is told so by a rule of ours, or by the envelope: no place in it is wrong.",
		applies: func(text string, ours, _ verdict) bool {
			return text == "" || ours.Errors[0].Message == "The document has no operation."
		},
		example: "# nothing\n",
	},
	{
		why: "Definitions of types are no part of a request: the parser stops at the first word, where graphql-js reads on.",
		applies: func(_ string, ours, _ verdict) bool {
			return ours.Kind == "syntax" && typeSystem.MatchString(ours.Errors[0].Message)
		},
		example: "type Query { a: Int }",
	},
	{
		why: "Operation Type Existence: graphql-js has the rule in its execution.",
		applies: func(_ string, ours, theirs verdict) bool {
			return theirs.Kind == "valid" && strings.HasPrefix(ours.Errors[0].Message, "Schema does not support operation type")
		},
		example: "mutation{x}",
	},
	{
		why: "A description of what takes none: graphql-js blames the description, gqlparser the word after it.",
		applies: func(_ string, ours, theirs verdict) bool {
			return ours.Kind == "syntax" && strings.HasPrefix(theirs.Errors[0].Message, "Syntax Error: Unexpected description")
		},
		example: `"about" Q{__typename}`,
	},
	{
		why: "A variable for a constant: graphql-js looks at the token behind the $ first, which is wrong, too.",
		applies: func(_ string, ours, theirs verdict) bool {
			return ours.Kind == "syntax" && ours.Errors[0].Message == "Unexpected $" && theirs.Kind == "syntax"
		},
		example: `query($a:Int=$"b){job(id:$a){id}}`,
	},
	{
		why: "graphql-js has what came after September 2025: deprecated directives.",
		applies: func(_ string, ours, theirs verdict) bool {
			for _, e := range ours.Errors {
				if !deprecatedDirectives.MatchString(e.Message) {
					return false
				}
			}
			return ours.Kind == "invalid" && theirs.Kind == "valid"
		},
		example: "{__schema{directives(includeDeprecated:true){isDeprecated deprecationReason}}}",
	},
	{
		why: "Limits of our own: depth, fields, aliases, directives, introspection, numbers beyond 64 bits.",
		applies: func(_ string, ours, _ verdict) bool {
			return strings.HasPrefix(ours.Kind, "limit ") && ours.Kind != "limit BAD_REQUEST"
		},
		example: "{job(id:12345678901234567890){id}}",
	},
}

var deprecatedDirectives = regexp.MustCompile(`^Cannot query field "(isDeprecated|deprecationReason)" on type "__Directive"|` +
	`^Unknown argument "includeDeprecated" on field "__Schema.directives"`)

var typeSystem = regexp.MustCompile(`^Unexpected Name "(schema|scalar|type|interface|union|enum|input|directive|extend)"`)

// excuse is why two may differ on a document; empty when they may not, or do not.
func excuse(text string, ours, theirs verdict) string {
	if ours.agrees(theirs) {
		return ""
	}
	for _, d := range differences {
		if d.applies(text, ours, theirs) {
			return d.why
		}
	}
	return ""
}

// fixedDocuments are documents that random ones might not meet.
func fixedDocuments() []string {
	texts := []string{
		"", " ", "#", "{", "}", "{}", "{__typename}", "\ufeff{__typename}", "{__typename}\x00", "{__typename}#\x00\x01\x07",
		strings.Repeat("x", 10_000), "{" + strings.Repeat("x", 10_000) + "}", `{job(id:"` + strings.Repeat("é", 10_000) + `"){id}}`,
	}
	for _, d := range differences {
		texts = append(texts, d.example)
	}
	for _, odd := range append(append([]string{}, oddTokens...), append(fineStrings, literals...)...) {
		texts = append(texts,
			odd, "{"+odd+"}", "{__typename}"+odd, "{__typename "+odd+"}", "query "+odd+"{__typename}", "query Q"+odd+"{__typename}",
			"{jobs(first:"+odd+"){totalCount}}", "{jobs(first:1"+odd+"){totalCount}}", "{jobs(filter:"+odd+"){totalCount}}",
			"{jobs(filter:{types:["+odd+"]}){totalCount}}", "{jobs(filter:{states:"+odd+"}){totalCount}}", "{jobs(orderBy:"+odd+"){totalCount}}",
			"{datasets(ids:"+odd+"){id}}", "{datasets(ids:[1 "+odd+"]){id}}", "{job(id:"+odd+"){id}}", "{__type(name:"+odd+"){name}}",
			"{__typename @include(if:"+odd+")}", "query($v0:"+odd+"){job(id:$v0){id}}", "query($v0:ID!="+odd+"){job(id:$v0){id}}",
			"{..."+odd+"{__typename}}", "{__typename"+odd+":__typename}", "{__schema{types{fields(includeDeprecated:"+odd+"){name}}}}",
			"{...{__typename}}"+odd+" fragment F0 on Query{__typename}",
		)
	}
	return texts
}
