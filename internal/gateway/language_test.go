package gateway

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// Texts that were taken for other texts: nothing runs, nothing is asked, and nothing is logged as a fault of
// ours.
func TestNotGraphQL(t *testing.T) {
	t.Parallel()
	const parse, validation = "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"
	gw := startGateway(t)
	for _, tc := range []struct{ doc, code, at, message string }{
		{`{jobs(first:1offset:2){totalCount}}`, parse, "1:14", `Invalid number, expected digit but got: "o"`},
		{`{..."on" Query{__typename}}`, parse, "1:5", `Expected a name, on or {, found a string`},
		{`fragment F($a:Int) on Query{__typename} {...F}`, parse, "1:11", `Expected on, found (`},
		{`{jobs(filter:{types:["\uD83D"]}){totalCount}}`, parse, "1:23", `Invalid Unicode escape sequence: "\\uD83D"`},
		{`{job(id:"\uDE00"){id}}`, parse, "1:10", `Invalid Unicode escape sequence: "\\uDE00"`},
		{"{\r\n  jobs(first: 01) { totalCount } }", parse, "2:16", `Invalid number, unexpected digit after 0: "1"`},
		{"{\r\n\r\n  jbs { totalCount } }", validation, "3:3", `Cannot query field "jbs" on type "Query". Did you mean "jobs" or "job"?`},
		{"{ jobs(filter: {\r  types: [\"\"\"a\r\n b\"\"\" 7] }) { totalCount } }", validation, "3:7", `Expected value of type "String!": a string, in quotes, found a number.`},
		{`{__typename @include(if:{})}`, validation, "1:25", `Expected value of type "Boolean!": true or false, without quotes, found an object.`},
		{`{__typename @skip(if:[true])}`, validation, "1:22", `Expected value of type "Boolean!": true or false, without quotes, found a list.`},
		{`{job(id:{}){id}}`, validation, "1:9", `Expected value of type "ID!": a string, or a whole number of 64 bits, found an object.`},
		{`{jobs(filter:{datasetId:{}}){totalCount}}`, validation, "1:25", `Expected value of type "ID": a string, or a whole number of 64 bits, found an object.`},
		{`{jobs(filter:{states:[{}]}){totalCount}}`, validation, "1:23", `Expected value of type "JobState!": PENDING, SCHEDULED, RUNNING, COMPLETED, FAILED, CANCELLED, PENDING_CANCELLATION or UNKNOWN, found an object.`},
		{`{jobs(orderBy:{}){totalCount}}`, validation, "1:15", `Expected value of type "JobOrder": CREATED_AT_DESC, CREATED_AT_ASC, UPDATED_AT_DESC or UPDATED_AT_ASC, found an object.`},
		{`{jobs(after:{a:1}){totalCount}}`, validation, "1:13", `Expected value of type "String": a string, in quotes, found an object.`},
		{`{datasets(ids:[1,{}]){id}}`, validation, "1:18", `Expected value of type "ID!": a string, or a whole number of 64 bits, found an object.`},
		{`{__type(name:{}){name}}`, validation, "1:14", `Expected value of type "String!": a string, in quotes, found an object.`},
		{`query($i:ID!={}){job(id:$i){id}}`, validation, "1:14", `Expected value of type "ID!": a string, or a whole number of 64 bits, found an object.`},
		{`{jobs(first:3000000000){totalCount}}`, validation, "1:13", `Expected value of type "Int": a whole number from -2147483648 to 2147483647, found a number beyond 32 bits.`},
	} {
		got := gw.post(tc.doc, nil)
		gw.wantRefused(got, http.StatusBadRequest, tc.code)
		if len(got.errors) == 0 || len(got.errors[0].Locations) == 0 {
			t.Errorf("%s: %s", tc.doc, got.body)
			continue
		}
		if e := got.errors[0]; placeOf(e.Locations[0]) != tc.at || e.Message != tc.message {
			t.Errorf("%q: %s", tc.doc, got.body)
		}
	}
	if n := gw.jobs.Total(); n != 0 {
		t.Errorf("%d upstream calls", n)
	}
	if strings.Contains(gw.log.String(), `"level":"ERROR"`) {
		t.Errorf("a caller's mistake is logged as ours:\n%s", gw.log.String())
	}
}

