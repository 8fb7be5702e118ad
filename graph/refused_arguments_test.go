package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"jobsgateway/restclient"
)

// A representation that is none costs itself alone, at its own place, whatever is wrong with it.
func TestRefusedRepresentations(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{
		`{"__typename":"Dataset"}`, `{"__typename":"Dataset","id":null}`, `{"__typename":"Dataset","id":{}}`, `{"__typename":"Cat","id":"1"}`,
		`{"id":"1"}`, `{"__typename":7,"id":"1"}`, `7`, `{"__typename":"Job"}`, `{"__typename":"Job","id":[]}`, `{"__typename":"DataPlane","id":"x"}`,
	} {
		exec, _ := newExecutorOver(t)
		got := exec.ask(entitiesQuery, `{"r":[{"__typename":"Dataset","id":"5"},`+wrong+`,{"__typename":"Dataset","id":7}]}`)
		if got.data != `{"_entities":[{"id":"5"},null,{"id":"7"}]}` || got.paths()[0] != "_entities[1]" || codeOf(got.errors[0]) != "BAD_USER_INPUT" {
			t.Errorf("%s: %s %s", wrong, got.data, got.wire)
		}
	}
}

// The same for representations that are written into the document.
func TestRefusedRepresentationsAsLiterals(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{
		`{__typename: "Dataset"}`, `{__typename: "Dataset", id: null}`, `{__typename: "Dataset", id: {}}`, `{__typename: "Cat", id: "1"}`,
		`{id: "1"}`, `{__typename: 7, id: "1"}`, `{}`, `{__typename: "Job"}`, `{__typename: "DataPlane", id: "x"}`,
	} {
		exec, _ := newExecutorOver(t)
		got := exec.ask(`{ _entities(representations: [{__typename: "Dataset", id: "5"}, `+wrong+`, {__typename: "Dataset", id: 7}]) {
			... on Dataset { id } } }`, "")
		if got.data != `{"_entities":[{"id":"5"},null,{"id":"7"}]}` || got.paths()[0] != "_entities[1]" || codeOf(got.errors[0]) != "BAD_USER_INPUT" {
			t.Errorf("%s: %s %s", wrong, got.data, got.wire)
		}
	}
}

// The same for elements that variables hold.
func TestRefusedRepresentationsInVariables(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{`5`, `"x"`, `{}`, `{"__typename":"Cat","id":1}`, `[]`} {
		exec, _ := newExecutorOver(t)
		got := exec.ask(`query($r: _Any!, $d: _Any!) { _entities(representations: [$d, $r, $d]) { ... on Dataset { id } } }`,
			`{"r":`+wrong+`,"d":{"__typename":"Dataset","id":7}}`)
		if got.data != `{"_entities":[{"id":"7"},null,{"id":"7"}]}` || got.paths()[0] != "_entities[1]" || codeOf(got.errors[0]) != "BAD_USER_INPUT" {
			t.Errorf("%s: %s %s", wrong, got.data, got.wire)
		}
	}
}

// Twenty datasets, each twice and asked in two ways, are twenty calls.
func TestEntitiesOfDatasets(t *testing.T) {
	t.Parallel()
	exec, api := newExecutorOver(t, record(1, `,"input":{"dataset_id":7}`))
	list := make([]string, 40)
	for i := range list {
		list[i] = fmt.Sprintf(`{"__typename":"Dataset","id":"%d"}`, i%20)
	}
	got := exec.ask(`query($r: [_Any!]!) { _entities(representations: $r) { ... on Dataset { latestJob { id } jobs(first: 1) { nodes { id } } } } }`,
		`{"r":[`+strings.Join(list, ",")+`]}`)
	if len(got.errors) > 0 || api.Total() != 20 {
		t.Errorf("%d calls: %s", api.Total(), got.wire)
	}
}

// The same where the field stands in a fragment.
func TestRefusedRepresentationsInFragments(t *testing.T) {
	t.Parallel()
	exec, _ := newExecutorOver(t)
	got := exec.ask(`query($r: [_Any!]!) { ... on Query { ...F } } fragment F on Query { _entities(representations: $r) { ... on Dataset { id } } }`,
		`{"r":[{"__typename":"Dataset","id":"5"},{"__typename":"Dataset"}]}`)
	if got.data != `{"_entities":[{"id":"5"},null]}` || got.paths()[0] != "_entities[1]" {
		t.Errorf("%s %s", got.data, got.wire)
	}
}

// What is refused under an alias is the caller's affair all the same, and no line of the log.
func TestAliasedEntities(t *testing.T) {
	t.Parallel()
	exec, _ := newExecutorOver(t)
	got := exec.ask(`{ x: _entities(representations: [{__typename: "Cat"}]) { __typename } }`, "")
	if codeOf(got.errors[0]) != "BAD_USER_INPUT" || len(exec.log.Lines(t, slog.LevelError)) > 0 {
		t.Errorf("%s %v", got.wire, exec.log.Lines(t, slog.LevelError))
	}
}

// A failure of ours below _entities is ours, and logged.
func TestFailureBelowEntities(t *testing.T) {
	t.Parallel()
	exec := newExecutor(t, stub{jobs: func(context.Context, restclient.JobsQuery) (*restclient.JobsPage, error) {
		return nil, errors.New("boom")
	}})
	got := exec.ask(`{ _entities(representations: [{__typename: "Dataset", id: 5}]) { ... on Dataset { latestJob { id } } } }`, "")
	if codeOf(got.errors[0]) != "INTERNAL_SERVER_ERROR" || len(exec.log.Lines(t, slog.LevelError)) != 1 {
		t.Errorf("%s %v", got.wire, exec.log.Lines(t, slog.LevelError))
	}
}

// A dataset that the Jobs API names wrongly is its affair, not the caller's, and does not keep the others waiting.
func TestNegativeDataset(t *testing.T) {
	t.Parallel()
	exec, api := newExecutorOver(t, record(3, `,"input":{"dataset_id":-5}`), record(2, `,"input":{"dataset_id":6}`), record(1, `,"input":{"dataset_id":7}`))
	got := exec.ask(`{ jobs(filter: {states: [COMPLETED]}) { nodes { dataset { id latestJob { id } } } } }`, "")
	if len(got.errors) != 1 || codeOf(got.errors[0]) != "UPSTREAM_BAD_RESPONSE" || api.Total() != 3 {
		t.Errorf("%s, %d calls", got.wire, api.Total())
	}
}

// An input of another type may call anything a dataset.
func TestDatasetOfAnotherShape(t *testing.T) {
	t.Parallel()
	exec, _ := newExecutorOver(t, record(3, `,"input":{"dataset":"my dataset"}`))
	if got := exec.ask(`{ jobs { nodes { dataset { id } } } }`, ""); got.data != `{"jobs":{"nodes":[{"dataset":null}]}}` || len(got.errors) > 0 {
		t.Errorf("%s", got.wire)
	}
}

// Seconds to wait are never too few.
func TestRetryAfterSeconds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		wait time.Duration
		want int
	}{{time.Nanosecond, 1}, {400 * time.Millisecond, 1}, {time.Second, 1}, {1400 * time.Millisecond, 2}} {
		_, extensions := explainUpstream(&restclient.Error{Kind: restclient.KindRateLimited, RetryAfter: c.wait})
		if extensions["retryAfterSeconds"] != c.want {
			t.Errorf("%v: %v", c.wait, extensions["retryAfterSeconds"])
		}
	}
}
