package gateway

import (
	"net/http"
	"strings"
	"testing"
)

// A null passes validation in place of a default, but @skip and @include cannot be decided by it: the
// executor would panic, in a goroutine of its own where there are several root fields.
func TestNullConditions(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, query := range []string{
		`query($x: Boolean = true){ jobs(first:0){totalCount} _service { sdl @skip(if:$x) } }`,
		`query($x: Boolean = true){ jobs(first:0){totalCount} _service @skip(if:$x) { sdl } }`,
		`query($x: Boolean = true){ __typename @include(if:$x) }`,
		`query($x: Boolean = true){ jobs(first:1) { nodes { ...F } } } fragment F on Job { id ... @skip(if:$x) { type } }`,
	} {
		got := gw.send(request{body: envelopeOf(t, query, map[string]any{"x": nil}), anonymous: true})
		if got.status != http.StatusBadRequest || got.code() != "BAD_USER_INPUT" || got.errors[0].Extensions["argument"] != "$x" {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
		for _, given := range []map[string]any{nil, {"x": false}, {"x": true}} {
			if got := gw.send(request{body: envelopeOf(t, query, given)}); got.status != http.StatusOK {
				t.Errorf("%s with %v: %d %s", query, given, got.status, got.body)
			}
		}
	}
}

// A null passes validation in place of a default of the variable or of the argument, too. Where the schema
// takes no null it is a mistake of the request's, before anything runs; where it takes one, or the operation
// does not come there, it is none.
func TestNullArguments(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, query := range []string{
		`query($x:ID="1"){__typename job(id:$x){id}}`,
		`query($x:JobState=FAILED){jobs(filter:{states:[RUNNING,$x]}){totalCount}}`,
		`query($x:ID="1"){dataset(id:$x){id}}`,
		`query($x:ID="1"){datasets(ids:[$x]){id}}`,
		`query($x:String="Job"){__type(name:$x){name}}`,
		`query($x:JobState=FAILED){...F} fragment F on Query{...{dataset(id:"1"){...G}}} fragment G on Dataset{latestJob(filter:{states:[$x]}){id}}`,
		`query($x:_Any={__typename:"Dataset",id:"1"}){_entities(representations:[$x]){__typename}}`,
		`query($x:ID="1",$yes:Boolean=true){dataset(id:$x)@include(if:$yes){id}}`,
	} {
		got := gw.post(query, map[string]any{"x": nil})
		gw.wantRefused(got, http.StatusBadRequest, "BAD_USER_INPUT")
		if e := got.errors[0]; e.Extensions["argument"] != "$x" || len(e.Locations) != 1 || placeOf(e.Locations[0]) != "1:7" { // where it is declared
			t.Errorf("%s: %s", query, got.body)
		}
	}
	for _, query := range []string{
		`query($x:ID="1"){jobs(filter:{datasetId:$x}){totalCount}}`,
		`query($x:[JobState!]=[FAILED]){jobs(filter:{states:$x}){totalCount}}`,
		`query($x:JobFilter={states:FAILED}){jobs(filter:$x){totalCount}}`,
		`query($x:Int=1){jobs(first:$x){totalCount}}`,
		`query($x:JobOrder=CREATED_AT_ASC){jobs(orderBy:$x){totalCount}}`,
		`query($x:JobOrder){jobs(orderBy:$x){totalCount}}`,
		`query($x:JobOrder){dataset(id:"1"){jobs(orderBy:$x){totalCount}}}`,
		`query($x:Int,$absent:JobOrder){jobs(first:$x,orderBy:$absent){totalCount}}`,
		`query($x:Boolean=true){__type(name:"Job"){fields(includeDeprecated:$x){name}}}`,
		`query($x:ID="1",$no:Boolean=false){__typename dataset(id:$x)@include(if:$no){id}}`,
		`query($x:ID="1",$no:Boolean=true){__typename ...F@skip(if:$no)} fragment F on Query{dataset(id:$x){id}}`,
		`query($x:Boolean=true,$no:Boolean=false){__typename ...@include(if:$no){__typename@skip(if:$x)}}`,
		`query A($x:ID){jobs(filter:{datasetId:$x}){totalCount}} query B($x:ID="1"){dataset(id:$x){id}}`,
	} {
		body := envelopeOf(t, query, map[string]any{"x": nil})
		if strings.Contains(query, "query A") {
			body = strings.Replace(body, "{", `{"operationName":"A",`, 1)
		}
		gw.wantFine(gw.send(request{body: body}))
	}
	got := gw.post(`query($x:ID="1"){_entities(representations:[{__typename:"Dataset",id:$x}]){__typename}}`, map[string]any{"x": nil})
	if string(got.data) != `{"_entities":[null]}` || got.code() != "BAD_USER_INPUT" {
		t.Errorf("a null in free JSON: %s", got.body)
	}
}