func placeOf(at location) string { return fmt.Sprintf("%d:%d", at.Line, at.Column) }

// An error of a field has the place of the field, whatever ends the lines.
func TestPlacesOfFieldErrors(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, end := range []string{"\n", "\r", "\r\n"} {
		doc := strings.ReplaceAll("query Q { # é\U0001f600\n  # and\n  __typename a: job(id: \"\"\"\n  x\n \"\"\") { id } b: job(id: \"é\") { id } ...F }\nfragment F on Query {\n c: job(id: \"x\") { id } }", "\n", end)
		want := map[string]string{"a": "3:14", "b": "5:14", "c": "7:2"}
		for range 2 { // parsed, and remembered
			got := gw.post(doc, nil)
			if len(got.errors) != len(want) {
				t.Fatalf("%q: %s", doc, got.body)
			}
			for _, e := range got.errors {
				if path := fmt.Sprint(e.Path...); placeOf(e.Locations[0]) != want[path] {
					t.Errorf("%q: the error of %s is at %v, want %s", end, path, e.Locations, want[path])
				}
			}
		}
	}
}

// Escapes that are characters arrive as these; what is no escape in a block string stays as it is.
func TestStringsArrive(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for literal, want := range map[string]string{
		`"\uD83D\uDE00"`: "%F0%9F%98%80", `"\u{1F600}"`: "%F0%9F%98%80", `"""\uD83D"""`: "%5CuD83D", "\"\"\"a\r\n   b\"\"\"": "a%0Ab", `"a\u00e9"`: "a%C3%A9",
	} {
		gw.jobs.Reset()
		gw.wantFine(gw.post(`{jobs(filter:{tagsAny:[`+literal+`]}){totalCount}}`, nil))
		if requests := gw.jobs.Requests(); len(requests) != 1 || !strings.Contains(requests[0].RawQuery, "tag="+want) {
			t.Errorf("%s: %v", literal, requests)
		}
	}
}

// Without introspection, errors have no name of the schema that the document does not have: not of a type, an
// argument or a field.
func TestErrorsWithoutNames(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, func(s *setup) { s.config.Introspection = false })
	schema := schemaOf(t)
	names := []string{"first", "filter", "representations"}
	for name, def := range schema.Types {
		names = append(names, name)
		for _, field := range def.Fields {
			names = append(names, field.Name)
		}
	}
	anyName := regexp.MustCompile(`\b(` + strings.Join(names, "|") + `)\b`)
	types := regexp.MustCompile(`\b(JobConnection|Int|ID|Boolean|JobFilter|JobState)\b`)
	for doc, want := range map[string]string{
		`{jobs{zzz}}`:                          `Cannot query field "zzz" here.`,
		`{jobs(zzz:1){x:__typename}}`:          `Unknown argument "zzz" on field "jobs".`,
		`{jobs}`:                               `Field "jobs" must have a selection of subfields.`,
		`{jobs{totalCount{__typename}}}`:       `Field "totalCount" must not have a selection.`,
		`{job{x:__typename}}`:                  `Field "job" lacks an argument that is required.`,
		`{x:__typename @skip}`:                 `Directive "@skip" lacks an argument that is required.`,
		`{jobs(filter:7){x:__typename}}`:       `A value of another type is expected here, not a number.`,
		`{jobs(filter:{zzz:7}){x:__typename}}`: `Field "zzz" is not defined here.`,
		`{jobs(orderBy:ZZZ){x:__typename}}`:    `A value of another type is expected here, not another word.`,
		`{jobs(orderBy:"Z"){x:__typename}}`:    `A value of another type is expected here, not a string.`,
		`{jobs(first:null,filter:{states:[null]}){pageInfo{hasNextPage}}}`:            `A value is expected here, not null.`,
		`{jobs(first:3000000000){x:__typename}}`:                                      `A value of another type is expected here, not a number beyond 32 bits.`,
		`query($v:String){jobs(first:$v){x:__typename}}`:                              `Variable "$v" of type "String" cannot be used here.`,
		`{jobs{...on Job{x:__typename}}}`:                                             `Fragment cannot be spread here: no object here can be of its type.`,
		`{jobs{...F}} fragment F on Job{x:__typename}`:                                `Fragment "F" cannot be spread here: no object here can be of its type.`,
		`{jobs{...on Nope{x:__typename}}}`:                                            `Unknown type "Nope".`,
		`{jobs{nodes{x:id} edges{node{x:id}} ...on JobConnection{nodes{x:isFinal}}}}`: `Fields "nodes" conflict because subfields "x" conflict because "id" and "isFinal" are different fields. Use different aliases on the fields to fetch both if this was intentional.`,
	} {
		got := gw.post(doc, nil)
		gw.wantRefused(got, http.StatusBadRequest, "GRAPHQL_VALIDATION_FAILED")
		if len(got.errors) != 1 || got.errors[0].Message != want {
			t.Errorf("%s: %s, want %s", doc, got.body, want)
		}
		for _, e := range got.errors {
			found := types.FindAllString(e.Message, -1)
			for i, part := range strings.Split(e.Message, `"`) {
				if i%2 == 1 { // in quotes
					found = append(found, anyName.FindAllString(part, -1)...)
				}
			}
			for _, name := range found {
				if !strings.Contains(doc, name) {
					t.Errorf("%s: %s gives %s away", doc, e.Message, name)
				}
			}
		}
	}
}

