// Command generate turns schema.graphqls into Go, with gqlgen: into the package graph for the program, and
// into the package graph/oracle for tests. Run it in the root of the module.
package main

import (
	"strings"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/plugin"
	"github.com/vektah/gqlparser/v2/ast"
)

func main() {
	generate("gqlgen.yml", noSubscriptions{}, rootsOnly{})
	generate("graph/oracle/gqlgen.yml", noSubscriptions{})
}

// generate writes what a configuration of gqlgen describes. It panics if gqlgen fails.
func generate(file string, options ...plugin.Plugin) {
	cfg, err := config.LoadConfig(file)
	if err != nil {
		panic(err)
	}
	plugins := []api.Option{}
	for _, option := range options {
		plugins = append(plugins, api.AddPlugin(option))
	}
	if err := api.Generate(cfg, plugins...); err != nil {
		panic(err)
	}
}

// noSubscriptions is a plugin of gqlgen. It takes the subscriptions out of the schema, for the generator alone:
// gqlgen's executor would resolve every event anew for every subscriber.
type noSubscriptions struct{}

// Name is the plugin's name.
func (noSubscriptions) Name() string { return "nosubscriptions" }

// MutateSchema leaves no subscription and no type that only subscriptions have.
func (noSubscriptions) MutateSchema(schema *ast.Schema) error { //nolint:unparam // gqlgen's interface
	schema.Subscription = nil
	delete(schema.Types, "Subscription")
	delete(schema.Types, "JobsChange")
	return nil
}

// rootsOnly is a plugin of gqlgen. It takes out of the schema, for the generator alone, whatever graph/direct
// writes: the fields of the objects that root fields give, and every type below them.
type rootsOnly struct{}

// Name is the plugin's name.
func (rootsOnly) Name() string { return "rootsonly" }

// keepInput notes that the type of an argument is kept, with the types of its fields.
func keepInput(schema *ast.Schema, name string, kept map[string]bool) {
	if kept[name] {
		return
	}
	kept[name] = true
	for _, field := range schema.Types[name].Fields {
		keepInput(schema, field.Type.Name(), kept)
	}
}

// MutateSchema leaves root fields, their arguments and their types without fields. Types of introspection and
// of federation begin with an underscore, and stay.
func (rootsOnly) MutateSchema(schema *ast.Schema) error { //nolint:unparam // gqlgen's interface
	kept := map[string]bool{}
	for _, root := range []string{"Query", "Entity"} {
		kept[root] = true
		for _, field := range schema.Types[root].Fields {
			kept[field.Type.Name()] = true
			for _, possible := range schema.PossibleTypes[field.Type.Name()] {
				kept[possible.Name] = true
			}
			for _, argument := range field.Arguments {
				keepInput(schema, argument.Type.Name(), kept)
			}
		}
	}
	for name, def := range schema.Types {
		switch {
		case strings.HasPrefix(name, "_") || name == "Query" || name == "Entity" || def.IsLeafType():
		case !kept[name]:
			delete(schema.Types, name)
		case def.IsCompositeType():
			def.Fields = nil
		}
	}
	return nil
}
