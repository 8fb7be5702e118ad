package graph

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/tools/txtar"

	"jobsgateway/graph/direct"
	"jobsgateway/graph/oracle"
	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
)

// everything writes a query for every field of every output type; each type's fields are asked for where the
// type is met first.
func everything(schema *ast.Schema) string {
	met := map[string]bool{}
	var selections func(def *ast.Definition) string
	selections = func(def *ast.Definition) string {
		written := []string{"__typename"}
		if !met[def.Name] {
			met[def.Name] = true
			for _, f := range def.Fields {
				if !introspective(f.Name) {
					written = append(written, selected(schema, f, selections))
				}
			}
			for _, possible := range schema.PossibleTypes[def.Name] {
				if possible != def {
					written = append(written, "... on "+possible.Name+" "+selections(possible))
				}
			}
		}
		return "{ " + strings.Join(written, " ") + " }"
	}
	return selections(schema.Query)
}

// selected writes a field with the arguments that it needs, and what is asked of its value.
func selected(schema *ast.Schema, f *ast.FieldDefinition, selections func(*ast.Definition) string) string {
	var arguments []string
	for _, argument := range f.Arguments {
		if argument.Type.NonNull && argument.DefaultValue == nil {
			arguments = append(arguments, argument.Name+": "+map[bool]string{true: "[]", false: `"1"`}[argument.Type.Elem != nil])
		}
	}
	text := f.Name
	if len(arguments) > 0 {
		text += "(" + strings.Join(arguments, ", ") + ")"
	}
	if def := schema.Types[f.Type.Name()]; def.IsCompositeType() {
		text += " " + selections(def)
	}
	return text
}

// Every field of the schema has a row in graph/direct: one without is answered by nothing.
func TestEveryFieldHasARow(t *testing.T) {
	t.Parallel()
	e := newExecutor(t, nil)
	query := everything(e.schema)
	doc, refused := gqlparser.LoadQueryWithRules(e.schema, query, nil)
	if refused != nil {
		t.Fatalf("%v in %s", refused, query)
	}
	met := coverage{}
	met.note(doc, nil, outcome{})
	for _, field := range outputFields(e.schema) {
		if met[field] == 0 {
			t.Errorf("%s is not asked for in %s", field, query)
		}
	}
	plan := direct.Compile(e.schema, doc, doc.Operations[0], nil) // panics with the name of a field without a row
	for _, f := range e.schema.Query.Fields {
		if !introspective(f.Name) && !plan.Writes(f.Name) {
			t.Errorf("Query.%s is not written: add its type to (*compiler).root in graph/direct/root.go", f.Name)
		}
	}
}

// outputFields lists the fields that graph/direct writes, as in Job.id.
func outputFields(schema *ast.Schema) []string {
	fields := []string{}
	for _, name := range sortedKeys(schema.Types) {
		def := schema.Types[name]
		if !def.IsCompositeType() || introspective(name) || name == "_Service" || def.Kind == ast.Union {
			continue
		}
		for _, f := range def.Fields {
			if !introspective(f.Name) {
				fields = append(fields, name+"."+f.Name)
			}
		}
	}
	return fields
}

// A field that has no row does not pass for one that is null.
func TestFieldWithoutARow(t *testing.T) {
	t.Parallel()
	schema, err := NewSchema(Parts{Federation: true})
	if err != nil {
		t.Fatal(err)
	}
	job := schema.Types["Job"]
	job.Fields = append(job.Fields, &ast.FieldDefinition{Name: "unheardOf", Type: ast.NamedType("String", nil)})
	doc, refused := gqlparser.LoadQueryWithRules(schema, everything(schema), nil)
	if refused != nil {
		t.Fatal(refused)
	}
	defer func() {
		if told := fmt.Sprint(recover()); !strings.Contains(told, "no row for Job.unheardOf") {
			t.Error(told)
		}
	}()
	direct.Compile(schema, doc, doc.Operations[0], nil)
}

// Every field has a value in what the emulator generates, so that whoever tries the demonstration sees it.
func TestEmulatorHasEveryField(t *testing.T) {
	t.Parallel()
	e := newExecutor(t, clienttest.New(t, emulator.New(emulator.Options{Seed: 1, Tags: true})))
	e.resolver.Pages.Default = 500
	e.limits.Calls = 10_000
	answer := e.ask(everything(e.schema), "")
	var data any
	if err := json.Unmarshal([]byte(answer.data), &data); err != nil {
		t.Fatalf("%v: %s", err, answer.wire)
	}
	met := map[string]bool{}
	noteFields(met, data)
	for _, field := range outputFields(e.schema) {
		if typeName, name, _ := strings.Cut(field, "."); !met[field] && e.schema.Types[typeName].Kind == ast.Object && typeName != "Query" {
			t.Errorf("%s is null in all that the emulator generates: write its member (%s?) in (*draft).record in internal/emulator/draft.go", field, oracle.Snake(name))
		}
	}
}

// noteFields notes the fields of objects, each with its __typename, that have a value.
func noteFields(met map[string]bool, value any) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			noteFields(met, element)
		}
	case map[string]any:
		for name, member := range value {
			if list, isList := member.([]any); member != nil && member != "" && (!isList || len(list) > 0) {
				met[fmt.Sprint(value["__typename"], ".", name)] = true
			}
			noteFields(met, member)
		}
	}
}

