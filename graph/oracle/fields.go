// Package oracle says a second time, for tests alone, what every field means. Its executor is gqlgen's own
// for the whole schema, so it decides what is selected, merged, null and in error; Fields gives it the
// values. graph/direct is compared with it.
//
// A plain field needs nothing here: it is read from the member of its name, by its type in the schema.
package oracle

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode"

	"github.com/99designs/gqlgen/graphql"

	"jobsgateway/graph/direct"
	"jobsgateway/graph/paging"
	"jobsgateway/internal/rawjson"
	"jobsgateway/restclient"
)

// Fields is a middleware that gives each field of a REST record its value; it leaves the others to next.
func Fields(ctx context.Context, next graphql.Resolver) (any, error) {
	field := graphql.GetFieldContext(ctx)
	if field.Parent == nil || field.Parent.Result == nil {
		return next(ctx)
	}
	parent := reflect.ValueOf(field.Parent.Result)
	for parent.Kind() == reflect.Pointer || parent.Kind() == reflect.Interface {
		parent = parent.Elem()
	}
	source := parent.FieldByName("Source")
	if !source.IsValid() {
		return next(ctx)
	}
	name := field.Object + "." + field.Field.Name
	switch source := source.Interface().(type) {
	case *paging.Page:
		if read, ok := ofPage[name]; ok {
			return read(ctx, source)
		}
		return nil, fmt.Errorf("%s is not known: add it to ofPage in graph/oracle/fields.go", name)
	case rawjson.Value:
		if read, ok := special[name]; ok {
			return read(ctx, source)
		}
		return plain(ctx, source.Get(Snake(field.Field.Name)))
	}
	return next(ctx)
}

// plain reads a value by the field's type in the schema. A String! may be missing in the record: then it is
// empty.
func plain(ctx context.Context, v rawjson.Value) (any, error) {
	typ := graphql.GetFieldContext(ctx).Field.Definition.Type
	switch typ.Name() {
	case "ID":
		return quoted(v.TextOrInteger())
	case "BigInt":
		return quoted(v.Integer())
	case "JSON":
		return raw(ctx, v)
	case "Boolean":
		is, err := v.Bool()
		if err != nil || is == nil {
			return nil, err
		}
		return graphql.MarshalBoolean(*is), nil
	case "DateTime":
		at, err := restclient.ReadTimestamp(v)
		if err != nil || at.IsZero() {
			return nil, err
		}
		return graphql.MarshalString(at.String()), nil
	}
	text, err := v.Text()
	if typ.NonNull && text == nil {
		if err != nil {
			graphql.AddError(ctx, err)
		}
		return graphql.MarshalString(""), nil
	}
	return quoted(text, err)
}

// quoted writes a text; nil for none.
func quoted(text *string, err error) (any, error) {
	if err != nil || text == nil {
		return nil, err
	}
	return graphql.MarshalString(*text), nil
}

// raw writes a value as it is; nil for an empty one.
func raw(_ context.Context, v rawjson.Value) (any, error) {
	if v.IsEmpty() {
		return nil, nil
	}
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(v) }), nil
}

// Snake spells a field as the REST API spells members: companyId is company_id.
func Snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// member reads another member than the one of the field's name.
func member(names ...string) func(context.Context, rawjson.Value) (any, error) {
	return func(ctx context.Context, v rawjson.Value) (any, error) {
		for _, name := range names[:len(names)-1] {
			if value := v.Get(name); !value.IsEmpty() {
				return plain(ctx, value)
			}
		}
		return plain(ctx, v.Get(names[len(names)-1]))
	}
}

// special are the fields that are more than the member of their name.
var special = map[string]func(context.Context, rawjson.Value) (any, error){
	"Job.id":              member("job_id"),
	"Job.state":           state,
	"Job.rawState":        member("state"),
	"Job.isFinal":         func(_ context.Context, v rawjson.Value) (any, error) { return isFinal(v), nil },
	"Job.input":           input,
	"Job.result":          result,
	"Job.failures":        failures,
	"Job.dataset":         datasetOf("input"),
	"Job.dataPlane":       dataPlane,
	"Job.requestSource":   requestSource,
	"Job.tags":            tags,
	"Job.durationSeconds": durationSeconds,
	"Job.raw":             raw,

	"MaterializeViewSpec.raw":            raw,
	"MaterializeViewSpec.compiledSelect": member("compiled_select", "compiled_sql"),
	"MaterializeViewSpec.dataset":        datasetOf(""),
	"GenericJobSpec.raw":                 raw,
	"MaterializeViewResult.raw":          raw,
	"MaterializeViewResult.dataset":      datasetOf(""),
	"GenericJobResult.raw":               raw,

	"JobFailure.occurredAt": member("timestamp"),
	"JobFailure.detail":     member("value"),
}

// ofPage are the fields of JobConnection.
var ofPage = map[string]func(context.Context, *paging.Page) (any, error){
	"JobConnection.edges": func(ctx context.Context, page *paging.Page) (any, error) {
		edges := []*JobEdge{}
		for _, i := range readable(ctx, page) {
			node := &Job{Source: page.Records[i].Job.Raw()}
			edges = append(edges, &JobEdge{Cursor: cursor(page, i), Node: node})
		}
		return edges, nil
	},
	"JobConnection.nodes": func(ctx context.Context, page *paging.Page) (any, error) {
		nodes := []*Job{}
		for _, i := range readable(ctx, page) {
			nodes = append(nodes, &Job{Source: page.Records[i].Job.Raw()})
		}
		return nodes, nil
	},
	"JobConnection.pageInfo": func(_ context.Context, page *paging.Page) (any, error) {
		info := &PageInfo{HasNextPage: page.HasNextPage, HasPreviousPage: page.HasPreviousPage}
		for i, record := range page.Records {
			if record.Err == nil {
				at := cursor(page, i)
				if info.EndCursor = &at; info.StartCursor == nil {
					info.StartCursor = &at
				}
			}
		}
		return info, nil
	},
	"JobConnection.totalCount": func(_ context.Context, page *paging.Page) (any, error) {
		total := int32(page.Total)
		if int64(total) != page.Total || total < 0 {
			return nil, &direct.NoTotalError{}
		}
		return &total, nil
	},
}

func cursor(page *paging.Page, i int) string { return string(page.AppendCursor(nil, i)) }

// readable returns the places of the records that can be read, and reports the others as errors of the list.
func readable(ctx context.Context, page *paging.Page) (places []int) {
	if page.Fault != nil {
		graphql.AddError(ctx, page.Fault)
	}
	for i, record := range page.Records {
		if record.Err != nil {
			graphql.AddError(ctx, &direct.LeftOutError{Index: i, Err: record.Err})
			continue
		}
		places = append(places, i)
	}
	return places
}
