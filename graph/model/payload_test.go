package model

import (
	"strconv"
	"testing"

	"jobsgateway/restclient"
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
		{"nql-forecast", `{"nql":"q"}`, false},
		{"Materialize-View", `{"nql":"q"}`, false},
		{"brand-new", `[1, 2.50]`, false},
		{"materialize-view", `"text"`, false},
		{"materialize-view", `[{"nql":"q"}]`, false},
		{"materialize-view", `7`, false},
		{"materialize-view", `false`, false},
	} {
		job := jobWith(t, `"type":"`+c.jobType+`","input":`+c.payload+`,"result":`+c.payload)
		var raws [2]restclient.JSON
		var typed [2]bool
		switch input := job.Input().(type) {
		case *MaterializeViewSpec:
			raws[0], typed[0] = input.Raw, true
		case *GenericJobSpec:
			raws[0] = input.Raw
		}
		switch result := job.Result().(type) {
		case *MaterializeViewResult:
			raws[1], typed[1] = result.Raw, true
		case *GenericJobResult:
			raws[1] = result.Raw
		}
		for i, raw := range raws {
			if string(raw) != c.payload || typed[i] != c.typed {
				t.Errorf("%s %s: %s, typed %v", c.jobType, c.payload, raw, typed[i])
			}
		}
	}
}

func TestMaterializeViewSpec(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]struct{ nql, compiled, stats, dataset string }{
		`{"nql":"q","compiled_select":"s","stats_enabled":true,"dataset_id":7}`: {"q", "s", "true", "7"},
		`{"compiled_sql":"old","stats_enabled":false}`:                          {"null", "old", "false", "null"},
		`{"compiled_select":"s","compiled_sql":"old"}`:                          {"null", "s", "null", "null"},
		`{"compiled_select":"","compiled_sql":"old"}`:                           {"null", "old", "null", "null"},
		`{"compiled_select":null,"stats_enabled":null,"nql":null,"x":1}`:        {"null", "null", "null", "null"},
		`{"nql":7,"compiled_select":[1],"stats_enabled":"yes","dataset_id":""}`: {"error", "error", "error", "null"},
		`{"nql":["q"],"compiled_sql":7,"stats_enabled":1,"dataset_id":7.5}`:     {"error", "error", "error", "error"},
	} {
		spec, ok := jobWith(t, `"input":`+payload).Input().(*MaterializeViewSpec)
		if !ok {
			t.Fatalf("%s is not typed", payload)
		}
		wantText[string](t, payload, want.nql)(spec.Nql())
		wantText[string](t, payload, want.compiled)(spec.CompiledSelect())
		wantDataset(t, payload, want.dataset)(spec.Dataset())
		stats, err := spec.StatsEnabled()
		var words *string
		if stats != nil {
			word := strconv.FormatBool(*stats)
			words = &word
		}
		wantText[string](t, payload, want.stats)(words, err)
	}
}

// wantText checks a text, "null" for none, or that it cannot be read, "error".
func wantText[T ~string](t testing.TB, payload, want string) func(*T, error) {
	t.Helper()
	return func(got *T, err error) {
		t.Helper()
		switch {
		case want == "error":
			wantMalformed(t, err)
			if got != nil {
				t.Errorf("%s: %s beside an error", payload, valueOf(got))
			}
		case err != nil || valueOf(got) != want:
			t.Errorf("%s: %s, %v; want %s", payload, valueOf(got), err, want)
		}
	}
}

// A snapshot's digits are exact or an error: a rounded number would name another snapshot.
func TestMaterializeViewResult(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]struct{ snapshot, recalculation, dataset string }{
		`{"snapshot_id":1724919539450264600,"recalculation_id":"r","dataset_id":7}`: {"1724919539450264600", "r", "7"},
		`{"snapshot_id":"1724919539450264601","recalculation_id":12}`:               {"1724919539450264601", "12", "null"},
		`{"snapshot_id":9223372036854775807,"dataset":{"id":"8"}}`:                  {"9223372036854775807", "null", "8"},
		`{"snapshot_id":-9223372036854775808}`:                                      {"-9223372036854775808", "null", "null"},
		`{"snapshot_id":0}`:                                                         {"0", "null", "null"},
		`{"snapshot_id":"123"}`:                                                     {"123", "null", "null"},
		`{"snapshot_id":"","recalculation_id":""}`:                                  {"null", "null", "null"},
		`{"snapshot_id":null,"recalculation_id":null}`:                              {"null", "null", "null"},
		`{"snapshot_id":9223372036854775808,"recalculation_id":1.5}`:                {"error", "error", "null"},
		`{"snapshot_id":1e400,"recalculation_id":true}`:                             {"error", "error", "null"},
		`{"snapshot_id":1.0,"dataset_id":-0}`:                                       {"error", "null", "error"},
		`{"snapshot_id":-0}`:                                                        {"error", "null", "null"},
		`{"snapshot_id":"007"}`:                                                     {"error", "null", "null"},
		`{"snapshot_id":"x"}`:                                                       {"error", "null", "null"},
		`{"snapshot_id":true}`:                                                      {"error", "null", "null"},
		`{"snapshot_id":[1]}`:                                                       {"error", "null", "null"},
	} {
		result, ok := jobWith(t, `"result":`+payload).Result().(*MaterializeViewResult)
		if !ok {
			t.Fatalf("%s is not typed", payload)
		}
		wantText[BigInt](t, payload, want.snapshot)(result.SnapshotID())
		wantText[string](t, payload, want.recalculation)(result.RecalculationID())
		wantDataset(t, payload, want.dataset)(result.Dataset())
	}
}
