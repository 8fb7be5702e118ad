package gateway

import (
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"

	"jobsgateway/graph"
	"jobsgateway/internal/document"
)

// costOf reckons the one operation of a valid document.
func costOf(t testing.TB, text string, variables map[string]any) int {
	t.Helper()
	schema := schemaOf(t)
	doc := parse(t, text)
	if list := document.NewValidator(schema, true).Validate(doc, maxErrors); len(list) > 0 {
		t.Fatal(list)
	}
	values, misfit := document.NewVariables(schema, true, graph.Scalars()).Read(doc.Operations[0], variables)
	if misfit != nil {
		t.Fatal(misfit)
	}
	reckoning := costing{newPrices(schema), values, 50}
	cost, _ := reckoning.check(doc, doc.Operations[0], -1)
	return cost
}

func TestCost(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		doc       string
		variables map[string]any
		want      int
	}{
		{`{__typename}`, nil, 0},
		{`{jobs{totalCount}}`, nil, 1},
		{`{jobs{nodes{id}}}`, nil, 1 + 50},
		{`{jobs(first:2){nodes{id state}}}`, nil, 1 + 2},
		{`{jobs(last:2){nodes{id}}}`, nil, 1 + 2},
		{`{jobs(first:null,last:2){nodes{id}}}`, nil, 1 + 2},
		{`{jobs(first:3,last:500){nodes{id}}}`, nil, 1 + 500},
		{`{jobs(first:500,last:3){nodes{id}}}`, nil, 1 + 500},
		{`{jobs(first:0){nodes{id}}}`, nil, 1},
		{`{jobs(first:-7){nodes{id}}}`, nil, 1},
		{`{jobs(first:2){edges{node{id}}}}`, nil, 1 + 2*2},
		{`{jobs(first:2){edges{node{id}} nodes{id} pageInfo{hasNextPage}}}`, nil, 1 + 2*2 + 2 + 1},
		{`{jobs(first:2){nodes{failures{message} requestSource{type}}}}`, nil, 1 + 2*3},
		{`{jobs(first:2){nodes{dataset{latestJob{id}}}}}`, nil, 1 + 2*3},
		{`{jobs(first:2){nodes{dataset{jobs(first:3){nodes{id}}}}}}`, nil, 1 + 2*(1+1+1+3)},
		{`{job(id:"x"){dataset{id}}}`, nil, 2},
		{`{job(id:"x"){raw b:raw id}}`, nil, 1 + 2*5},
		{`{jobs(first:2){nodes{input{raw}}}}`, nil, 1 + 2*(1+1+5)},
		{`{node(id:"x"){... on Job{dataset{id}}}}`, nil, 2},
		{`{datasets(ids:["1","2","3"]){latestJob{id}}}`, nil, 3 * 2},
		{`{datasets(ids:"1"){id}}`, nil, 1},
		{`{datasets(ids:[]){latestJob{id}}}`, nil, 0},
		{`{nodes(ids:["1","2","3"]){id}}`, nil, 3},
		{`query($i:[ID!]!){nodes(ids:$i){id}}`, map[string]any{"i": []any{"1", "2"}}, 2},
		{`{jobStateCounts{state count}}`, nil, 8},
		{`{jobStateCounts(filter:{states:[FAILED,RUNNING]}){state count}}`, nil, 2},
		{`{jobStateCounts(filter:{states:FAILED}){state count}}`, nil, 1},
		{`{jobStateCounts(filter:{createdAt:{from:"2024-01-01T00:00:00Z"}}){state count}}`, nil, 8 * (1 + 200)},
		// What the search for an end of a range reads is counted.
		{`{jobs(filter:{createdAt:{from:"2024-01-01T00:00:00Z"}}){totalCount}}`, nil, 1 + 200},
		{`{jobs(first:2,filter:{createdAt:{from:"2024-01-01T00:00:00Z",to:"2024-01-02T00:00:00Z"}}){nodes{id}}}`, nil, 1 + 2 + 2*200},
		{`{jobs(first:2,filter:{createdAt:{from:null}}){nodes{id}}}`, nil, 1 + 2},
		{`query($f:JobFilter){jobs(first:2,filter:$f){nodes{id}}}`, map[string]any{"f": map[string]any{"updatedAt": map[string]any{"to": "2024-01-01T00:00:00Z"}}}, 1 + 2 + 200},
		{`query($t:DateTime){jobs(first:2,filter:{createdAt:{from:$t}}){nodes{id}}}`, map[string]any{"t": "2024-01-01T00:00:00Z"}, 1 + 2 + 200},
		{`query($t:DateTime){jobs(first:2,filter:{createdAt:{from:$t}}){nodes{id}}}`, nil, 1 + 2},
		{`{datasets(ids:["1","2"]){latestJob(filter:{createdAt:{to:"2024-01-01T00:00:00Z"}}){id}}}`, nil, 2 * (1 + 1 + 200)},
		{`query($i:[ID!]!){datasets(ids:$i){latestJob{id}}}`, map[string]any{"i": []any{"1", "2"}}, 2 * 2},
		{`query($i:[ID!]!){datasets(ids:$i){latestJob{id}}}`, map[string]any{"i": "1"}, 2},
		{`query($i:[ID!]!=["1","2"]){datasets(ids:$i){id}}`, nil, 2},
		{`query($r:[_Any!]!){_entities(representations:$r){... on Job{dataset{id}}}}`, map[string]any{"r": []any{map[string]any{}, map[string]any{}}}, 2 * 2},
		{`query($n:Int){jobs(first:$n){nodes{id}}}`, map[string]any{"n": json.Number("9")}, 1 + 9},
		{`query($n:Int){jobs(first:$n){nodes{id}}}`, map[string]any{"n": nil}, 1 + 50},
		{`query($n:Int){jobs(first:$n){nodes{id}}}`, nil, 1 + 50},
		{`query($n:Int){jobs(first:$n,last:7){nodes{id}}}`, nil, 1 + 7},
		{`query($n:Int=6){jobs(first:$n){nodes{id}}}`, nil, 1 + 6},
		// What is read is counted, also where it is not written.
		{`{jobs(first:9){pageInfo{endCursor}}}`, nil, 1 + 1 + 9},
		{`{jobs(first:9,after:"x"){totalCount}}`, nil, 1},
		{`{jobs(last:9,before:"x"){totalCount}}`, nil, 1},
		{`{jobs(first:9,before:"x"){totalCount}}`, nil, 1 + 9},
		{`{jobs(last:9,after:"x"){totalCount}}`, nil, 1 + 9},
		{`{jobs(first:9,after:"x",before:"y"){pageInfo{hasNextPage}}}`, nil, 1 + 1 + 9},
		{`query($b:String){jobs(first:9,before:$b){totalCount}}`, map[string]any{"b": nil}, 1},
		{`query($b:String){jobs(first:9,before:$b){totalCount}}`, map[string]any{"b": "x"}, 1 + 9},
	} {
		if got := costOf(t, tc.doc, tc.variables); got != tc.want {
			t.Errorf("%s costs %d, want %d", tc.doc, got, tc.want)
		}
	}
}

