//go:build e2e

package composition_test

import (
	"testing"
)

// costHeading is the heading of the page's table of the operations that the router prices otherwise than we
// do.
const costHeading = "Demand control"

// agreed are operations that the router's demand control prices exactly as our cost limit does.
var agreed = [...]operation{
	{Query: `{jobs(first: 3) {totalCount nodes {id}}}`},
	{Query: `{jobs(last: 3) {nodes {id state}}}`},
	{Query: `{jobs(first: null, last: 3) {nodes {id}}}`},
	{Query: `{jobs(first: 500) {nodes {id}}}`},
	{Query: `{jobs(first: 3) {edges {cursor node {id}}}}`},
	{Query: `{jobs(first: 3) {edges {node {id}} nodes {id} pageInfo {hasNextPage}}}`},
	{Query: `{jobs(first: 3) {__typename nodes {__typename id}}}`},
	{Query: `{jobs(first: 3) {nodes {dataset {id latestJob {state}}}}}`},
	{Query: `{jobs(first: 3) {nodes {dataset {jobs(first: 2) {nodes {id}}}}}}`},
	{Query: `{jobs(last: 2) {nodes {dataset {jobs(last: 4) {edges {node {dataset {id}}}}}}}}`},
	{Query: `{dataset(id: "11852") {jobs(first: 4, filter: {states: [FAILED]}) {nodes {id}} latestJob {id}}}`},
	{Query: `{job(id: "00000000-0000-4000-8000-000000000000") {id dataset {id}}}`},
	{Query: `{jobs(first: 3, filter: {types: ["materialize-view"]}) {nodes {id raw}}}`},
	{Query: `{jobs(first: 3) {nodes {raw again: raw input {raw}}}}`},
	{Query: `{jobs(first: 3) {nodes {failures {message detail} requestSource {type} dataPlane {id}}}}`},
	{Query: `{jobs(first: 3) {nodes {result {... on MaterializeViewResult {raw dataset {id}} ... on GenericJobResult {raw}}}}}`},
	{Query: `{a: jobs(first: 3) {nodes {id}} b: jobs(first: 5) {nodes {id}}}`},
	{Query: `{jobs(first: 3) {...P}} fragment P on JobConnection {nodes {id dataset {id}}}`},
	{Query: `{jobs(first: 3) {... on JobConnection {nodes {... {id dataset {id}}}}}}`},
	{Query: `query ($n: Int) {jobs(first: $n) {nodes {id}}}`, Variables: map[string]any{"n": 7}},
	{Query: `query ($n: Int = 6) {jobs(first: $n) {nodes {id}}}`},
	{Query: `query ($n: Int) {jobs(first: $n, last: 2) {nodes {id}}}`},
	{Query: `query ($off: Boolean!) {jobs(first: 3) {nodes {id dataset @skip(if: $off) {id}}}}`, Variables: map[string]any{"off": true}},
}

// What the router estimates from our directives is what our own limit counts; where it is not, the page says
// as what the router takes the operation, and that is exact.
func TestDemandControl(t *testing.T) {
	t.Parallel()
	gateway, strict := startGateway(t), startGateway(t, "--max-cost=1")

	type pair struct{ sent, as operation }
	pairs := []pair{}
	for _, op := range agreed {
		pairs = append(pairs, pair{op, op})
	}
	rows := tableUnder(t, costHeading)
	for _, row := range rows {
		code := quoted.FindAllStringSubmatch(row, -1)
		if len(code) < 2 {
			t.Fatalf("two operations are wanted in %s", row)
		}
		pairs = append(pairs, pair{operation{Query: code[len(code)-2][1]}, operation{Query: code[len(code)-1][1]}})
	}
	sent := make([]operation, len(pairs))
	for i, p := range pairs {
		sent[i] = p.sent
	}
	url, _ := serveNeighbour(t)
	together := []subgraph{ourSubgraph(t, gateway), neighbourSubgraph(t, url)}
	for composer, said := range compose(t, together)[0] {
		for i, got := range routeOperations(t, said.Supergraph, configurationOfPage(t), sent...) {
			if list := got.codes(); len(list) > 0 {
				t.Errorf("%s: %s", pairs[i].sent.Query, list)
			}
			theirs := got.Extensions.Cost.Estimated
			want, ok := costOf(t, strict, pairs[i].as)
			if !ok {
				t.Fatalf("we do not count %s", pairs[i].as.Query)
			}
			if theirs != want {
				t.Errorf("%s: %s: the router estimates %d, and we count %d for %s", composer, pairs[i].sent.Query, theirs, want, pairs[i].as.Query)
			}
			if own, ok := costOf(t, strict, pairs[i].sent); ok && own == want && i >= len(agreed) {
				t.Errorf("%s: the page has it, but we count the same", pairs[i].sent.Query)
			}
		}
	}
}

// costOf is what a gateway with --max-cost=1 says that an operation costs: it refuses whatever costs more.
// False when it does not know the operation's fields, or lets it pass.
func costOf(t *testing.T, strict string, op operation) (cost int, ok bool) {
	t.Helper()
	got := postOperation(t, strict, op)
	if len(got.Errors) == 0 || got.Errors[0].Extensions.Code != "COMPLEXITY_LIMIT_EXCEEDED" {
		return 0, false
	}
	return got.Errors[0].Extensions.Cost, true
}
