package gateway

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// formsSchema has an input of every form that the specification knows; ours has some of them.
var formsSchema = gqlparser.MustLoadSchema(&ast.Source{Input: `
	scalar Any enum E { RED GREEN }
	input In { needed: Int! filled: Int! = 3 ids: [ID!] deep: [[E]] in: In any: Any }
	type Query { f(in: In): Int }`})

// What is read has one form of each type, however it was sent, and a fault is told with its place.
func TestFormsOfVariables(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		declared, sent string // the value of $v; empty when it is left out
		want           any    // the value, or the place of a fault
	}{
		{"Int", `10e-1`, int64(1)},
		{"Int", `-2147483648`, int64(-2147483648)},
		{"Int = 7", ``, int64(7)},
		{"Int = 7", `null`, nil},
		{"Int = 7", `8`, int64(8)},
		{"Int! = 7", ``, int64(7)},
		{"Int! = 7", `null`, place("$v")},
		{"Int!", ``, place("$v")},
		{"Int", `2147483648`, place("$v")},
		{"Int", `"1"`, place("$v")},
		{"Int", `true`, place("$v")},
		{"ID", `1.0`, "1"},
		{"ID", `"1.0"`, "1.0"},
		{"ID = 12", ``, "12"},
		{"ID", `1.5`, place("$v")},
		{"ID", `false`, place("$v")},
		{"String", `"x"`, "x"},
		{"String", `1`, place("$v")},
		{"Boolean", `true`, true},
		{"Boolean", `"true"`, place("$v")},
		{"Boolean", `1`, place("$v")},
		{"Float", `1.50`, json.Number("1.50")},
		{"Float = 1.5", ``, 1.5},
		{"Float = 2", ``, int64(2)},
		{"Float", `1e400`, place("$v")},
		{"Float", `"1"`, place("$v")},
		{"Float", `true`, place("$v")},
		{"E", `"RED"`, "RED"},
		{"E", `"red"`, place("$v")},
		{"E = GREEN", ``, "GREEN"},
		{"E", `0`, place("$v")},
		{"[E]", `null`, nil},
		{"[E]", `[null,"RED"]`, []any{nil, "RED"}},
		{"[E]", `"RED"`, []any{"RED"}},
		{"[E] = RED", ``, []any{"RED"}},
		{"[E!]", `["RED",null]`, place("$v[1]")},
		{"[[E]]", `"RED"`, []any{[]any{"RED"}}},
		{"[[E]]", `["RED",["GREEN"]]`, []any{[]any{"RED"}, []any{"GREEN"}}},
		{"[[E]]", `[["RED","?"]]`, place("$v[0][1]")},
		{"In", `{"needed":1.0}`, map[string]any{"needed": int64(1)}},
		{"In", `{"needed":1,"ids":2,"in":{"needed":3e0,"any":[1.0]}}`, map[string]any{
			"needed": int64(1), "ids": []any{"2"}, "in": map[string]any{"needed": int64(3), "any": []any{json.Number("1")}},
		}},
		{"In", `{"needed":1,"filled":null}`, place("$v.filled")},
		{"In", `{"filled":1}`, place("$v.needed")},
		{"In", `{"needed":1,"ids":[1,[2]]}`, place("$v.ids[1]")},
		{"In", `{"needed":1,"in":{"needed":"x"}}`, place("$v.in.needed")},
		{"In", `{"needed":1,"b":1,"a":1}`, place("$v.a")},
		{"In", `[{"needed":1}]`, place("$v")},
		{"In = {needed: 1, ids: 2}", ``, map[string]any{"needed": int64(1), "ids": []any{"2"}}},
		{"[In!]", `{"needed":1}`, []any{map[string]any{"needed": int64(1)}}},
		{"[In!]", `[{"needed":1},{}]`, place("$v[1].needed")},
		{"Any", `{"a":[1.0,{"b":1e1}],"c":1.5,"d":1e400,"e":"1.0"}`, map[string]any{
			"a": []any{json.Number("1"), map[string]any{"b": json.Number("10")}}, "c": json.Number("1.5"), "d": json.Number("1e400"), "e": "1.0",
		}},
		{"[Any]", `1.0`, []any{json.Number("1")}},
		{"Any!", `null`, place("$v")},
	} {
		op := parse(t, `query($v:`+tc.declared+`){__typename}`).Operations[0]
		request := envelope{variables: `{"v":` + tc.sent + `}`}
		if tc.sent == "" {
			request.variables = ""
		}
		values, misfit := readVariables(formsSchema, op, request.readVariables())
		got := values["v"]
		if misfit != nil {
			argument, _ := misfit.Extensions["argument"].(string)
			got = place(argument)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s from %s (-want +got):\n%s", tc.declared, tc.sent, diff)
		}
	}
	if values, misfit := readVariables(formsSchema, parse(t, `query($v:Int){__typename}`).Operations[0], nil); misfit != nil || len(values) != 0 {
		t.Errorf("what is left out is there: %v %v", values, misfit)
	}
}

// place is where a value does not fit.
type place string
