package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"pgregory.net/rapid"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

const entitiesQuery = `query($r: [_Any!]!) { _entities(representations: $r) { ... on Job { id } ... on Dataset { id } } }`

// textEntity is what a caller learns of a representation that is none.
const textEntity = "A representation needs the __typename of an entity of this subgraph, and its key."

// representation is one element of what a router sends, and what must come of it: an id, or null, or null with an
// error that names the representations.
type representation struct {
	typ     string
	key     any
	want    string
	refused bool
}

// lettered is an id that has two spellings.
const lettered = "abcdef00-0000-4000-8000-00000000abcd"

var representations = []representation{
	{typ: "Job", key: idOf(1), want: idOf(1)},
	{typ: "Job", key: idOf(2), want: idOf(2)},
	{typ: "Job", key: lettered, want: lettered},
	{typ: "Job", key: strings.ToUpper(lettered), want: lettered},
	{typ: "Job", key: idOf(99)},
	{typ: "Job", key: "", refused: true},
	{typ: "Job", key: "7", refused: true},
	{typ: "Job", key: 7, refused: true},
	{typ: "Job", key: strings.ReplaceAll(idOf(1), "-", ""), refused: true},
	{typ: "Dataset", key: "100", want: "100"},
	{typ: "Dataset", key: 100, want: "100"},
	{typ: "Dataset", key: 0, want: "0"},
	{typ: "Dataset", key: json.Number(largest), want: largest},
	{typ: "Dataset", key: json.Number("9223372036854775808"), refused: true},
	{typ: "Dataset", key: json.Number("1.0"), refused: true},
	{typ: "Dataset", key: json.Number("1e3"), refused: true},
	{typ: "Dataset", key: -1, refused: true},
	{typ: "Dataset", key: "007", refused: true},
	{typ: "Dataset", key: true, refused: true},
}

// A list of representations is answered in its order, element by element: what one of them comes to depends on nothing
// but itself, and equal keys are asked for once.
func TestEntities(t *testing.T) {
	t.Parallel()
	exec, _ := newExecutorOver(t, strings.Replace(record(3, ""), idOf(3), lettered, 1), record(2, ""), record(1, ""))
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.SampledFrom(representations), 0, 30).Draw(t, "representations")
		sent, data, refused := []map[string]any{}, []any{}, []string{}
		calls := map[string]bool{}
		for i, r := range list {
			sent = append(sent, map[string]any{"__typename": r.typ, "id": r.key})
			switch {
			case r.refused:
				refused = append(refused, fmt.Sprintf("_entities[%d]", i))
			case r.typ == "Job":
				calls[strings.ToLower(fmt.Sprint(r.key))] = true
			}
			if r.want == "" {
				data = append(data, nil)
			} else {
				data = append(data, map[string]any{"id": r.want})
			}
		}
		variables, err := json.Marshal(map[string]any{"r": sent})
		if err != nil {
			t.Fatal(err)
		}
		got := exec.ask(entitiesQuery, string(variables))
		want, err := json.Marshal(map[string]any{"_entities": data})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(refused)
		if got.data != string(want) || got.calls != len(calls) {
			t.Fatalf("%s\n%s\nwant %s; %d calls for %d jobs", variables, got.data, want, got.calls, len(calls))
		}
		if diff := cmp.Diff(refused, got.paths()); diff != "" {
			t.Fatalf("%s\npaths of errors (-want +got):\n%s", variables, diff)
		}
		for _, err := range got.errors {
			if codeOf(err) != string(CodeBadUserInput) || err.Extensions["argument"] != "representations" || len(err.Locations) != 1 {
				t.Fatalf("%s", got.wire)
			}
		}
	})
}

// What is no representation of this subgraph is refused as the caller's mistake, and costs nothing of another type.
func TestNoRepresentation(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]string{
		"no id":           `{"__typename": "Job"}`,
		"a null id":       `{"__typename": "Job", "id": null}`,
		"an object as id": `{"__typename": "Job", "id": {}}`,
		"an unknown type": `{"__typename": "Cat", "id": "1"}`,
		"a resolved type": `{"__typename": "DataPlane", "id": "1"}`,
		"no type":         `{"id": "1"}`,
		"a null type":     `{"__typename": null, "id": "1"}`,
	} {
		exec, api := newExecutorOver(t)
		got := exec.ask(entitiesQuery, `{"r": [{"__typename": "Dataset", "id": "100"}, `+wrong+`]}`)
		if got.data != `{"_entities":[{"id":"100"},null]}` || len(got.errors) != 1 || api.Total() != 0 {
			t.Errorf("%s: %s %s", name, got.data, got.wire)
			continue
		}
		err := got.errors[0]
		if err.Message != textEntity || codeOf(err) != string(CodeBadUserInput) || err.Extensions["argument"] != "representations" {
			t.Errorf("%s: %s", name, got.wire)
		}
		if lines := exec.log.Lines(t, slog.LevelError); len(lines) != 0 {
			t.Errorf("%s: logged as a failure of ours: %v", name, lines)
		}
	}
}