// Every field is asked for in a story.
func TestStoriesHaveEveryField(t *testing.T) {
	t.Parallel()
	schema, err := NewSchema(Parts{Federation: true})
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../testdata/stories/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	met := coverage{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range archive.Files {
			if section.Name == "query.graphql" {
				if doc, refused := gqlparser.LoadQueryWithRules(schema, string(section.Data), nil); refused == nil {
					met.note(doc, nil, outcome{})
				}
			}
		}
	}
	for _, field := range outputFields(schema) {
		typeName, name, _ := strings.Cut(field, ".")
		onInterface := func(of string) bool { return met[of+"."+name] > 0 }
		if met[field] == 0 && !slices.ContainsFunc(schema.Types[typeName].Interfaces, onInterface) {
			t.Errorf("no story asks for %s: add it to testdata/stories/every-field.txtar, its member to the record there, "+
				"and run: go test -run TestStories -update .", field)
		}
	}
}

// What gqlgen answers is left to it.
func TestWhatIsLeftToGqlgen(t *testing.T) {
	t.Parallel()
	schema, err := NewSchema(Parts{Federation: true})
	if err != nil {
		t.Fatal(err)
	}
	const query = `{ __typename __schema { queryType { name } } __type(name: "Job") { name } _service { sdl } jobs { nodes { id } } }`
	doc, refused := gqlparser.LoadQueryWithRules(schema, query, nil)
	if refused != nil {
		t.Fatal(refused)
	}
	plan := direct.Compile(schema, doc, doc.Operations[0], nil)
	for _, key := range []string{"__typename", "__schema", "__type", "_service", "nobody"} {
		if plan.Writes(key) {
			t.Errorf("the plan writes %s", key)
		}
	}
	if !plan.Writes("jobs") {
		t.Error("the plan does not write jobs")
	}
}

// Fields of either executor stand in one answer, in the order in which they were asked for.
func TestBothExecutorsInOneAnswer(t *testing.T) {
	t.Parallel()
	exec, _ := newExecutorOver(t, record(2, `,"input":{"dataset_id":1}`), record(1, ""))
	query := fmt.Sprintf(`{ _service { sdl } a: jobs(first: 1) { nodes { id dataset { jobs { totalCount } } } } __schema { types { name } }
		b: job(id: %q) { raw } c: __typename bad: jobs(first: -1) { totalCount } d: datasets(ids: [1, 2]) { latestJob { id } } __type(name: "Job") { kind } }`, idOf(1))
	got := exec.ask(query, "")
	exec.oracle = true
	if want := exec.ask(query, ""); got.data != want.data || got.sorted(t) != want.sorted(t) {
		t.Errorf("%s %s\nof the oracle\n%s %s", got.data, got.wire, want.data, want.wire)
	}
}

// One plan serves any number of operations at once, and none of them sees another's records.
func TestOnePlanForMany(t *testing.T) {
	t.Parallel()
	const callers = 50
	const query = `query($r: [_Any!]!) { jobs { totalCount nodes { ...J } edges { cursor node { raw } } }
		_entities(representations: $r) { ... on Dataset { id latestJob { ...J } jobs(first: 3) { nodes { id } pageInfo { endCursor } } } } }
		fragment J on Job { id tags failures { message } input { raw } dataset { id jobs(first: 2) { nodes { id idempotencyKey } } } }`
	schema, err := NewSchema(Parts{Federation: true})
	if err != nil {
		t.Fatal(err)
	}
	doc, refused := gqlparser.LoadQueryWithRules(schema, query, nil)
	if refused != nil {
		t.Fatal(refused)
	}
	plan := direct.Compile(schema, doc, doc.Operations[0], nil)
	o := newOrigin(t)
	var all sync.WaitGroup
	defer all.Wait()
	for caller := range callers {
		var records []string
		for i := range 1 + caller%4 {
			records = append(records, record(10*caller%60+i, fmt.Sprintf(
				`,"input":{"dataset_id":%d},"idempotency_key":"of %d","tags":["t\n%d"],"failures":[{"message":"m%d"},%d]`, caller%3, caller, caller, caller, caller)))
		}
		page, err := o.read(200, "application/json", `{"records":[`+strings.Join(records, ",")+`],"total_records":5}`)
		if err != nil {
			t.Fatal(err)
		}
		upstream := &pool{records: page.Records, salt: "one", honest: true}
		variables := fmt.Sprintf(`{"r":[{"__typename":"Dataset","id":%d},{"__typename":"Dataset","id":"%d"}]}`, caller%3, caller)
		all.Go(func() {
			other := newExecutor(t, upstream)
			other.oracle = true
			want := other.ask(query, variables)
			own := newExecutor(t, upstream)
			for range 3 {
				ctx, buffer := own.prepare(t.Context(), query, variables)
				graphql.GetOperationContext(ctx).ResolverMiddleware = own.resolver.Direct(plan, buffer)
				answer := own.run(ctx)
				got := outcome{data: dataOf(buffer, answer), errors: append(answer.Errors, graphql.GetErrors(ctx)...)}
				if got.data != want.data || got.sorted(t) != want.sorted(t) {
					t.Errorf("caller %d: %s\nwant %s", caller, cmp.Or(got.data, "nothing"), want.data)
				}
			}
		})
	}
}
