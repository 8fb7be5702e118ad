package gateway

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// shared is a fragment that two operations share, and what each declares and is given for its variables.
type shared struct {
	fragment string
	// board has no default, failures has one.
	board, failures string
	given           map[string]any
}

// sharedFragments are all places where an operation reads a variable.
var sharedFragments = map[string]shared{
	"states":            {`Query{jobs(first:0,filter:{states:$v}){totalCount}}`, `$v:[JobState!]`, `$v:[JobState!]=[FAILED]`, nil},
	"a state":           {`Query{jobs(first:0,filter:{states:[$v]}){totalCount}}`, `$v:JobState!`, `$v:JobState!=FAILED`, map[string]any{"v": "COMPLETED"}},
	"types":             {`Query{jobs(first:0,filter:{types:$v}){totalCount}}`, `$v:[String!]`, `$v:[String!]=["none"]`, nil},
	"tags":              {`Query{jobs(first:0,filter:{tagsAny:$v}){totalCount}}`, `$v:[String!]`, `$v:[String!]=["none"]`, nil},
	"data plane":        {`Query{jobs(first:0,filter:{dataPlaneId:$v}){totalCount}}`, `$v:ID`, `$v:ID="00000000-0000-4000-8000-000000000000"`, nil},
	"dataset":           {`Query{jobs(first:0,filter:{datasetId:$v}){totalCount}}`, `$v:ID`, `$v:ID=0`, nil},
	"a filter":          {`Query{jobs(first:0,filter:$v){totalCount}}`, `$v:JobFilter`, `$v:JobFilter={states:[FAILED]}`, nil},
	"other types":       {`Query{jobs(first:0,filter:{datasetId:$v}){totalCount}}`, `$v:ID!`, `$v:ID=0`, map[string]any{"v": 10736}},
	"first":             {`Query{jobs(first:$v){nodes{id}}}`, `$v:Int`, `$v:Int=3`, nil},
	"an argument":       {`Query{jobs(orderBy:$v,first:1){nodes{id}}}`, `$v:JobOrder`, `$v:JobOrder=CREATED_AT_ASC`, nil},
	"jobs of a dataset": {`Dataset{jobs(filter:{states:$v}){totalCount}}`, `$v:[JobState!]`, `$v:[JobState!]=[]`, nil},
	"latest job":        {`Dataset{latestJob(filter:{states:$v}){id}}`, `$v:[JobState!]`, `$v:[JobState!]=[]`, nil},
	"two deep":          {`Query{...G} fragment G on Query{...{jobs(filter:{states:$v}){totalCount}}}`, `$v:[JobState!]`, `$v:[JobState!]=[FAILED]`, nil},
	"an entity":         {`Query{_entities(representations:[{__typename:"Dataset",id:$v}]){...on Dataset{id}}}`, `$v:ID`, `$v:ID=7`, nil},
	"one entity":        {`Query{_entities(representations:{__typename:"Dataset",id:$v}){...on Dataset{id}}}`, `$v:ID`, `$v:ID=7`, map[string]any{"v": "8"}},
	"skip":              {`Query{__typename x:__typename@skip(if:$v)}`, `$v:Boolean!`, `$v:Boolean=false`, map[string]any{"v": true}},
	"include below":     {`Query{jobs(first:1){nodes{id type@include(if:$v)}}}`, `$v:Boolean!`, `$v:Boolean=false`, map[string]any{"v": true}},
	"include a spread":  {`Query{jobs(first:1){nodes{id ...G@include(if:$v)}}} fragment G on Job{type}`, `$v:Boolean!`, `$v:Boolean!=false`, map[string]any{"v": true}},
	"a type":            {`Query{__type(name:$v){name}}`, `$v:String!`, `$v:String!="Job"`, map[string]any{"v": "Dataset"}},
}

// An operation is read with its own definitions: what it comes to beside another that shares its fragments,
// in either order and whoever asked before, is what it comes to alone.
func TestOperationsShareNoDefaults(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, func(s *setup) { s.config.Limits.RootFields = 20 })
	for name, c := range sharedFragments {
		selection := "{...F}"
		if strings.HasPrefix(c.fragment, "Dataset") {
			selection = `{jobs(first:20){nodes{dataset{...F}}}}`
		}
		fragment := " fragment F on " + c.fragment
		board, failures := "query Board("+c.board+")"+selection, "query Failures("+c.failures+")"+selection
		wants := map[string]answer{"Board": gw.post(board+fragment, c.given), "Failures": gw.post(failures+fragment, nil)}
		if wants["Board"].body == wants["Failures"].body || wants["Failures"].errors != nil {
			t.Fatalf("%s: nothing to tell apart: %s %s", name, wants["Board"].body, wants["Failures"].body)
		}
		for _, document := range []string{board + failures + fragment, failures + board + fragment, fragment + failures + board} {
			for _, operation := range []string{"Board", "Failures", "Board"} {
				given := c.given
				if operation == "Failures" {
					given = nil
				}
				got := gw.send(request{body: strings.Replace(envelopeOf(t, document, given), "{", fmt.Sprintf(`{"operationName":%q,`, operation), 1)})
				if want := wants[operation]; string(got.data) != string(want.data) || got.code() != want.code() {
					t.Errorf("%s: %s of %s: %s, want %s", name, operation, document, got.body, want.body)
				}
			}
		}
	}
}

// Another operation's default lifts no limit, and its condition asks for no variable.
func TestOperationsShareNoLimits(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, func(s *setup) { s.config.Limits.Cost = 40 })
	const fragment = ` fragment F on Query{jobs(first:$n){nodes{id}}}`
	for _, document := range []string{
		`query A($n:Int){...F} query B($n:Int=0){...F}` + fragment,
		`query B($n:Int=0){...F} query A($n:Int){...F}` + fragment,
	} {
		body := envelopeOf(t, document, nil)
		got := gw.send(request{body: strings.Replace(body, "{", `{"operationName":"A",`, 1)})
		gw.wantRefused(got, http.StatusBadRequest, "COMPLEXITY_LIMIT_EXCEEDED")
		got = gw.send(request{body: strings.Replace(body, "{", `{"operationName":"B",`, 1)})
		if got.status != http.StatusOK || got.errors != nil {
			t.Errorf("%s", got.body)
		}
		gw.jobs.Reset()
	}
	const conditions = `query A($x:Boolean){__type(name:"Job"){fields(includeDeprecated:$x){name}}} query B($x:Boolean!){__typename@skip(if:$x)}`
	for _, given := range []map[string]any{nil, {"x": nil}, {"x": true}} {
		got := gw.send(request{body: strings.Replace(envelopeOf(t, conditions, given), "{", `{"operationName":"A",`, 1)})
		gw.wantFine(got)
	}
}
