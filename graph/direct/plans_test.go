package direct

import (
	"fmt"
	"math/bits"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"go.uber.org/goleak"

	"jobsgateway/graph/model"
	"jobsgateway/internal/document"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// smallSchema has a root that is the same for everybody and one that is written from a value.
var smallSchema = gqlparser.MustLoadSchema(&ast.Source{Input: `type Query { dataset: Dataset } type Dataset { id: ID! }`})

// plansOf makes the Plans of a text, which is valid.
func plansOf(t testing.TB, text string) *Plans {
	t.Helper()
	doc, err := gqlparser.LoadQueryWithRules(smallSchema, text, nil)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return NewPlans(smallSchema, doc, document.New(doc, document.Measure(doc)).Conditions)
}

// planOf gives the plan of an operation with variables as a request gives them.
func planOf(t testing.TB, p *Plans, operation string, given map[string]any) *Plan {
	t.Helper()
	op := p.doc.Operations.ForName(operation)
	variables, err := validator.VariableValues(smallSchema, op, given)
	if err != nil {
		t.Fatalf("%v: %v", given, err)
	}
	return p.Plan(op, variables)
}

// dataOf gives what a plan writes: for everybody, or of the dataset 7.
func dataOf(t testing.TB, p *Plan) string {
	t.Helper()
	if data, ok := p.Constant(); ok {
		return strings.TrimSuffix(strings.TrimPrefix(string(data), `{"data":`), "}")
	}
	w := writer{b: []byte(`{"d":`)}
	if len(p.roots) != 1 {
		t.Fatalf("roots %v", p.roots)
	}
	p.roots["d"].write(&w, &model.Dataset{ID: "7"})
	return string(w.b) + "}"
}

type values map[string]any

// Whatever decides what is skipped, each request gets the plan of its own values, and equal ones the same plan.
func TestPlansFollowConditions(t *testing.T) {
	t.Parallel()
	const (
		ofXAndY = `query($x: Boolean!, $y: Boolean!) `
		none, a = `{}`, `{"a":"Query"}`
		b, both = `{"b":"Query"}`, `{"a":"Query","b":"Query"}`
	)
	for name, c := range map[string]struct {
		text  string
		wants []string // of x and y: neither, x, y, both; the same four times where there is but one
	}{
		"no condition":    {`{ a: __typename }`, []string{a}},
		"literals":        {`{ a: __typename @skip(if: false) b: __typename @skip(if: true) c: __typename @include(if: false) }`, []string{a}},
		"fields":          {ofXAndY + `{ a: __typename @skip(if: $x) b: __typename @include(if: $y) }`, []string{a, none, both, b}},
		"both on one":     {ofXAndY + `{ a: __typename @skip(if: $x) @include(if: $y) }`, []string{none, none, a, none}},
		"inline fragment": {ofXAndY + `{ ... @include(if: $x) { a: __typename } ... on Query @skip(if: $y) { b: __typename } }`, []string{b, both, none, a}},
		"spreads":         {ofXAndY + `{ ...A @include(if: $x) ...B @include(if: $y) } fragment A on Query { a: __typename } fragment B on Query { b: __typename }`, []string{none, a, b, both}},
		"in fragments":    {ofXAndY + `{ ...A } fragment A on Query { a: __typename @include(if: $x) ...B } fragment B on Query { ... { b: __typename @include(if: $y) } }`, []string{none, a, b, both}},
		"below a field":   {ofXAndY + `{ d: dataset { id @skip(if: $x) ... @include(if: $y) { t: __typename } } }`, []string{`{"d":{"id":"7"}}`, `{"d":{}}`, `{"d":{"id":"7","t":"Dataset"}}`, `{"d":{"t":"Dataset"}}`}},
		"defaults":        {`query($x: Boolean! = true, $y: Boolean = false) { a: __typename @skip(if: $x) b: __typename @include(if: $y) }`, []string{a, none, both, b}},
	} {
		for range 2 { // whichever combination comes first
			p := plansOf(t, c.text)
			plans := make([]*Plan, 4)
			for round := range 2 {
				for i := range plans {
					given := values{}
					if len(c.wants) > 1 {
						given = values{"x": i&1 != 0, "y": i&2 != 0}
					}
					plan := planOf(t, p, "", given)
					if got := dataOf(t, plan); got != c.wants[i%len(c.wants)] {
						t.Errorf("%s, %v: %s, want %s", name, given, got, c.wants[i%len(c.wants)])
					}
					if round > 0 && plan != plans[i] {
						t.Errorf("%s, %v: compiled again", name, given)
					}
					plans[i] = plan
				}
			}
			if len(p.plans) != len(c.wants) {
				t.Errorf("%s: %d plans", name, len(p.plans))
			}
		}
	}
}

// What a request leaves out has its default, and shares the plan of those who say so; null is not true.
func TestPlansOfDefaults(t *testing.T) {
	t.Parallel()
	p := plansOf(t, `query($x: Boolean! = true, $y: Boolean = true) { a: __typename @include(if: $x) b: __typename @include(if: $y) }`)
	for _, c := range []struct {
		given values
		want  string
		plans int
	}{
		{nil, `{"a":"Query","b":"Query"}`, 1},
		{values{"x": true}, `{"a":"Query","b":"Query"}`, 1},
		{values{"x": true, "y": true}, `{"a":"Query","b":"Query"}`, 1},
		{values{"y": nil}, `{"a":"Query"}`, 2},
		{values{"y": false}, `{"a":"Query"}`, 2},
		{values{"x": false}, `{"b":"Query"}`, 3},
	} {
		if got := dataOf(t, planOf(t, p, "", c.given)); got != c.want || len(p.plans) != c.plans {
			t.Errorf("%v: %s and %d plans, want %s and %d", c.given, got, len(p.plans), c.want, c.plans)
		}
	}
}

// Other variables decide nothing, so they make no plans.
func TestPlansOfOtherVariables(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `type Query { n(n: Int): Int }`})
	doc, errs := gqlparser.LoadQueryWithRules(schema, `query($n: Int, $x: Boolean!) { n(n: $n) __typename @skip(if: $x) }`, nil)
	if errs != nil {
		t.Fatal(errs)
	}
	p := NewPlans(schema, doc, []string{"x"})
	for n := range 50 {
		p.Plan(doc.Operations[0], map[string]any{"n": n, "x": n%2 == 0})
	}
	if len(p.plans) != 2 {
		t.Errorf("%d plans", len(p.plans))
	}
}

