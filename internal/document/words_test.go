package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"pgregory.net/rapid"
)

// taughtSchema has a place for each way in which a variable can fail.
var taughtSchema = gqlparser.MustLoadSchema(&ast.Source{Input: `
	scalar Time scalar Any enum State { RUNNING FAILED } enum Many { ` + manyNames("M", 25) + ` }
	input Filter { states: [State!] from: Time limit: Int! = 3 ids: [ID!] deep: [[Float]] inner: Filter need: Need any: Any }
	input Need { needed: Int! name: String }
	input By @oneOf { id: ID name: String }
	type Query { f(filter: Filter, by: By): Int }`})

func manyNames(prefix string, count int) (names string) {
	for i := range count {
		names += fmt.Sprintf("%s%d ", prefix, i)
	}
	return names
}

// noTime takes the text noon alone.
func noTime(value any) error {
	if value == "noon" {
		return nil
	}
	return errors.New("A time is noon.") //nolint:revive // a sentence for callers
}

var taughtScalars = map[string]func(any) error{"Time": noTime}

// Every way in which a variable can fail is said with its place and with what fits there.
func TestMisfits(t *testing.T) {
	t.Parallel()
	const (
		takesInt = `: it takes a whole number from -2147483648 to 2147483647.`
		takesID  = `: it takes a string, or a whole number of 64 bits.`
		filter   = `: it takes an object with states, from, limit, ids, deep, inner, need, any.`
		hidden   = ` does not fit: another value is expected there.`
	)
	telling, silent := NewVariables(taughtSchema, true, taughtScalars), NewVariables(taughtSchema, false, taughtScalars)
	for _, tc := range []struct{ declared, sent, place, message, discreet string }{
		{"Int!", ``, "$v", `$v is an Int, and was not given.`, "="},
		{"Int!", `null`, "$v", `$v is an Int, and may not be null.`, "="},
		{"[ID!]!", ``, "$v", `$v is a list of ID, and was not given.`, "="},
		{"[ID!]", `[1,null]`, "$v[1]", `$v[1] is an ID, and may not be null.`, "="},
		{"State!", ``, "$v", `$v is a State, and was not given.`, "="},
		{"Int", `"5"`, "$v", `$v is no Int but a string` + takesInt, "="},
		{"Int", `true`, "$v", `$v is no Int but true or false` + takesInt, "="},
		{"Int", `[5]`, "$v", `$v is no Int but a list` + takesInt, "="},
		{"Int", `{}`, "$v", `$v is no Int but an object` + takesInt, "="},
		{"Int", `1.5`, "$v", `$v is no Int but a number with a fraction` + takesInt, "="},
		{"Int", `1e-400`, "$v", `$v is no Int but a number with a fraction` + takesInt, "="},
		{"Int", `2147483648`, "$v", `$v is no Int but a number beyond 32 bits` + takesInt, "="},
		{"Int", `-2147483649.0`, "$v", `$v is no Int but a number beyond 32 bits` + takesInt, "="},
		{"Int", `1e400`, "$v", `$v is no Int but a number beyond 32 bits` + takesInt, "="},
		{"ID", `1.5`, "$v", `$v is no ID but a number with a fraction` + takesID, "="},
		{"ID", `9223372036854775808`, "$v", `$v is no ID but a number beyond 64 bits` + takesID, "="},
		{"ID", `true`, "$v", `$v is no ID but true or false` + takesID, "="},
		{"ID", `["a"]`, "$v", `$v is no ID but a list` + takesID, "="},
		{"Float", `"1"`, "$v", `$v is no Float but a string: it takes a number.`, "="},
		{"Float", `-1e400`, "$v", `$v is no Float but a number beyond 64 bits: it takes a number.`, "="},
		{"String", `7`, "$v", `$v is no String but a number: it takes a string, in quotes.`, "="},
		{"Boolean", `"true"`, "$v", `$v is no Boolean but a string: it takes true or false, without quotes.`, "="},
		{"Boolean", `1`, "$v", `$v is no Boolean but a number: it takes true or false, without quotes.`, "="},
		{"State", `"running"`, "$v", `$v is no State: RUNNING or FAILED.`, `$v is no State.`},
		{"State", `7`, "$v", `$v is no State but a number: it takes RUNNING or FAILED.`, `$v is no State but a number.`},
		{"State", `["RUNNING"]`, "$v", `$v is no State but a list: it takes RUNNING or FAILED.`, `$v is no State but a list.`},
		{"[State!]", `["RUNNING",["FAILED"]]`, "$v[1]", `$v[1] is no State but a list: it takes RUNNING or FAILED.`, `$v[1] is no State but a list.`},
		{"Many", `"x"`, "$v", `$v is no Many: ` + strings.ReplaceAll(strings.TrimSpace(manyNames("M", 20)), " ", ", ") + ` and 5 others.`, `$v is no Many.`},
		{"Time", `"midnight"`, "$v", `$v is no Time. A time is noon.`, "="},
		{"Time", `12`, "$v", `$v is no Time but a number. A time is noon.`, "="},
		{"Filter", `"x"`, "$v", `$v is no Filter but a string` + filter, `$v is no Filter but a string.`},
		{"Filter", `[{}]`, "$v", `$v is no Filter but a list` + filter, `$v is no Filter but a list.`},
		{"Filter", `{"states":["RUNNING","EXPLODED"]}`, "$v.states[1]", `$v.states[1] is no State: RUNNING or FAILED.`, `$v.states[1]` + hidden},
		{"Filter", `{"states":[null]}`, "$v.states[0]", `$v.states[0] is a State, and may not be null.`, `$v.states[0] may not be null.`},
		{"Filter", `{"states":null,"limit":null}`, "$v.limit", `$v.limit is an Int, and may not be null.`, `$v.limit may not be null.`},
		{"Filter", `{"from":"midnight"}`, "$v.from", `$v.from is no Time. A time is noon.`, `$v.from does not fit. A time is noon.`},
		{"Filter", `{"deep":[1,[2,"x"]]}`, "$v.deep[1][1]", `$v.deep[1][1] is no Float but a string: it takes a number.`, `$v.deep[1][1]` + hidden},
		{"Filter", `{"inner":{"inner":{"ids":[{}]}}}`, "$v.inner.inner.ids[0]", `$v.inner.inner.ids[0] is no ID but an object` + takesID, `$v.inner.inner.ids[0]` + hidden},
		{"Filter", `{"need":{"name":"x"}}`, "$v.need.needed", `$v.need.needed is an Int, and was not given.`, `$v.need lacks a field that is required.`},
		{"Filter", `{"state":"RUNNING"}`, "$v.state", `$v.state is not known: Filter has no such field. Did you mean states?`, `$v.state is not known.`},
		{"Filter", `{"need":{"zzz":1}}`, "$v.need.zzz", `$v.need.zzz is not known: Need has no such field. It has needed and name.`, `$v.need.zzz is not known.`},
		{"Filter", `{"a b":1}`, "$v", `$v has a field that is not known: Filter has no such field. It has states, from, limit, ids, deep, inner, need and any.`, `$v has a field that is not known.`},
		{"By", `{"id":1,"name":"x"}`, "$v", `$v takes exactly one of the fields id and name, and has 2.`, `$v takes exactly one field, and has 2.`},
		{"By", `{}`, "$v", `$v takes exactly one of the fields id and name, and has 0.`, `$v takes exactly one field, and has 0.`},
		{"By", `{"id":null}`, "$v.id", `$v.id is an ID, and may not be null.`, `$v.id may not be null.`},
		{"By", `{"nane":1}`, "$v.nane", `$v.nane is not known: By has no such field. Did you mean name?`, `$v.nane is not known.`},
	} {
		op := operationOf(t, `query($v:`+tc.declared+`){__typename}`)
		_, got := telling.Read(op, sentValue(t, tc.sent))
		if got == nil || got.Place != tc.place || got.Message != tc.message || got.Position != op.VariableDefinitions[0].Position {
			t.Errorf("%s from %s: %+v, want %s", tc.declared, tc.sent, got, tc.message)
		}
		if tc.discreet == "=" {
			tc.discreet = tc.message
		}
		if _, got := silent.Read(op, sentValue(t, tc.sent)); got == nil || got.Message != tc.discreet {
			t.Errorf("%s from %s, without names: %+v, want %s", tc.declared, tc.sent, got, tc.discreet)
		}
	}
	for declared, sent := range map[string]string{"Time": `"noon"`, "By": `{"name":"x"}`, "By!": `{"id":7}`} {
		if values, misfit := telling.Read(operationOf(t, `query($v:`+declared+`){__typename}`), sentValue(t, sent)); misfit != nil || values["v"] == nil {
			t.Errorf("%s from %s: %v", declared, sent, misfit)
		}
	}
}

