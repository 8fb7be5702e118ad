package direct_test

import (
	"fmt"
	"strings"
	"testing"
)

// Only an object of a type that is known has typed members; all else is given as it came.
func TestPayloads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		jobType, payload string
		typed            bool
	}{
		{"materialize-view", `{"nql":"q"}`, true},
		{"materialize-view", `{"x":1}`, true},
		{"refresh_materialized_view", `{"nql":"q"}`, true},
		{`materialize\u002dview`, `{"nql":"q"}`, true},
		{"nql-forecast", `{"nql":"q"}`, false},
		{"Materialize-View", `{"nql":"q"}`, false},
		{"brand-new", `[1, 2.50]`, false},
		{"materialize-view", `"text"`, false},
		{"materialize-view", `[{"nql":"q"}]`, false},
		{"materialize-view", `7`, false},
		{"materialize-view", `false`, false},
	} {
		kind := map[bool]string{true: "MaterializeView", false: "GenericJob"}[c.typed]
		wantFields(t, jobWith(t, `"type":"`+c.jobType+`","input":`+c.payload+`,"result":`+c.payload),
			`input { __typename raw } result { __typename raw }`,
			fmt.Sprintf(`"input":{"__typename":"%sSpec","raw":%s},"result":{"__typename":"%sResult","raw":%s}`, kind, c.payload, kind, c.payload))
	}
}

// wantMembers checks the fields of an input or a result. What is wanted of each is its JSON, or "error" for
// null with an error.
func wantMembers(t *testing.T, payload, typeName string, fields, want []string) {
	t.Helper()
	name := map[bool]string{true: "input", false: "result"}[strings.HasSuffix(typeName, "Spec")]
	var data, places []string
	for i, field := range fields {
		key, _, _ := strings.Cut(field, " ")
		value := want[i]
		if value == "error" {
			value, places = "null", append(places, name+"."+key)
		}
		data = append(data, `"`+key+`":`+value)
	}
	wantFields(t, jobWith(t, `"`+name+`":`+payload), name+` { ... on `+typeName+` { `+strings.Join(fields, " ")+` } }`,
		`"`+name+`":{`+strings.Join(data, ",")+`}`, places...)
}

func TestMaterializeViewSpec(t *testing.T) {
	t.Parallel()
	fields := []string{"compiledSelect", "dataset { id }", "nql", "statsEnabled"}
	for payload, want := range map[string][]string{
		`{"nql":"q","compiled_select":"s","stats_enabled":true,"dataset_id":7}`: {`"s"`, `{"id":"7"}`, `"q"`, "true"},
		`{"compiled_sql":"old","stats_enabled":false}`:                          {`"old"`, "null", "null", "false"},
		`{"compiled_select":"s","compiled_sql":"old"}`:                          {`"s"`, "null", "null", "null"},
		`{"compiled_select":"","compiled_sql":"old"}`:                           {`"old"`, "null", "null", "null"},
		`{"compiled_select":null,"stats_enabled":null,"nql":null,"x":1}`:        {"null", "null", "null", "null"},
		`{"nql":7,"compiled_select":[1],"stats_enabled":"yes","dataset_id":""}`: {"error", "null", "error", "error"},
		`{"nql":["q"],"compiled_sql":7,"stats_enabled":1,"dataset_id":7.5}`:     {"error", "error", "error", "error"},
	} {
		wantMembers(t, payload, "MaterializeViewSpec", fields, want)
	}
}

// A snapshot's digits are exact or an error: a rounded number would name another snapshot.
func TestMaterializeViewResult(t *testing.T) {
	t.Parallel()
	fields := []string{"dataset { id }", "recalculationId", "snapshotId"}
	for payload, want := range map[string][]string{
		`{"snapshot_id":1724919539450264600,"recalculation_id":"r","dataset_id":7}`: {`{"id":"7"}`, `"r"`, `"1724919539450264600"`},
		`{"snapshot_id":"1724919539450264601","recalculation_id":12}`:               {"null", `"12"`, `"1724919539450264601"`},
		`{"snapshot_id":9223372036854775807,"dataset":{"id":"8"}}`:                  {`{"id":"8"}`, "null", `"9223372036854775807"`},
		`{"snapshot_id":-9223372036854775808}`:                                      {"null", "null", `"-9223372036854775808"`},
		`{"snapshot_id":0}`:                                                         {"null", "null", `"0"`},
		`{"snapshot_id":"123"}`:                                                     {"null", "null", `"123"`},
		`{"snapshot_id":"","recalculation_id":""}`:                                  {"null", "null", "null"},
		`{"snapshot_id":null,"recalculation_id":null}`:                              {"null", "null", "null"},
		`{"snapshot_id":9223372036854775808,"recalculation_id":1.5}`:                {"null", "error", "error"},
		`{"snapshot_id":1e400,"recalculation_id":true}`:                             {"null", "error", "error"},
		`{"snapshot_id":1.0,"dataset_id":-0}`:                                       {"error", "null", "error"},
		`{"snapshot_id":-0}`:                                                        {"null", "null", "error"},
		`{"snapshot_id":"007"}`:                                                     {"null", "null", "error"},
		`{"snapshot_id":"x"}`:                                                       {"null", "null", "error"},
		`{"snapshot_id":true}`:                                                      {"null", "null", "error"},
		`{"snapshot_id":[1]}`:                                                       {"null", "null", "error"},
	} {
		wantMembers(t, payload, "MaterializeViewResult", fields, want)
	}
}