// The operations of one document never get each other's plans, whatever their names and conditions.
func TestPlansOfManyOperations(t *testing.T) {
	t.Parallel()
	p := plansOf(t, `query A($x: Boolean!) { a: __typename @include(if: $x) }
		query A1($x: Boolean!) { b: __typename @include(if: $x) }
		query A10($y: Boolean!) { c: __typename @skip(if: $y) }
		query B { d: __typename }`)
	for range 2 {
		for _, c := range []struct {
			operation string
			given     values
			want      string
		}{
			{"A", values{"x": true}, `{"a":"Query"}`},
			{"A", values{"x": false}, `{}`},
			{"A1", values{"x": true}, `{"b":"Query"}`},
			{"A1", values{"x": false}, `{}`},
			{"A10", values{"y": true}, `{}`},
			{"A10", values{"y": false}, `{"c":"Query"}`},
			{"B", nil, `{"d":"Query"}`},
		} {
			if got := dataOf(t, planOf(t, p, c.operation, c.given)); got != c.want {
				t.Errorf("%s %v: %s, want %s", c.operation, c.given, got, c.want)
			}
		}
	}
	if len(p.plans) != 7 {
		t.Errorf("%d plans", len(p.plans))
	}
	plain := plansOf(t, `query A { a: __typename } query B { b: __typename }`)
	if a, b := dataOf(t, planOf(t, plain, "A", nil)), dataOf(t, planOf(t, plain, "B", nil)); a != `{"a":"Query"}` || b != `{"b":"Query"}` {
		t.Errorf("%s, %s", a, b)
	}
}

// manyConditions is an operation of n conditions; combination i includes the fields of the bits of i.
func manyConditions(n int) string {
	var declared, fields strings.Builder
	for i := range n {
		fmt.Fprintf(&declared, "$v%d: Boolean! ", i)
		fmt.Fprintf(&fields, "f%d: __typename @include(if: $v%d) ", i, i)
	}
	return "query(" + declared.String() + ") {" + fields.String() + "}"
}

func combination(n, i int) (given values, want string) {
	given = values{}
	fields := make([]string, 0, bits.OnesCount(uint(i)))
	for bit := range n {
		given[fmt.Sprint("v", bit)] = i>>bit&1 != 0
		if i>>bit&1 != 0 {
			fields = append(fields, fmt.Sprintf(`"f%d":"Query"`, bit))
		}
	}
	return given, "{" + strings.Join(fields, ",") + "}"
}

// A document remembers so many plans and no more, and what it does not remember is right, too. Twelve conditions are
// sorted by name, not by number.
func TestPlansAreBounded(t *testing.T) {
	t.Parallel()
	const n, most = 12, 16
	p := plansOf(t, manyConditions(n))
	var first *Plan
	for i := range 1 << n {
		given, want := combination(n, i)
		plan := planOf(t, p, "", given)
		if got := dataOf(t, plan); got != want {
			t.Fatalf("%v: %s, want %s", given, got, want)
		}
		if i == 0 {
			first = plan
		}
		if len(p.plans) != min(i+1, most) {
			t.Fatalf("%d plans after %d", len(p.plans), i+1)
		}
	}
	if given, _ := combination(n, 0); planOf(t, p, "", given) != first {
		t.Error("the first plan was forgotten")
	}
}

// Many requests at once: each gets the plan of its own values.
func TestPlansAtOnce(t *testing.T) {
	t.Parallel()
	const n, workers = 5, 16
	for range 10 {
		p := plansOf(t, manyConditions(n))
		start := make(chan struct{})
		var all sync.WaitGroup
		for worker := range workers {
			all.Go(func() {
				<-start
				for k := range 1 << n {
					i := (k*7 + worker) % (1 << n)
					given, want := combination(n, i)
					if got := dataOf(t, p.Plan(p.doc.Operations[0], given)); got != want {
						t.Errorf("%v: %s, want %s", given, got, want)
					}
				}
			})
		}
		close(start)
		all.Wait()
		if len(p.plans) != 16 {
			t.Errorf("%d plans", len(p.plans))
		}
	}
}
