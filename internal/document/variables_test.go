package document

import (
	"encoding/json"
	"strings"
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
		{"Int! = 7", `null`, misfitAt("$v")},
		{"Int!", ``, misfitAt("$v")},
		{"Int", `2147483648`, misfitAt("$v")},
		{"Int", `"1"`, misfitAt("$v")},
		{"Int", `true`, misfitAt("$v")},
		{"ID", `1.0`, "1"},
		{"ID", `"1.0"`, "1.0"},
		{"ID = 12", ``, "12"},
		{"ID", `1.5`, misfitAt("$v")},
		{"ID", `false`, misfitAt("$v")},
		{"String", `"x"`, "x"},
		{"String", `1`, misfitAt("$v")},
		{"Boolean", `true`, true},
		{"Boolean", `"true"`, misfitAt("$v")},
		{"Boolean", `1`, misfitAt("$v")},
		{"Float", `1.50`, json.Number("1.50")},
		{"Float = 1.5", ``, 1.5},
		{"Float = 2", ``, int64(2)},
		{"Float", `1e400`, misfitAt("$v")},
		{"Float", `"1"`, misfitAt("$v")},
		{"Float", `true`, misfitAt("$v")},
		{"E", `"RED"`, "RED"},
		{"E", `"red"`, misfitAt("$v")},
		{"E = GREEN", ``, "GREEN"},
		{"E", `0`, misfitAt("$v")},
		{"[E]", `null`, nil},
		{"[E]", `[null,"RED"]`, []any{nil, "RED"}},
		{"[E]", `"RED"`, []any{"RED"}},
		{"[E] = RED", ``, []any{"RED"}},
		{"[E!]", `["RED",null]`, misfitAt("$v[1]")},
		{"[[E]]", `"RED"`, []any{[]any{"RED"}}},
		{"[[E]]", `["RED",["GREEN"]]`, []any{[]any{"RED"}, []any{"GREEN"}}},
		{"[[E]]", `[["RED","?"]]`, misfitAt("$v[0][1]")},
		{"In", `{"needed":1.0}`, map[string]any{"needed": int64(1)}},
		{"In", `{"needed":1,"ids":2,"in":{"needed":3e0,"any":[1.0]}}`, map[string]any{
			"needed": int64(1), "ids": []any{"2"}, "in": map[string]any{"needed": int64(3), "any": []any{json.Number("1")}},
		}},
		{"In", `{"needed":1,"filled":null}`, misfitAt("$v.filled")},
		{"In", `{"filled":1}`, misfitAt("$v.needed")},
		{"In", `{"needed":1,"ids":[1,[2]]}`, misfitAt("$v.ids[1]")},
		{"In", `{"needed":1,"in":{"needed":"x"}}`, misfitAt("$v.in.needed")},
		{"In", `{"needed":1,"b":1,"a":1}`, misfitAt("$v.a")},
		{"In", `[{"needed":1}]`, misfitAt("$v")},
		{"In = {needed: 1, ids: 2}", ``, map[string]any{"needed": int64(1), "ids": []any{"2"}}},
		{"[In!]", `{"needed":1}`, []any{map[string]any{"needed": int64(1)}}},
		{"[In!]", `[{"needed":1},{}]`, misfitAt("$v[1].needed")},
		{"Any", `{"a":[1.0,{"b":1e1}],"c":1.5,"d":1e400,"e":"1.0"}`, map[string]any{
			"a": []any{json.Number("1"), map[string]any{"b": json.Number("10")}}, "c": json.Number("1.5"), "d": json.Number("1e400"), "e": "1.0",
		}},
		{"[Any]", `1.0`, []any{json.Number("1")}},
		{"Any!", `null`, misfitAt("$v")},
	} {
		op := operationOf(t, `query($v:`+tc.declared+`){__typename}`)
		values, misfit := NewVariables(formsSchema, true, nil).Read(op, sentValue(t, tc.sent))
		got := values["v"]
		if misfit != nil {
			got = misfitAt(misfit.Place)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s from %s (-want +got):\n%s", tc.declared, tc.sent, diff)
		}
	}
	if values, misfit := NewVariables(formsSchema, true, nil).Read(operationOf(t, `query($v:Int){__typename}`), nil); misfit != nil || len(values) != 0 {
		t.Errorf("what is left out is there: %v %v", values, misfit)
	}
}

// misfitAt is where a value does not fit.
type misfitAt string

// sentValue returns variables in which $v was sent as JSON; none for an empty text.
func sentValue(t interface{ Fatal(args ...any) }, sent string) (variables map[string]any) {
	if sent == "" {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(`{"v":` + sent + `}`))
	decoder.UseNumber()
	if err := decoder.Decode(&variables); err != nil {
		t.Fatal(sent, err)
	}
	return variables
}

// operationOf returns the first operation of a text.
func operationOf(t interface{ Fatal(args ...any) }, text string) *ast.OperationDefinition {
	doc, err := Parse(text, 1000)
	if err != nil {
		t.Fatal(text, err)
	}
	return doc.Operations[0]
}