// A fragment costs what it would in its place, and each time that it is spread.
func TestCostOfFragments(t *testing.T) {
	t.Parallel()
	const plain = `{a:jobs(first:3){nodes{id dataset{latestJob{id}}} edges{node{id}}} b:jobs(first:5){nodes{id dataset{latestJob{id}}} edges{node{id}}}}`
	want := costOf(t, plain, nil)
	for _, doc := range []string{
		`{a:jobs(first:3){...F} b:jobs(first:5){...F}} fragment F on JobConnection{nodes{id dataset{latestJob{id}}} edges{node{id}}}`,
		`{a:jobs(first:3){...F} b:jobs(first:5){...F}} fragment F on JobConnection{...G edges{node{id}}} fragment G on JobConnection{nodes{...H}} fragment H on Job{id dataset{...I}} fragment I on Dataset{latestJob{id}}`,
		`{...F} fragment F on Query{a:jobs(first:3){...G} ...{b:jobs(first:5){...G}}} fragment G on JobConnection{...on JobConnection{nodes{id dataset{latestJob{id}}}} ...{edges{node{id}}}}`,
	} {
		if got := costOf(t, doc, nil); got != want {
			t.Errorf("%s costs %d, want %d as %s", doc, got, want, plain)
		}
	}
}

func TestCostLimit(t *testing.T) {
	t.Parallel()
	const (
		literal  = `{jobs(first:100){nodes{dataset{jobs(first:100){nodes{dataset{jobs(first:100){nodes{id}}}}}}}}}`
		variable = `query($n:Int!){jobs(first:$n){nodes{dataset{jobs(first:$n){nodes{dataset{jobs(last:$n){nodes{id}}}}}}}}}`
		fallback = `query($n:Int!=2147483647){jobs(first:$n){nodes{dataset{jobs(first:$n){nodes{dataset{jobs(first:$n){nodes{id}}}}}}}}}`
	)
	gw := startGateway(t)
	for _, tc := range []struct {
		doc       string
		variables any
	}{
		{literal, nil},
		{variable, map[string]any{"n": 100}},
		{variable, map[string]any{"n": math.MaxInt32}},
		{fallback, nil},
		{`{jobs(first:2147483647){nodes{id}}}`, nil},
		{strings.Replace(literal, "{jobs(", "{...F} fragment F on Query{jobs(", 1), nil},
		{`query($s:Boolean=true){jobs(first:500) @skip(if:$s){nodes{dataset{jobs(first:500){nodes{id}}}}}}`, nil},
	} {
		got := gw.post(tc.doc, tc.variables)
		gw.wantRefused(got, http.StatusBadRequest, "COMPLEXITY_LIMIT_EXCEEDED")
		cost, _ := got.errors[0].Extensions["cost"].(float64)
		if limit := got.errors[0].Extensions["limit"]; limit != 100_000.0 || cost <= 100_000 || cost > maxCost {
			t.Errorf("%s: %s", tc.doc, got.body)
		}
		if len(got.errors[0].Locations) != 1 {
			t.Errorf("no location: %s", got.body)
		}
	}
	// A remembered document is reckoned with each caller's own variables.
	gw.wantFine(gw.post(variable, map[string]any{"n": 1}))
	gw.jobs.Reset()
	gw.wantRefused(gw.post(variable, map[string]any{"n": 100}), http.StatusBadRequest, "COMPLEXITY_LIMIT_EXCEEDED")
}

func TestPageSizes(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, arguments := range []string{"first:-1", "first:-5", "first:501", "last:501", "first:1,last:1"} {
		got := gw.post("{jobs("+arguments+"){totalCount}}", nil)
		if got.status != http.StatusOK || got.code() != "BAD_USER_INPUT" || string(got.data) != `{"jobs":null}` {
			t.Errorf("%s: %d %s", arguments, got.status, got.body)
		}
	}
	if n := gw.jobs.Total(); n != 0 {
		t.Errorf("%d upstream calls", n)
	}
	for query, want := range map[string]int{`{jobs{nodes{id}}}`: 50, `{jobs(first:0){nodes{id} totalCount}}`: 0, `{jobs(first:500){nodes{id}}}`: 60} {
		got := gw.post(query, nil)
		gw.wantFine(got)
		if nodes := len(nodesOf(t, got.data)); nodes != want {
			t.Errorf("%s: %d nodes, want %d", query, nodes, want)
		}
	}
}
