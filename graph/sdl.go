package graph

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"

	"jobsgateway/graph/operation"
)

// clientDirectives are the directives on definitions that a client can use; the others are for routers.
var clientDirectives = []string{"deprecated", "specifiedBy", "oneOf"}

// Parts are the parts of the schema that can be left out.
type Parts struct {
	// Federation: _service and _entities, of the schema that requests are validated against.
	Federation bool
	// Live: subscriptions.
	Live bool
}

// liveTypes are the types that subscriptions alone have.
var liveTypes = []string{"Subscription", "JobsChange"}

// ClientSDL returns the schema for frontends: without federation, so that every client tool can read it. Live:
// with subscriptions.
func ClientSDL(live bool) (string, error) {
	return printSDL(live, func(doc *ast.SchemaDocument) {
		doc.SchemaExtension = nil
		for _, def := range doc.Definitions {
			def.Directives = keepDirectives(def.Directives)
			for _, field := range def.Fields {
				field.Directives = keepDirectives(field.Directives)
				for _, arg := range field.Arguments {
					arg.Directives = keepDirectives(arg.Directives)
				}
			}
			for _, value := range def.EnumValues {
				value.Directives = keepDirectives(value.Directives)
			}
		}
	})
}

// SubgraphSDL returns the schema for composers: with all directives, but without Query.node, Query.nodes and
// Node, since two subgraphs that both have these do not compose. Live: with subscriptions.
func SubgraphSDL(live bool) (string, error) {
	return printSDL(live, func(doc *ast.SchemaDocument) {
		isNode := func(def *ast.Definition) bool { return def.Name == "Node" }
		isNodeName := func(name string) bool { return name == "Node" }
		isNodeField := func(field *ast.FieldDefinition) bool { return field.Type.Name() == "Node" }
		doc.Definitions = slices.DeleteFunc(doc.Definitions, isNode)
		for _, def := range doc.Definitions {
			def.Interfaces = slices.DeleteFunc(def.Interfaces, isNodeName)
			if def.Name == "Query" {
				def.Fields = slices.DeleteFunc(def.Fields, isNodeField)
			}
		}
	})
}

// keepDirectives returns the directives of a list that a client can use.
func keepDirectives(list ast.DirectiveList) ast.DirectiveList {
	return slices.DeleteFunc(list, func(d *ast.Directive) bool {
		return !slices.Contains(clientDirectives, d.Name)
	})
}

// printSDL returns schema.graphqls, its descriptions included, as edit has changed it, with subscriptions or
// without. Errors: none for the schema that the code was generated from.
func printSDL(live bool, edit func(*ast.SchemaDocument)) (string, error) {
	doc, err := parser.ParseSchema(sources[0])
	if err != nil {
		return "", fmt.Errorf("schema.graphqls: %w", err)
	}
	if !live {
		doc.Definitions = slices.DeleteFunc(doc.Definitions, func(def *ast.Definition) bool {
			return slices.Contains(liveTypes, def.Name)
		})
	}
	edit(doc)
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchemaDocument(doc)
	return b.String(), nil
}

// NewSchema returns the schema that requests are validated against and that introspection shows. Directives
// of definitions and the generator's own types are left out: no request can use them. So are the parts that are
// not served, with their types.
func NewSchema(served Parts) (*ast.Schema, error) {
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	for name, directive := range schema.Directives {
		inRequests := slices.ContainsFunc(directive.Locations, isExecutable)
		if !inRequests && !slices.Contains(clientDirectives, name) {
			delete(schema.Directives, name)
		}
	}
	for name := range schema.Types {
		internal := name == "Entity" || name == "FieldSet" || strings.HasSuffix(name, "Representation") ||
			strings.HasPrefix(name, "federation__") || strings.HasPrefix(name, "link__")
		entity := name == "_Any" || name == "_Entity" || name == "_Service"
		live := slices.Contains(liveTypes, name)
		if internal || entity && !served.Federation || live && !served.Live {
			delete(schema.Types, name)
			delete(schema.PossibleTypes, name)
		}
	}
	if !served.Live {
		schema.Subscription = nil
	}
	if !served.Federation {
		schema.Query.Fields = slices.DeleteFunc(schema.Query.Fields, func(field *ast.FieldDefinition) bool {
			return field.Name == "_service" || field.Name == "_entities"
		})
	}
	return schema, nil
}

// isExecutable reports whether a directive may stand at location in a request.
func isExecutable(location ast.DirectiveLocation) bool {
	switch location {
	case ast.LocationQuery, ast.LocationMutation, ast.LocationSubscription, ast.LocationField,
		ast.LocationFragmentDefinition, ast.LocationFragmentSpread, ast.LocationInlineFragment,
		ast.LocationVariableDefinition:
		return true
	case ast.LocationSchema, ast.LocationScalar, ast.LocationObject, ast.LocationFieldDefinition,
		ast.LocationArgumentDefinition, ast.LocationInterface, ast.LocationUnion, ast.LocationEnum,
		ast.LocationEnumValue, ast.LocationInputObject, ast.LocationInputFieldDefinition:
	}
	return false
}

// ServeSDL returns a middleware that answers _service with sdl. The generated answer would be the generator's
// input, with Query.node.
func ServeSDL(sdl string) graphql.RootFieldMiddleware {
	return func(ctx context.Context, next graphql.RootResolver) (answer graphql.Marshaler) {
		field := graphql.GetRootFieldContext(ctx).Field
		if field.Name != "_service" {
			return next(ctx)
		}
		// The executor runs root fields in goroutines and recovers within next only, so nothing else would
		// catch a panic.
		defer func() {
			if value := recover(); value != nil {
				at := graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: "Query", Field: field})
				graphql.AddError(at, operation.Caught(value))
				answer = graphql.Null
			}
		}()
		op := graphql.GetOperationContext(ctx)
		selected := graphql.CollectFields(op, field.Selections, _ServiceImplementors)
		return graphql.WriterFunc(func(w io.Writer) {
			service := graphql.NewFieldSet(selected)
			for i, inner := range selected {
				service.Values[i] = graphql.MarshalString(sdl)
				if inner.Name == "__typename" {
					service.Values[i] = graphql.MarshalString("_Service")
				}
			}
			service.MarshalGQL(w)
		})
	}
}
