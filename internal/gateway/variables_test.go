package gateway

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestVariables sends values that JSON can hold to arguments that do not take them. Whether the request is
// refused or the field, the caller learns which argument it is, and the upstream is not asked.
func TestVariables(t *testing.T) {
	t.Parallel()
	const (
		first  = `query($v:Int){jobs(first:$v){totalCount}}`
		needed = `query($v:Int!){jobs(first:$v){totalCount}}`
		id     = `query($v:ID!){job(id:$v){id}}`
		ids    = `query($v:[ID!]!){datasets(ids:$v){id latestJob{id}}}`
		filter = `query($v:JobFilter){jobs(filter:$v){totalCount}}`
		tags   = `query($v:[String!]){jobs(filter:{tagsAny:$v}){totalCount}}`
		state  = `query($v:[JobState!]){jobs(filter:{states:$v}){totalCount}}`
		order  = `query($v:JobOrder!){jobs(orderBy:$v){totalCount}}`
		after  = `query($v:String){jobs(after:$v){totalCount}}`
		from   = `query($v:DateTime){jobs(filter:{createdAt:{from:$v}}){totalCount}}`
		node   = `query($v:ID!){node(id:$v){id}}`
		nodes  = `query($v:[ID!]!){nodes(ids:$v){id}}`
		entity = `query($v:[_Any!]!){_entities(representations:$v){... on Job{id}}}`
	)
	gw := startGateway(t)
	for _, tc := range []struct{ doc, value, argument string }{
		{first, `"abc"`, "$v"},
		{first, `"5"`, "$v"},
		{first, `1.5`, "$v"},
		{first, `true`, "$v"},
		{first, `{}`, "$v"},
		{first, `[]`, "$v"},
		{first, `[1]`, "$v"},
		{first, `2147483648`, "$v"},
		{first, `-2147483649`, "$v"},
		{first, `9223372036854775808`, "$v"},
		{first, `1e400`, "$v"},
		{needed, ``, "$v"},
		{needed, `null`, "$v"},
		{id, `1.5`, "$v"},
		{id, `"abc"`, "id"},
		{id, `7`, "id"},
		{id, `true`, "$v"},
		{id, `{}`, "$v"},
		{id, `[]`, "$v"},
		{id, `null`, "$v"},
		{id, ``, "$v"},
		{ids, `["1",null]`, "$v[1]"},
		{ids, `[["1"]]`, "$v[0]"},
		{ids, `[1.5]`, "$v[0]"},
		{ids, `[{}]`, "$v[0]"},
		{ids, `null`, "$v"},
		{ids, `["007"]`, "ids"},
		{filter, `[]`, "$v"},
		{filter, `"x"`, "$v"},
		{filter, `{"nope":1}`, "$v.nope"},
		{filter, `{"states":["EXPLODED"]}`, "$v.states[0]"},
		{filter, `{"states":[1]}`, "$v.states[0]"},
		{filter, `{"states":["running"]}`, "$v.states[0]"},
		{filter, `{"states":[["RUNNING"]]}`, "$v.states[0]"},
		{filter, `{"types":["x",{}]}`, "$v.types[1]"},
		{filter, `{"types":["x",["y"]]}`, "$v.types[1]"},
		{filter, `{"__typename":"JobFilter"}`, "$v.__typename"},
		{filter, `{"b":1,"a":2,"states":7}`, "$v.a"},
		{filter, `{"states":[null]}`, "$v.states[0]"},
		{filter, `{"types":7}`, "$v.types"},
		{filter, `{"types":[7]}`, "$v.types[0]"},
		{filter, `{"types":[true]}`, "$v.types[0]"},
		{filter, `{"datasetId":1.5}`, "$v.datasetId"},
		{filter, `{"datasetId":{}}`, "$v.datasetId"},
		{filter, `{"dataPlaneId":"x"}`, "filter.dataPlaneId"},
		{tags, `[7]`, "$v[0]"},
		{tags, `[1e9]`, "$v[0]"},
		{tags, `[{}]`, "$v[0]"},
		{state, `["EXPLODED"]`, "$v[0]"},
		{state, `["UNKNOWN"]`, "filter.states"},
		{state, `["running"]`, "$v[0]"},
		{state, `["RUNNING","running"]`, "$v[1]"},
		{state, `[true]`, "$v[0]"},
		{order, `"NEWEST"`, "$v"},
		{order, `["CREATED_AT_ASC"]`, "$v"},
		{order, `"created_at_asc"`, "$v"},
		{after, `7`, "$v"},
		{after, `"` + marker + `"`, "after"},
		{id, `"` + marker + `"`, "id"},
		{ids, `["1","` + marker + `"]`, "ids"},
		{first, `"` + marker + `"`, "$v"},
		{state, `"` + marker + `"`, "$v"},
		{order, `"` + marker + `"`, "$v"},
		{filter, `"` + marker + `"`, "$v"},
		{filter, `{"` + marker + `.":1}`, "$v"},
		{filter, `{"types":["` + marker + `\u0000"]}`, "filter.types"},
		{filter, `{"datasetId":"` + marker + `"}`, "filter.datasetId"},
		{filter, `{"dataPlaneId":"` + marker + `"}`, "filter.dataPlaneId"},
		{filter, `{"createdAt":{"from":"` + marker + `"}}`, "$v.createdAt.from"},
		{filter, `{"updatedAt":{"to":7}}`, "$v.updatedAt.to"},
		{filter, `{"createdAt":"2024-01-01T00:00:00Z"}`, "$v.createdAt"},
		{from, `"2024-01-01"`, "$v"},
		{from, `"2024-01-01T00:00:00"`, "$v"},
		{node, `"` + marker + `"`, "id"},
		{nodes, `["` + marker + `"]`, "ids"},
		{entity, `[null]`, "$v[0]"},
		{entity, `["x"]`, ""},
		{entity, `[[]]`, ""},
		{entity, `[7]`, ""},
	} {
		body := `{"query":` + quote(tc.doc) + `,"variables":{"v":` + tc.value + `}}`
		if tc.value == "" {
			body = `{"query":` + quote(tc.doc) + `}`
		}
		got := gw.send(request{body: body})
		if got.code() != "BAD_USER_INPUT" {
			t.Errorf("%s of %s: %d %s", tc.value, tc.doc, got.status, got.body)
			continue
		}
		if argument, _ := got.errors[0].Extensions["argument"].(string); argument != tc.argument && tc.argument != "" {
			t.Errorf("%s of %s: argument %q, want %q", tc.value, tc.doc, argument, tc.argument)
		}
		if strings.HasPrefix(tc.argument, "$") && (got.status != http.StatusBadRequest || got.data != nil) {
			t.Errorf("%s of %s is refused while it runs: %d %s", tc.value, tc.doc, got.status, got.body)
		}
		if strings.Contains(got.body, marker) {
			t.Errorf("%s: the value is repeated: %s", tc.doc, got.body)
		}
	}
	if n := gw.jobs.Total(); n != 0 {
		t.Errorf("%d upstream calls", n)
	}
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// What the specification lets a client leave out or write shorter is taken.
func TestVariablesAccepted(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, tc := range []struct{ doc, value string }{
		{`query($v:Int){jobs(first:$v){totalCount}}`, `null`},
		{`query($v:Int=3){jobs(first:$v){totalCount}}`, ``},
		{`query($v:Int!=3){jobs(first:$v){totalCount}}`, ``},
		{`query($v:Int){jobs(first:$v){totalCount}}`, `0`},
		{`query($v:[JobState!]){jobs(filter:{states:$v}){totalCount}}`, `"RUNNING"`},
		{`query($v:[JobState!]){jobs(filter:{states:$v}){totalCount}}`, `["RUNNING","FAILED"]`},
		{`query($v:JobFilter){jobs(filter:$v){totalCount}}`, `{"states":"RUNNING","types":"x","tagsAny":null}`},
		{`query($v:JobFilter){jobs(filter:$v){totalCount}}`, `{"datasetId":10736}`},
		{`query($v:[ID!]!){datasets(ids:$v){id}}`, `10736`},
		{`query($v:[ID!]!){datasets(ids:$v){id}}`, `"10736"`},
		{`query($v:[ID!]!){datasets(ids:$v){id}}`, `[10736,"10737"]`},
		{`query($v:[ID!]!){datasets(ids:$v){id}}`, `[]`},
		{`query($v:ID!){dataset(id:$v){id}}`, `9007199254740993`},
		{`query($v:JobFilter={states:FAILED,datasetId:7}){jobs(filter:$v){totalCount}}`, ``},
		{`query($v:[ID!]!=7){datasets(ids:$v){id}}`, ``},
		{`query($v:[ID!]!=[]){datasets(ids:$v){id}}`, ``},
		{`query($v:[JobState!]=FAILED){jobs(filter:{states:$v}){totalCount}}`, ``},
		{`query($v:Float!){_entities(representations:[{__typename:"Dataset",id:"1",n:$v}]){...on Dataset{id}}}`, `1.5e3`},
		{`query($v:Float!){_entities(representations:[{__typename:"Dataset",id:$v}]){...on Dataset{id}}}`, `1.0736e4`},
		{`query($v:Float=1.5){_entities(representations:[{__typename:"Dataset",id:"1",n:$v}]){...on Dataset{id}}}`, ``},
		{`query($v:Float=1){_entities(representations:[{__typename:"Dataset",id:"1",n:$v}]){...on Dataset{id}}}`, ``},
		{`query($v:Boolean){_entities(representations:[{__typename:"Dataset",id:"1",n:$v}]){...on Dataset{id}}}`, `true`},
		{`query($v:ID!){datasets(ids:[$v,"2"]){id}}`, `"1"`},
		{`query($v:JobOrder!){jobs(orderBy:$v){totalCount}}`, `"CREATED_AT_ASC"`},
		{`query($v:JobOrder){jobs(orderBy:$v){totalCount}}`, `null`},
		{`query($v:JobOrder){jobs(orderBy:$v){totalCount}}`, ``},
		{`query($v:_Any!){_entities(representations:[$v]){... on Dataset{id}}}`, `{"__typename":"Dataset","id":"1"}`},
		{`query($v:[_Any!]!){_entities(representations:$v){... on Dataset{id}}}`, `{"__typename":"Dataset","id":"1"}`},
	} {
		body := `{"query":` + quote(tc.doc) + `,"variables":{"v":` + tc.value + `}}`
		if tc.value == "" {
			body = `{"query":` + quote(tc.doc) + `}`
		}
		got := gw.send(request{body: body})
		if len(got.errors) > 0 || got.status != http.StatusOK {
			t.Errorf("%s of %s: %d %s", tc.value, tc.doc, got.status, got.body)
		}
	}
}

// Literals of the wrong kind never reach a resolver, whatever they are.
func TestLiterals(t *testing.T) {
	t.Parallel()
	const (
		validation = "GRAPHQL_VALIDATION_FAILED"
		input      = "BAD_USER_INPUT"
	)
	gw := startGateway(t)
	for _, tc := range []struct{ doc, code string }{
		{`{jobs(first:2147483648){totalCount}}`, validation},
		{`{jobs(first:-2147483649){totalCount}}`, validation},
		{`{jobs(first:9223372036854775808){totalCount}}`, input},
		{`{jobs(first:1e400){totalCount}}`, input},
		{`{jobs(first:1.0){totalCount}}`, validation},
		{`{jobs(first:"5"){totalCount}}`, validation},
		{`{jobs(first:true){totalCount}}`, validation},
		{`{jobs(first:[5]){totalCount}}`, validation},
		{`{jobs(filter:{states:[EXPLODED]}){totalCount}}`, validation},
		{`{jobs(filter:{states:["RUNNING"]}){totalCount}}`, validation},
		{`{jobs(filter:{states:[running]}){totalCount}}`, validation},
		{`{jobs(filter:{states:[UNKNOWN]}){totalCount}}`, input},
		{`{jobs(filter:{nope:1}){totalCount}}`, validation},
		{`{jobs(filter:{types:[7]}){totalCount}}`, validation},
		{`{jobs(filter:{states:[null]}){totalCount}}`, validation},
		{`{job(id:1.5){id}}`, validation},
		{`{job(id:RUNNING){id}}`, validation},
		{`{dataset(id:99999999999999999999){id}}`, input},
		{`{datasets(ids:[1,99999999999999999999]){id}}`, input},
		{`query($x:Int=99999999999999999999){jobs(first:$x){totalCount}}`, input},
		{`{_entities(representations:[{__typename:"Job",id:"x",n:99999999999999999999}]){__typename}}`, input},
		{`{_entities(representations:[{__typename:"Job",id:"x",n:1e999}]){__typename}}`, input},
		{`query($x:[_Any!]!=[{__typename:"Job",id:"x",n:1e999}]){_entities(representations:$x){__typename}}`, input},
		{`{__typename @include(if:99999999999999999999)}`, validation},
	} {
		got := gw.post(tc.doc, nil)
		if got.code() != tc.code {
			t.Errorf("%s: %d %s", tc.doc, got.status, got.body)
		}
	}
	if n := gw.jobs.Total(); n != 0 {
		t.Errorf("%d upstream calls", n)
	}
	if lines := gw.log.With("operation failed"); len(lines) != 0 {
		t.Errorf("a mistake of the caller is logged as one of ours: %v", lines)
	}
}
