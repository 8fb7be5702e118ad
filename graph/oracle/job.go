package oracle

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"jobsgateway/graph/direct"
	"jobsgateway/internal/rawjson"
	"jobsgateway/restclient"
)

// textOf returns the text of a member that every record has.
func textOf(v rawjson.Value, name string) string {
	text, _ := v.Get(name).Text()
	return *text
}

func isFinal(v rawjson.Value) bool {
	return slices.Contains([]string{"completed", "failed", "cancelled"}, textOf(v, "state"))
}

func isOpen(v rawjson.Value) bool {
	open := []string{"pending", "scheduled", "running", "pending_cancellation"}
	return slices.Contains(open, textOf(v, "state"))
}

func state(_ context.Context, v rawjson.Value) (any, error) {
	if !isFinal(v) && !isOpen(v) {
		return graphql.MarshalString("UNKNOWN"), nil
	}
	return graphql.MarshalString(strings.ToUpper(textOf(v, "state"))), nil
}

// typed reports whether an input or a result has members of its own in the schema.
func typed(job, v rawjson.Value) bool {
	words := []string{"materialize-view", "refresh_materialized_view"}
	return v[0] == '{' && slices.Contains(words, textOf(job, "type"))
}

func input(_ context.Context, job rawjson.Value) (any, error) {
	v := job.Get("input")
	switch {
	case v.IsEmpty():
		return nil, nil
	case typed(job, v):
		return &MaterializeViewSpec{Source: v}, nil
	}
	return &GenericJobSpec{Source: v}, nil
}

func result(_ context.Context, job rawjson.Value) (any, error) {
	v := job.Get("result")
	switch {
	case v.IsEmpty():
		return nil, nil
	case typed(job, v):
		return &MaterializeViewResult{Source: v}, nil
	}
	return &GenericJobResult{Source: v}, nil
}

// datasetOf reads the dataset that a member names; without a name of one, the value itself.
func datasetOf(name string) func(context.Context, rawjson.Value) (any, error) {
	return func(_ context.Context, v rawjson.Value) (any, error) {
		if name != "" {
			v = v.Get(name)
		}
		if v.IsEmpty() || v[0] != '{' {
			return nil, nil
		}
		id, err := restclient.DatasetOf(v)
		if err != nil || id == nil {
			return nil, err
		}
		return &Dataset{ID: *id}, nil
	}
}

func dataPlane(_ context.Context, v rawjson.Value) (any, error) {
	id, err := v.Get("data_plane_id").Text()
	if err != nil || id == nil {
		return nil, err
	}
	return &DataPlane{ID: *id}, nil
}

func requestSource(_ context.Context, v rawjson.Value) (any, error) {
	object, err := v.Get("request_source").Object()
	if err != nil || object == nil {
		return nil, err
	}
	return &RequestSource{Source: object}, nil
}

func failures(ctx context.Context, v rawjson.Value) (any, error) {
	elements, err := v.Get("failures").Array()
	if err != nil {
		graphql.AddError(ctx, err)
	}
	list := []*JobFailure{}
	for i, element := range elements {
		object, err := element.Object()
		if err != nil {
			graphql.AddError(ctx, &direct.LeftOutError{Index: i, Err: err})
			continue
		}
		list = append(list, &JobFailure{Source: object})
	}
	return list, nil
}

func tags(ctx context.Context, v rawjson.Value) (any, error) {
	elements, err := v.Get("tags").Array()
	if err != nil || elements == nil {
		return nil, err
	}
	list := graphql.Array{}
	for i, element := range elements {
		tag, err := element.Text()
		if err != nil {
			graphql.AddError(ctx, &direct.LeftOutError{Index: i, Err: err})
		}
		if tag != nil {
			list = append(list, graphql.MarshalString(*tag))
		}
	}
	return list, nil
}

func durationSeconds(ctx context.Context, v rawjson.Value) (any, error) {
	instant := func(name string) time.Time {
		at, _ := restclient.ReadTimestamp(v.Get(name))
		return at.Time()
	}
	end := time.Now()
	if !isOpen(v) {
		ended, err := restclient.ReadTimestamp(v.Get("ended_at"))
		switch {
		case err != nil:
			graphql.AddError(ctx, err)
			end = instant("updated_at")
		case !ended.IsZero() && !ended.Time().Before(instant("created_at")):
			end = ended.Time()
		case isFinal(v):
			end = instant("updated_at")
		}
	}
	micros := end.UnixMicro() - instant("created_at").UnixMicro()
	return graphql.MarshalFloat(max(0, float64(micros)/1e6)), nil
}
