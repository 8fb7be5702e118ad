package gateway

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"jobsgateway/graph"
)

// _service answers with the schema for composers, whatever it is called and however it is selected.
func TestServiceSDL(t *testing.T) {
	t.Parallel()
	want, err := graph.SubgraphSDL(false)
	if err != nil {
		t.Fatal(err)
	}
	gw := startGateway(t)
	for doc, members := range map[string][]string{
		`{_service{sdl}}`:                {"_service", "sdl"},
		`{x:_service{y:sdl __typename}}`: {"x", "y"},
		`{...F} fragment F on Query{_service{...G}} fragment G on _Service{sdl}`: {"_service", "sdl"},
		`{_service{... @defer{sdl}}}`:                                            {"_service", "sdl"},
		`{_service{sdl @include(if:true) a:sdl}}`:                                {"_service", "a"},
	} {
		got := gw.send(request{body: envelopeOf(t, doc, nil), anonymous: true})
		gw.wantFine(got)
		var data map[string]map[string]string
		if err := json.Unmarshal(got.data, &data); err != nil {
			t.Fatal(err)
		}
		service := data[members[0]]
		if service[members[1]] != want {
			t.Errorf("%s: %.200s", doc, got.data)
		}
		if name, asked := service["__typename"]; asked && name != "_Service" {
			t.Errorf("__typename is %q", name)
		}
	}
	skipped := gw.post(`{_service{__typename sdl @skip(if:true)}}`, nil)
	if string(skipped.data) != `{"_service":{"__typename":"_Service"}}` {
		t.Errorf("%s", skipped.data)
	}
	if gw.jobs.Total() != 0 {
		t.Error("the schema was asked of the upstream")
	}
}

// schemaNames are all names that introspection shows.
type schemaNames struct {
	types, directives, queries []string
}

func (gw *testGateway) introspect() schemaNames {
	gw.t.Helper()
	got := gw.post(`{__schema{queryType{fields(includeDeprecated:true){name}} mutationType{name} subscriptionType{name}
		types{name} directives{name locations}}}`, nil)
	gw.wantFine(got)
	type named struct {
		Name string `json:"name"`
	}
	var wire struct {
		Schema struct {
			QueryType struct {
				Fields []named `json:"fields"`
			} `json:"queryType"`
			MutationType     *named  `json:"mutationType"`
			SubscriptionType *named  `json:"subscriptionType"`
			Types            []named `json:"types"`
			Directives       []named `json:"directives"`
		} `json:"__schema"`
	}
	if err := json.Unmarshal(got.data, &wire); err != nil {
		gw.t.Fatal(err)
	}
	if wire.Schema.MutationType != nil || wire.Schema.SubscriptionType != nil {
		gw.t.Error("there are mutations or subscriptions")
	}
	names := func(list []named) (names []string) {
		for _, n := range list {
			names = append(names, n.Name)
		}
		slices.Sort(names)
		return names
	}
	return schemaNames{names(wire.Schema.Types), names(wire.Schema.Directives), names(wire.Schema.QueryType.Fields)}
}

// Introspection shows what a request can use, and no word of how the gateway is made.
func TestIntrospectionShowsNoInternals(t *testing.T) {
	t.Parallel()
	for _, federation := range []bool{true, false} {
		gw := startGateway(t, func(s *setup) { s.config.Federation = federation })
		names := gw.introspect()
		if want := []string{"defer", "deprecated", "include", "oneOf", "skip", "specifiedBy"}; !slices.Equal(names.directives, want) {
			t.Errorf("directives %q, want %q", names.directives, want)
		}
		for _, name := range names.types {
			if name == "Entity" || name == "FieldSet" || strings.HasPrefix(name, "federation_") || strings.HasPrefix(name, "link_") {
				t.Errorf("type %s", name)
			}
		}
		for _, name := range []string{"_Any", "_Entity", "_Service"} {
			if slices.Contains(names.types, name) != federation {
				t.Errorf("federation is %v, and %s among %q", federation, name, names.types)
			}
		}
		for _, name := range []string{"_entities", "_service"} {
			if slices.Contains(names.queries, name) != federation {
				t.Errorf("federation is %v, and %s among %q", federation, name, names.queries)
			}
		}
		for _, name := range []string{"Entity", "FieldSet", "federation__Scope", "link__Import"} {
			if got := gw.post(`{__type(name:"`+name+`"){name}}`, nil); string(got.data) != `{"__type":null}` {
				t.Errorf("%s: %s", name, got.body)
			}
		}
	}
}

func TestWithoutFederation(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, func(s *setup) { s.config.Federation = false })
	for _, doc := range []string{
		`{_service{sdl}}`,
		`{_entities(representations:[]){__typename}}`,
		`query($r:[_Any!]!){_entities(representations:$r){__typename}}`,
		`query($r:_Any){__typename}`,
		`{... on _Service{sdl}}`,
		`{... on _Entity{__typename}}`,
	} {
		gw.wantRefused(gw.post(doc, nil), http.StatusBadRequest, "GRAPHQL_VALIDATION_FAILED")
	}
	gw.wantFine(gw.post(queryJobs, nil))
}

// What means nothing for a kind of type is null, as clients' tools expect it, and what means something is
// there.
// Source: https://spec.graphql.org/September2025/#sec-The-__Type-Type
func TestIntrospectionOfKinds(t *testing.T) {
	t.Parallel()
	kinds := map[string][]string{
		"SCALAR": {}, "OBJECT": {"fields", "interfaces"}, "INTERFACE": {"fields", "interfaces", "possibleTypes"}, "UNION": {"possibleTypes"},
		"ENUM": {"enumValues"}, "INPUT_OBJECT": {"inputFields", "isOneOf"}, "LIST": {}, "NON_NULL": {},
	}
	gw := startGateway(t)
	got := gw.send(request{anonymous: true, body: envelopeOf(t, `{__schema{types{...T fields{type{...T ofType{...T ofType{...T}}}}}} a:__type(name:"Job"){...T}}
		fragment T on __Type{kind f:fields{name} interfaces{name} possibleTypes{name} enumValues{name} inputFields{name} isOneOf}`, nil)})
	gw.wantFine(got)
	var data any
	if err := json.Unmarshal(got.data, &data); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	var look func(value any)
	look = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, element := range value {
				look(element)
			}
		case map[string]any:
			if kind, is := value["kind"].(string); is {
				seen[kind] = true
				for alias, name := range map[string]string{
					"f": "fields", "interfaces": "interfaces", "possibleTypes": "possibleTypes",
					"enumValues": "enumValues", "inputFields": "inputFields", "isOneOf": "isOneOf",
				} {
					if applies := slices.Contains(kinds[kind], name); (value[alias] != nil) != applies {
						t.Errorf("%s of %s is %v", name, kind, value[alias])
					}
				}
			}
			for _, member := range value {
				look(member)
			}
		}
	}
	look(data)
	if len(seen) != len(kinds) {
		t.Errorf("kinds %v", seen)
	}
}
