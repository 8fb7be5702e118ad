package gateway

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// wholeNumbers is where a variable holds a number, and what is answered for the integer that it is.
var wholeNumbers = []struct{ doc, variables, want string }{
	{`query($v:Int){jobs(first:$v){nodes{__typename}}}`, `{"v":%s}`, `{"jobs":{"nodes":[{"__typename":"Job"}]}}`},
	{`query($v:ID!){dataset(id:$v){id}}`, `{"v":%s}`, `{"dataset":{"id":"1"}}`},
	{`query($v:[ID!]!){datasets(ids:$v){id}}`, `{"v":["7",%s]}`, `{"datasets":[{"id":"7"},{"id":"1"}]}`},
	{`query($v:[ID!]!){datasets(ids:$v){id}}`, `{"v":%s}`, `{"datasets":[{"id":"1"}]}`},
	{`query($v:JobFilter){jobs(first:0,filter:$v){totalCount}}`, `{"v":{"datasetId":%s}}`, `{"jobs":{"totalCount":0}}`},
	{`query($v:ID){jobs(first:0,filter:{datasetId:$v}){totalCount}}`, `{"v":%s}`, `{"jobs":{"totalCount":0}}`},
	{`query($v:[_Any!]!){_entities(representations:$v){...on Dataset{id}}}`, `{"v":[{"__typename":"Dataset","id":%s}]}`, `{"_entities":[{"id":"1"}]}`},
	{`query($v:_Any!){_entities(representations:[$v]){...on Dataset{id}}}`, `{"v":{"__typename":"Dataset","id":%s}}`, `{"_entities":[{"id":"1"}]}`},
	{`query($v:ID!){_entities(representations:[{__typename:"Dataset",id:$v}]){...on Dataset{id}}}`, `{"v":%s}`, `{"_entities":[{"id":"1"}]}`},
}

// Writers of JSON write the integer 1 in many ways, and each of them is taken for it: by POST and by GET, for
// an Int and for an ID, alone, in lists, and in objects.
func TestWholeNumbersByVariables(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, tc := range wholeNumbers {
		for _, one := range []string{"1", "1.0", "1e0", "1E0", "10e-1", "0.1e1", "1.000", "1E+0", "1e-0"} {
			variables := fmt.Sprintf(tc.variables, one)
			for method, got := range map[string]answer{
				"POST": gw.send(request{body: `{"query":` + quote(tc.doc) + `,"variables":` + variables + `}`}),
				"GET":  gw.send(request{method: http.MethodGet, path: "/graphql?query=" + url.QueryEscape(tc.doc) + "&variables=" + url.QueryEscape(variables)}),
			} {
				if got.status != http.StatusOK || string(got.data) != tc.want || got.errors != nil {
					t.Errorf("%s of %s by %s: %d %s", one, tc.doc, method, got.status, got.body)
				}
			}
		}
	}
	const id = `query($v:ID!){dataset(id:$v){id}}`
	for number, want := range map[string]string{
		"9007199254740993.0": "9007199254740993", "9223372036854775807e0": "9223372036854775807", "3e9": "3000000000", "-0.0": "0", "0.0": "0", "1E2": "100",
	} {
		got := gw.send(request{body: `{"query":` + quote(id) + `,"variables":{"v":` + number + `}}`})
		if string(got.data) != `{"dataset":{"id":"`+want+`"}}` {
			t.Errorf("%s: %s", number, got.body)
		}
	}
}

// What is no integer of its type stays refused, before anything runs.
func TestNoWholeNumbers(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	beyond := map[bool][]string{
		true:  {"2147483648.0", "-2147483649", "3e9", "1e10", "9223372036854775808.0"}, // of an Int
		false: {"9223372036854775808.0", "-9223372036854775809", "1e19"},
	}
	for _, tc := range wholeNumbers {
		if strings.Contains(tc.doc, "_Any") {
			continue // a representation is refused at its place
		}
		for _, number := range append(beyond[strings.Contains(tc.doc, "Int")], "1.5", "1e-1", "1e400", "1e999999999", "1e-999999999") {
			got := gw.send(request{body: `{"query":` + quote(tc.doc) + `,"variables":` + fmt.Sprintf(tc.variables, number) + `}`})
			gw.wantRefused(got, http.StatusBadRequest, "BAD_USER_INPUT")
			if argument, _ := got.errors[0].Extensions["argument"].(string); !strings.HasPrefix(argument, "$v") {
				t.Errorf("%s of %s: argument %q", number, tc.doc, argument)
			}
		}
	}
}