// What is written into the document and is no object at all is refused as the caller's mistake, by its place.
func TestLiteralsThatAreNoObjects(t *testing.T) {
	t.Parallel()
	for literal, argument := range map[string]string{
		`1`: "representations[0]", `[true]`: "representations[0]", `[{__typename: "Dataset", id: 7}, "x"]`: "representations[1]",
		`[[{__typename: "Dataset", id: 7}]]`: "representations[0]", `[1.5]`: "representations[0]", `WORD`: "representations[0]",
	} {
		exec, api := newExecutorOver(t)
		got := exec.ask(`{ a: _entities(representations: `+literal+`) { __typename } }`, "")
		err := got.errorAt(t, "a")
		if len(got.errors) != 1 || codeOf(err) != "BAD_USER_INPUT" || err.Extensions["argument"] != argument || api.Total() != 0 ||
			err.Message != textEntity {
			t.Errorf("%s: %s", literal, got.wire)
		}
		if lines := exec.log.Lines(t, slog.LevelError); len(lines) != 0 {
			t.Errorf("%s: logged as a failure of ours: %v", literal, lines)
		}
	}
}

// A job that cannot be fetched is its own error: beside it stand those that could, and those that do not exist.
func TestFailingEntity(t *testing.T) {
	t.Parallel()
	exec, api := newExecutorOver(t, record(1, ""), record(2, ""))
	api.Script(emulator.Fault{Status: http.StatusInternalServerError, Match: func(r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, idOf(2))
	}})
	jobs := fmt.Sprintf(`{"__typename": "Job", "id": %q}, {"__typename": "Job", "id": %q}, {"__typename": "Job", "id": %q}`, idOf(2), idOf(99), idOf(1))
	got := exec.ask(entitiesQuery, `{"r": [`+jobs+`]}`)
	if want := `{"_entities":[null,null,{"id":"` + idOf(1) + `"}]}`; got.data != want || len(got.errors) != 1 {
		t.Errorf("%s %s", got.data, got.wire)
	}
	if err := got.errorAt(t, "_entities[0]"); codeOf(err) != string(CodeUpstreamUnavailable) {
		t.Errorf("%s", got.wire)
	}
}

// A panic in the call for one job is that job's error; one in the resolver is that of the jobs, and spares the datasets.
func TestPanicOfAnEntity(t *testing.T) {
	t.Parallel()
	both := fmt.Sprintf(`{"r": [{"__typename": "Dataset", "id": 5}, {"__typename": "Job", "id": %q}, {"__typename": "Job", "id": %q}]}`, idOf(1), idOf(2))
	exec := newExecutor(t, stub{job: func(_ context.Context, id restclient.JobID) (*restclient.Job, error) {
		if id == restclient.JobID(idOf(2)) {
			panic("LEAK")
		}
		return nil, &restclient.Error{Kind: restclient.KindNotFound}
	}})
	got := exec.ask(entitiesQuery, both)
	if got.data != `{"_entities":[{"id":"5"},null,null]}` || len(got.errors) != 1 {
		t.Fatalf("in a call: %s %s", got.data, got.wire)
	}
	if err := got.errorAt(t, "_entities[2]"); codeOf(err) != string(CodeInternal) || err.Message != textInternal {
		t.Errorf("in a call: %s", got.wire)
	}

	exec = newExecutor(t, nil) // without an upstream no loader can be made
	got = exec.ask(entitiesQuery, both)
	if got.data != `{"_entities":[{"id":"5"},null,null]}` || len(got.errors) != 1 {
		t.Fatalf("in the resolver: %s %s", got.data, got.wire)
	}
	if err := got.errorAt(t, "_entities"); codeOf(err) != string(CodeInternal) || err.Message != textInternal {
		t.Errorf("in the resolver: %s", got.wire)
	}
	if lines := exec.log.Lines(t, slog.LevelError); len(lines) != 1 || lines[0]["stack"] == nil {
		t.Errorf("log %v", lines)
	}
}

// All jobs of a list are asked for at once: here each call waits for the last one to begin.
func TestEntitiesGoTogether(t *testing.T) {
	t.Parallel()
	const n = 20
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{"__typename": "Job", "id": %q}`, idOf(i))
	}
	synctest.Test(t, func(t *testing.T) {
		var all sync.WaitGroup
		all.Add(n)
		exec := newExecutor(t, stub{job: func(context.Context, restclient.JobID) (*restclient.Job, error) {
			all.Done()
			all.Wait()
			return nil, &restclient.Error{Kind: restclient.KindNotFound}
		}})
		got := exec.ask(entitiesQuery, `{"r": [`+strings.Join(list, ",")+`]}`)
		if want := `{"_entities":[` + strings.TrimSuffix(strings.Repeat("null,", n), ",") + `]}`; got.data != want || got.calls != n {
			t.Errorf("%s %s, %d calls", got.data, got.wire, got.calls)
		}
	})
}

// What is written into a list of representations and is no object becomes one without members; objects and
// variables are left as they are, and so is any other argument.
func TestScalarsAmongRepresentations(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		`representations: [1, "x", E, true, [1], {a: 1}, {}, $v]`: `representations: [{},{},{},{},{},{a:1},{},$v]`,
		`representations: 1`:      `representations: {}`,
		`representations: {a: 1}`: `representations: {a:1}`,
		`representations: $v`:     `representations: $v`,
		`v: [1, "x", $v]`:         `v: [1,"x",$v]`,
	} {
		name := "_entities"
		if strings.HasPrefix(written, "v") {
			name = "other"
		}
		doc, err := parser.ParseQuery(&ast.Source{Input: "query($v: _Any) { " + name + "(" + written + ") }"})
		if err != nil {
			t.Fatal(err)
		}
		for _, list := range Representations(doc, doc.Operations[0]) {
			EmptyScalars(list)
		}
		argument := doc.Operations[0].SelectionSet[0].(*ast.Field).Arguments[0]
		if got := argument.Name + ": " + argument.Value.String(); got != want {
			t.Errorf("%s: %s, want %s", written, got, want)
		}
	}
}