// Nor have errors of fields: neither of what an argument may be, nor of what it goes together with.
func TestFieldErrorsWithoutNames(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, func(s *setup) { s.config.Introspection = false })
	schema := schemaOf(t)
	var names []string
	for name, def := range schema.Types {
		names = append(names, name)
		for _, field := range def.Fields {
			if def.Kind == ast.InputObject {
				names = append(names, field.Name)
			}
			for _, argument := range field.Arguments {
				names = append(names, argument.Name)
			}
		}
	}
	// Two names are words of any sentence.
	names = slices.DeleteFunc(names, func(name string) bool { return name == "from" || name == "to" })
	name := regexp.MustCompile(`\b(` + strings.Join(names, "|") + `)\b`)
	page := gw.post(`{jobs(first:1){pageInfo{endCursor}}}`, nil)
	_, cursor, _ := strings.Cut(page.body, `"endCursor":"`)
	cursor, _, _ = strings.Cut(cursor, `"`)
	many := strings.TrimSuffix(strings.Repeat("1,", 501), ",")
	for _, doc := range []string{
		`{_entities(representations:[7]){x:__typename}}`, `{_entities(representations:{__typename:"Nope"}){x:__typename}}`,
		`{_entities(representations:[` + many + `]){x:__typename}}`, `{datasets(ids:[` + many + `]){x:__typename}}`,
		`{jobs(offset:1,last:1){x:__typename}}`, `{jobs(last:501){x:__typename}}`, `{jobs(offset:-1){x:__typename}}`,
		`{jobs(offset:1,after:"x"){x:__typename}}`, `{jobs(after:"x"){x:__typename}}`, `{jobs(before:""){x:__typename}}`,
		`{jobs(orderBy:UPDATED_AT_ASC,after:"` + cursor + `"){x:__typename}}`, `{dataset(id:1){jobs(before:"` + cursor + `"){x:__typename}}}`,
		`{jobs(filter:{dataPlaneId:7}){x:__typename}}`, `{job(id:7){x:__typename}}`, `{dataset(id:"x"){x:__typename}}`, `{node(id:"x"){x:__typename}}`, `{jobStateCounts(filter:{states:UNKNOWN}){x:__typename}}`,
		`{jobs(filter:{types:""}){x:__typename}}`, `{jobs(filter:{states:UNKNOWN}){x:__typename}}`,
	} {
		got := gw.post(doc, nil)
		if got.code() != "BAD_USER_INPUT" {
			t.Errorf("%s: %s", doc, got.body)
			continue
		}
		for _, found := range name.FindAllString(got.errors[0].Message, -1) {
			if !strings.Contains(doc, found) {
				t.Errorf("%s: %q gives %s away", doc, got.errors[0].Message, found)
			}
		}
	}
}

// Ten unknown directives of one name are one error with ten places.
func TestEqualErrorsAreOne(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	got := gw.post("{__typename "+strings.Repeat("@nope ", 10)+"}", nil)
	gw.wantRefused(got, http.StatusBadRequest, "GRAPHQL_VALIDATION_FAILED")
	if len(got.errors) != 1 || got.errors[0].Message != `Unknown directive "@nope".` || len(got.errors[0].Locations) != 10 {
		t.Errorf("%s", got.body)
	}
}