// A place is bounded, however deep it is and however long the variable's name.
func TestPlacesAreBounded(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"inner":`, 5000) + `7` + strings.Repeat(`}`, 5000)
	long := strings.Repeat("v", 5000)
	for _, tc := range []struct {
		text  string
		given map[string]any
	}{
		{`query($v:Filter){__typename}`, sentValue(t, deep)},
		{`query($` + long + `:Int!){__typename}`, nil},
	} {
		_, misfit := NewVariables(taughtSchema, true, nil).Read(operationOf(t, tc.text), tc.given)
		if misfit == nil || len(misfit.Place) > 210 || len(misfit.Message) > 400 {
			t.Errorf("%.40s: %+v", tc.text, misfit)
		}
	}
}

// No value of a variable stands in an error, whatever is sent for whatever type.
func TestMisfitsRepeatNothing(t *testing.T) {
	t.Parallel()
	const secret, digits = "s3cret-", "7734591"
	rapid.Check(t, func(t *rapid.T) {
		declared := rapid.SampledFrom([]string{
			"Int", "Int!", "ID!", "Float", "String", "Boolean", "State", "[State!]", "Many", "Time", "Filter", "[Filter!]!", "By", "[[ID]]", "Need!",
		}).Draw(t, "declared")
		sent, err := json.Marshal(drawSecret(t, 4))
		if err != nil {
			t.Fatal(err)
		}
		tells := rapid.Bool().Draw(t, "tells")
		_, misfit := NewVariables(taughtSchema, tells, taughtScalars).Read(operationOf(t, `query($v:`+declared+`){__typename}`), sentValue(t, string(sent)))
		if misfit == nil {
			return
		}
		if said := misfit.Place + misfit.Message; strings.Contains(said, secret) || strings.Contains(said, digits) {
			t.Fatalf("%s from %s: %+v", declared, sent, misfit)
		}
	})
}

// drawSecret draws a value of JSON each of whose strings, numbers and unknown names can be told from all else.
func drawSecret(t *rapid.T, depth int) any {
	kinds := 5
	if depth > 0 {
		kinds = 7
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return "s3cret-" + rapid.StringN(0, 9, -1).Draw(t, "text")
	case 1:
		return json.Number(rapid.SampledFrom([]string{"7734591", "7734591e300", "-7734591.5", "0.7734591", "77345917734591", "77345917734591773459177345917734591", "1e7734591"}).Draw(t, "number"))
	case 2:
		return rapid.Bool().Draw(t, "truth")
	case 3:
		return nil
	case 4:
		return rapid.SampledFrom([]any{"RUNNING", json.Number("1"), "noon"}).Draw(t, "fitting")
	case 5:
		list := make([]any, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range list {
			list[i] = drawSecret(t, depth-1)
		}
		return list
	}
	object := map[string]any{}
	for range rapid.IntRange(0, 4).Draw(t, "members") {
		name := rapid.SampledFrom([]string{"states", "from", "limit", "ids", "deep", "inner", "need", "any", "needed", "name", "id", "state", "s3cret-name", "s3cret-\u0000"}).Draw(t, "name")
		object[name] = drawSecret(t, depth-1)
	}
	return object
}
