package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"pgregory.net/rapid"

	"jobsgateway/graph/direct"
	"jobsgateway/graph/operation"
	"jobsgateway/graph/oracle"
	"jobsgateway/graph/paging"
	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/logtest"
	"jobsgateway/restclient"
)

// drawnCase is an operation and what the upstream answers it from.
type drawnCase struct {
	query, variables, body string
	upstream               *pool
	keys                   map[string]string // what the response keys stand for: see composer
}

// GoString is what a failing check prints.
func (c drawnCase) GoString() string {
	return fmt.Sprintf("\n%s\nvariables %s\nrecords %s\nsalt %s, failing %t, honest %t", c.query, c.variables, c.body,
		c.upstream.salt, c.upstream.failing, c.upstream.honest)
}

// drawCase draws the records first: cursors are made of them.
func drawCase(t *rapid.T, o *origin, schema *ast.Schema, failures []error) drawnCase {
	d := dice{t}
	honest, most := d.oneIn(3), 6
	if honest {
		most = 15 // so that a page is seldom all that there is
	}
	records := make([]string, d.below(most))
	for i := range records {
		records[i] = d.record(i)
	}
	drawn := drawnCase{body: `{"records":[` + strings.Join(records, ",") + `],"total_records":5}`}
	if d.oneIn(50) { // no JSON; whoever lets it pass must not copy it
		drawn.body = strings.Replace(drawn.body, "Zz", "\x01", 1)
	}
	drawn.upstream = &pool{salt: fmt.Sprint(d.below(1000)), failing: d.oneIn(2), failures: failures}
	if drawn.upstream.honest = honest; honest {
		drawn.upstream.failing = false
	}
	page, err := o.read(200, "application/json", drawn.body)
	if err != nil {
		drawn.upstream.failing, drawn.upstream.failures = true, []error{err}
		page = &restclient.JobsPage{}
	}
	drawn.upstream.records = page.Records
	c := composer{dice: d, schema: schema, places: cursorsOf(page.Records)}
	drawn.query, drawn.variables = c.operation()
	drawn.keys = c.keys
	return drawn
}

// runCase runs a case on one of the executors: from a moment that is the same for both, on a gateway that has
// learned nothing.
func (e *executor) runCase(t *testing.T, c drawnCase, byOracle bool) outcome {
	t.Helper()
	return e.runCaseWith(t, c, byOracle, func(context.Context) {})
}

// runCaseWith runs a case after prepare has had its way with the context.
func (e *executor) runCaseWith(t *testing.T, c drawnCase, byOracle bool, prepare func(context.Context)) (out outcome) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		own := *e
		own.oracle, own.upstream, own.log = byOracle, c.upstream, &logtest.Buffer{}
		own.resolver = &Resolver{Pages: e.resolver.Pages}
		ctx, buffer := own.prepare(context.Background(), c.query, c.variables)
		prepare(ctx)
		if oc := graphql.GetOperationContext(ctx); !byOracle && !c.upstream.honest {
			// Pages that were read are kept from the lookups: they would tell what this upstream does not.
			write := func(ctx context.Context, lookups []*direct.Lookup, _ *paging.Page) {
				own.resolver.answer(ctx, lookups, nil)
			}
			oc.ResolverMiddleware = direct.Compile(e.schema, oc.Doc, oc.Operation, oc.Variables).Resolver(buffer, write, operation.Caught)
		}
		answer := own.run(ctx)
		out = outcome{
			data: dataOf(buffer, answer), errors: slices.Concat(answer.Errors, graphql.GetErrors(ctx)), calls: operation.Calls(ctx),
		}
	})
	return out
}

// inTurn lets the root fields of an operation run one after another, as they stand in the document. Run at one time, a page
// that one of them reads can spare another one a call or not, as chance has it.
func inTurn(ctx context.Context) {
	oc := graphql.GetOperationContext(ctx)
	done := []chan struct{}{make(chan struct{})}
	close(done[0])
	place := map[string]int{}
	for i, field := range graphql.CollectFields(oc, oc.Operation.SelectionSet, []string{"Query"}) {
		place[field.Alias] = i
		done = append(done, make(chan struct{}))
	}
	oc.RootResolverMiddleware = func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
		i := place[graphql.GetRootFieldContext(ctx).Field.Alias]
		<-done[i]
		defer close(done[i+1])
		return next(ctx)
	}
}

