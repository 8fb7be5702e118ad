package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jobsgateway/graph/operation"
	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// strict is a Jobs API whose filter sees a dataset by the input's own dataset_id alone, and only if it is a number.
type strict struct{ operation.Upstream }

func (s strict) Jobs(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
	parameters := strings.Split(string(q.Filter), "&")
	i := slices.IndexFunc(parameters, func(parameter string) bool { return strings.HasPrefix(parameter, "dataset_id=") })
	if i < 0 {
		return s.Upstream.Jobs(ctx, q)
	}
	id := strings.TrimPrefix(parameters[i], "dataset_id=")
	all, err := s.Upstream.Jobs(ctx, restclient.JobsQuery{
		Filter: restclient.Filter(strings.Join(slices.Delete(parameters, i, i+1), "&")), OrderBy: q.OrderBy, PerPage: restclient.MaxPerPage,
	})
	if err != nil {
		return nil, err
	}
	seen := slices.DeleteFunc(slices.Clone(all.Records), func(record restclient.Record) bool {
		return record.Err != nil || string(record.Job.Member(restclient.MemberInput).Get("dataset_id")) != id
	})
	low := min(int(q.Offset), len(seen))
	return &restclient.JobsPage{Records: seen[low:min(low+q.PerPage, len(seen))], Total: int64(len(seen))}, nil
}

// oddInputs name datasets in every way.
var oddInputs = []any{
	0, 1, 1, 2, 2, 3, 8, nil, unreadable, `"x"`, `{}`, `{"dataset_id":null}`, `{"dataset_id":"1"}`, `{"dataset_id":"x"}`,
	`{"dataset":{"id":2}}`, `{"dataset":{"id":"2"}}`, `{"dataset":2}`, `{"dataset_id":1,"dataset":{"id":2}}`, `{"dataset_id":null,"dataset":{"id":1}}`,
	`{"dataset_id":"","dataset":{"id":1}}`, `{"dataset_id":{},"dataset":{"id":1}}`, `{"dataset_id":"3","dataset":{"id":1}}`,
	`{"dataset_id":1.0}`, `{"dataset_id":1.5,"dataset":{"id":1}}`, `{"dataset_id":-1,"dataset":{"id":2}}`, `{"dataset_id":[1],"dataset":{"id":2}}`,
}

// Whatever the list, the page and the questions: the answer is the oracle's, however the API's filter takes what
// is not documented, and it costs at most one call for each list that is asked of many datasets.
func TestPagesTellTheTruth(t *testing.T) {
	t.Parallel()
	fixed := newExecutor(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.Bool().Draw(t, "plain")
		inputs := rapid.SliceOfN(rapid.SampledFrom(oddInputs[:map[bool]int{true: 8, false: len(oddInputs)}[plain]]), 0, 40).Draw(t, "list")
		options := rapid.SampledFrom([]emulator.Options{{}, {}, {Older: true}, {MaxRecords: 5}, {MaxRecords: 5, Older: true}}).Draw(t, "options")
		options.Records = []json.RawMessage{}
		api := emulator.New(options)
		client := clienttest.New(t, api)
		tied := rapid.IntRange(1, 3).Draw(t, "jobs of one time")
		for i, record := range slices.Backward(listOf(inputs...)) {
			number := fmt.Sprintf(":%02d\"", len(inputs)-i)
			api.Insert(json.RawMessage(strings.ReplaceAll(record, number, fmt.Sprintf(":%02d\"", (len(inputs)-i)/tied))))
		}
		filter := func(label string) string {
			return rapid.SampledFrom([]string{"", "", "filter: {states: [FAILED]}", `filter: {dataPlaneId: "` + planeA + `", types: ["materialize-view"]}`, "filter: {types: []}"}).Draw(t, label)
		}
		order := func(label string) string {
			return "orderBy: " + rapid.SampledFrom([]string{"CREATED_AT_DESC", "CREATED_AT_DESC", "UPDATED_AT_ASC"}).Draw(t, label)
		}
		n := func(label string) int { return rapid.IntRange(0, 45).Draw(t, label) }
		outer := rapid.SampledFrom([]string{"first: %d", "first: %d", "last: %d", "first: 9, offset: %d"}).Draw(t, "outer")
		outer = fmt.Sprintf(outer, n("jobs")) + " " + order("outer order") + " " + filter("outer filter")
		var lookups []string
		lists := map[string]bool{}
		for i := range rapid.IntRange(1, 3).Draw(t, "lookups") {
			f := filter("filter")
			if rapid.Bool().Draw(t, "newest") {
				lists["CREATED_AT_DESC"+f] = true
				lookups = append(lookups, fmt.Sprintf("x%d: latestJob%s { id }", i, strings.TrimSuffix(" ("+f+")", " ()")))
				continue
			}
			o := order("order")
			lists[strings.TrimPrefix(o, "orderBy: ")+f] = true
			fields := rapid.SampledFrom([]string{
				"nodes { id }", "nodes { id }", "edges { node { id } }", "totalCount nodes { id }", "edges { cursor }",
				"pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount",
			}).Draw(t, "fields")
			size := rapid.SampledFrom([]int{0, 1, 1, 2, 3, 500}).Draw(t, "first")
			lookups = append(lookups, fmt.Sprintf("x%d: jobs(first: %d %s %s) { %s }", i, size, o, f, fields))
		}
		of := "dataset { id " + strings.Join(lookups, " ") + " }"
		of = rapid.SampledFrom([]string{
			"nodes { " + of + " }", "edges { node { " + of + " } }", "nodes { result { ... on MaterializeViewResult { " + of + " } } " + of + " }",
			"nodes { input { ... on MaterializeViewSpec { " + of + " } } }", "totalCount nodes { id dataset { y: jobs(first: 2) { nodes { " + of + " } } } }",
		}).Draw(t, "way")
		lists["CREATED_AT_DESC"] = lists["CREATED_AT_DESC"] || strings.Contains(of, "y: ")
		query := "{ jobs(" + outer + ") { " + of + " } }"

		var upstream operation.Upstream = client
		if options.MaxRecords == 0 && rapid.Bool().Draw(t, "strict") { // which sees one answer
			upstream = strict{client}
		}
		exec := fixed.over(fixed.t, upstream)
		want, got := exec.onOracle().ask(query, ""), exec.ask(query, "")
		wantSame(t, got, want)
		if options.MaxRecords > 0 {
			return // a page is as many calls as it has parts
		}
		if most := want.calls + len(lists); got.calls > most {
			t.Fatalf("%d calls, the oracle makes %d: %s", got.calls, want.calls, query)
		}
		if plain && got.calls > want.calls {
			t.Fatalf("%d calls, the oracle makes %d, though all is readable: %s", got.calls, want.calls, query)
		}
	})
}