// sorted gives errors as they are sent, in an order of their own: that of the executors is a matter of
// chance.
func (o outcome) sorted(t clienttest.T) string {
	lines := make([]string, len(o.errors))
	for i, err := range o.errors {
		line, failed := json.Marshal(err)
		if failed != nil {
			t.Fatalf("%v", failed)
		}
		lines[i] = string(line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// graph/direct writes what gqlgen's executor writes (graph/oracle): the same bytes, and the same errors in
// any order, for no more calls.
func TestDirectWritesAsTheOracle(t *testing.T) {
	t.Parallel()
	const rounds = 20 // of rapid's hundred
	o := newOrigin(t)
	failures := o.failures(t)
	e := newExecutor(t, nil)
	e.limits = operation.Limits{Calls: 1 << 20, Concurrency: 1 << 20} // which of the calls are too many is a matter of chance
	cases := rapid.Custom(func(t *rapid.T) drawnCase { return drawCase(t, o, e.schema, failures) })
	met := coverage{}
	checked := 0
	for range rounds {
		rapid.Check(t, func(rt *rapid.T) {
			c := cases.Draw(rt, "case")
			doc, refused := gqlparser.LoadQueryWithRules(e.schema, c.query, nil)
			if refused != nil {
				rt.Fatalf("the generator wrote an invalid query: %v", refused)
			}
			var given map[string]any
			if err := json.Unmarshal([]byte(c.variables), &given); err != nil {
				rt.Fatalf("variables: %v", err)
			}
			if _, err := validator.VariableValues(e.schema, doc.Operations[0], given); err != nil {
				rt.Fatalf("the generator drew invalid variables: %v", err)
			}
			want, got := e.runCase(t, c, true), e.runCase(t, c, false)
			if got.data != want.data {
				rt.Fatalf("data\n%s\nof the oracle\n%s\nerrors\n%s", got.data, want.data, want.sorted(rt))
			}
			if got, want := got.sorted(rt), want.sorted(rt); got != want {
				rt.Fatalf("errors\n%s\nof the oracle\n%s", got, want)
			}
			most := want.calls
			if c.upstream.honest && !c.upstream.tellsSurely() {
				most *= 2 // a page of the whole list may turn out not to tell of the datasets that it was asked for
			}
			if got.calls > most {
				most = max(most, e.runCaseWith(t, c, true, inTurn).calls)
			}
			if got.calls > most {
				rt.Fatalf("%d calls; of the oracle %d", got.calls, want.calls)
			}
			if got.calls < want.calls {
				met["calls spared"]++
			}
			checked++
			met.note(doc, c.keys, want)
		})
		if t.Failed() {
			return
		}
	}
	if checked >= 1000 {
		met.check(t, e.schema)
	}
}

// coverage counts what the cases of a run met, so that a generator which has gone blind fails the test.
type coverage map[string]int

func (m coverage) note(doc *ast.QueryDocument, keys map[string]string, answer outcome) {
	m.noteSet("operation", doc.Operations[0].SelectionSet)
	for _, f := range doc.Fragments {
		m["fragment on "+f.TypeCondition]++
		m.noteSet("fragment", f.SelectionSet)
	}
	for _, err := range answer.errors {
		m["error "+codeOf(err)]++
		m.notePath(keys, err)
	}
	if len(answer.errors) == 0 {
		m["no error"]++
	}
	var data any
	if json.Unmarshal([]byte(answer.data), &data) == nil {
		m.noteValue(keys, "", data)
	}
}

// notePath notes the last name and the kind of an error's place, or that it is of an element which is missing
// there.
func (m coverage) notePath(keys map[string]string, err *gqlerror.Error) {
	for i, element := range slices.Backward(err.Path) {
		if name, ok := element.(ast.PathName); ok {
			kind := "error at a field "
			switch {
			case err.Extensions["upstreamIndex"] != nil:
				kind = "left out of "
			case i < len(err.Path)-1:
				kind = "error at an element of "
			}
			field, _, _ := strings.Cut(keys[string(name)], ":")
			m[kind+field]++
			return
		}
	}
}

func (m coverage) noteSet(place string, set ast.SelectionSet) {
	seen := map[string]bool{}
	for _, selection := range set {
		var directives ast.DirectiveList
		kind := ""
		switch selection := selection.(type) {
		case *ast.Field:
			kind, directives = "field", selection.Directives
			m[selection.ObjectDefinition.Name+"."+selection.Name]++
			if selection.Alias != selection.Name {
				m["alias"]++
			}
			if seen[selection.Alias] && len(selection.SelectionSet) > 0 {
				m["merge"]++
			}
			seen[selection.Alias] = true
			m.noteArguments(selection.Arguments)
			m.noteSet(place, selection.SelectionSet)
		case *ast.InlineFragment:
			kind, directives = "inline fragment", selection.Directives
			m["inline fragment on "+selection.TypeCondition]++
			m.noteSet(place, selection.SelectionSet)
		case *ast.FragmentSpread:
			kind, directives = "spread", selection.Directives
			if seen["..."+selection.Name] {
				m["spread twice"]++
			}
			seen["..."+selection.Name] = true
		}
		for _, directive := range directives {
			by := "a literal"
			if directive.Arguments[0].Value.Kind == ast.Variable {
				by = "a variable"
			}
			m["@"+directive.Name+" by "+by+" on a "+kind]++
		}
	}
}

func (m coverage) noteArguments(arguments ast.ArgumentList) {
	for _, argument := range arguments {
		m["argument "+argument.Name]++
		if argument.Value.Kind == ast.Variable {
			m["argument "+argument.Name+" by a variable"]++
		}
	}
}

// noteValue notes which fields had a value and which were null.
func (m coverage) noteValue(keys map[string]string, field string, value any) {
	switch value := value.(type) {
	case nil:
		m["null "+field]++
		return
	case map[string]any:
		for key, member := range value {
			name, typ, _ := strings.Cut(keys[key], ":")
			if strings.HasPrefix(typ, "JSON") && member != nil {
				member = true // what is inside are no fields
			}
			m.noteValue(keys, name, member)
		}
	case []any:
		for _, element := range value {
			m.noteValue(keys, "an element of "+field, element)
		}
	}
	m["value "+field]++
}

// check fails for everything that a run of some size has to meet and did not.
func (m coverage) check(t *testing.T, schema *ast.Schema) {
	t.Helper()
	wanted := []string{
		"alias", "merge", "spread twice", "no error", "calls spared", "fragment on _Entity", "fragment on Node", "fragment on JobSpec",
		"inline fragment on JobResult", "inline fragment on MaterializeViewSpec", "inline fragment on GenericJobResult", "inline fragment on ",
		"left out of nodes", "left out of edges", "left out of failures", "left out of tags", "error at an element of _entities",
		"error at a field totalCount", "null an element of _entities", "error at a field tags", "error at a field dataset", "error at a field jobs",
		"error at a field latestJob", "argument representations by a variable", "argument filter by a variable", "argument first by a variable",
	}
	for _, code := range []Code{
		CodeBadUserInput, CodeUnauthenticated, CodeForbidden, CodeUpstreamRejected, CodeUpstreamRateLimited, CodeUpstreamUnavailable,
		CodeUpstreamBadResponse, CodeInternal,
	} {
		wanted = append(wanted, "error "+string(code))
	}
	for _, directive := range []string{"@skip", "@include"} {
		for _, by := range []string{"literal", "variable"} {
			for _, on := range []string{"field", "inline fragment", "spread"} {
				wanted = append(wanted, directive+" by a "+by+" on a "+on)
			}
		}
	}
	for _, def := range schema.Types {
		if !def.IsCompositeType() || strings.HasPrefix(def.Name, "__") || def.Name == "_Service" {
			continue
		}
		for _, f := range def.Fields {
			if introspective(f.Name) {
				continue
			}
			wanted = append(wanted, def.Name+"."+f.Name, "value "+f.Name)
			if !f.Type.NonNull {
				wanted = append(wanted, "null "+f.Name)
			}
			for _, argument := range f.Arguments {
				wanted = append(wanted, "argument "+argument.Name)
			}
		}
	}
	for _, what := range wanted {
		if m[what] > 0 {
			continue
		}
		hint := ""
		if field, isValue := strings.CutPrefix(what, "value "); isValue {
			hint = fmt.Sprintf(": draw its member (%s?) in dice.record, graph/oracle_upstream_test.go", oracle.Snake(field))
		}
		t.Errorf("never met: %s%s", what, hint)
	}
}
