package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/restclient"
)

// without gives where errors stand, each with the place of the element that is missing there, sorted.
func (o outcome) without() []string {
	lines := []string{}
	for _, err := range o.errors {
		line := err.Path.String()
		if index, ok := err.Extensions["upstreamIndex"]; ok {
			line += fmt.Sprint(" without ", index)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// What cannot be read is missing from its list, and its error is one of the list, with its place in that of the Jobs API: at its
// index another one stands. The errors of those that are there stand at their places in the answer.
func TestWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	const bad = `{"job_id":7}`
	records := []string{
		bad,
		record(5, `,"executor":7,"tags":["a",1,"b"],"failures":["x",{"message":1}]`),
		"null",
		record(4, `,"tags":[null,"",2,{"a":1},"c"],"failures":[{"message":"m"},7,{"message":"n","timestamp":8}]`),
		record(3, `,"ended_at":"soon"`),
		bad,
	}
	for name, c := range map[string]struct {
		query, data string
		errors      []string
	}{
		"nodes, edges, and an alias": {
			`{ jobs { nodes { executor } edges { node { executor } } again: nodes { id } } }`, "",
			[]string{
				"jobs.again without 0", "jobs.again without 2", "jobs.again without 5",
				"jobs.edges without 0", "jobs.edges without 2", "jobs.edges without 5", "jobs.edges[0].node.executor",
				"jobs.nodes without 0", "jobs.nodes without 2", "jobs.nodes without 5", "jobs.nodes[0].executor",
			},
		},
		"lists of a record": {
			`{ jobs(first: 4) { nodes { tags failures { message occurredAt } } } }`,
			`{"jobs":{"nodes":[{"tags":["a","b"],"failures":[{"message":"","occurredAt":null}]},` +
				`{"tags":["c"],"failures":[{"message":"m","occurredAt":null},{"message":"n","occurredAt":null}]}]}}`,
			[]string{
				"jobs.nodes without 0", "jobs.nodes without 2", "jobs.nodes[0].failures without 0", "jobs.nodes[0].failures[0].message",
				"jobs.nodes[0].tags without 1", "jobs.nodes[1].failures without 1", "jobs.nodes[1].failures[1].occurredAt",
				"jobs.nodes[1].tags without 2", "jobs.nodes[1].tags without 3",
			},
		},
		"a numbered page": {
			`{ jobs(first: 3, offset: 3) { nodes { endedAt } } }`,
			`{"jobs":{"nodes":[{"endedAt":"2024-01-01T00:01:00Z"},{"endedAt":null}]}}`,
			[]string{"jobs.nodes without 2", "jobs.nodes[1].endedAt"},
		},
		"the other end": {
			`{ jobs(last: 3) { nodes { endedAt } } }`,
			`{"jobs":{"nodes":[{"endedAt":"2024-01-01T00:01:00Z"},{"endedAt":null}]}}`,
			[]string{"jobs.nodes without 2", "jobs.nodes[1].endedAt"},
		},
		"a page that goes on to a job": {
			`{ jobs(first: 1) { edges { node { executor } } } }`,
			`{"jobs":{"edges":[{"node":{"executor":null}}]}}`,
			[]string{"jobs.edges without 0", "jobs.edges[0].node.executor"},
		},
		"nobody asks": {`{ jobs { totalCount pageInfo { hasNextPage } } }`, `{"jobs":{"totalCount":6,"pageInfo":{"hasNextPage":false}}}`, []string{}},
	} {
		for _, byOracle := range []bool{false, true} {
			exec, _ := newExecutorOver(t, records...)
			exec.oracle = byOracle
			got := exec.ask(c.query, "")
			if diff := cmp.Diff(c.errors, got.without()); diff != "" {
				t.Errorf("%s, oracle %t: (-want +got):\n%s", name, byOracle, diff)
			}
			if c.data != "" && got.data != c.data {
				t.Errorf("%s, oracle %t: %s, want %s", name, byOracle, got.data, c.data)
			}
			for _, err := range got.errors {
				if codeOf(err) != string(CodeUpstreamBadResponse) || len(err.Locations) != 1 || err.Message != faces[restclient.KindMalformed].message {
					t.Errorf("%s, oracle %t: %s", name, byOracle, got.wire)
				}
			}
		}
	}
}

// An entity that cannot be read is null, so that its error stands at its own index, whatever stands around it.
func TestEntitiesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	sent := []string{
		`{"__typename":"Job","id":"` + idOf(99) + `"}`, // nobody's
		`{"__typename":"Dataset","id":"1"}`,
		`{"__typename":"Job","id":"` + idOf(2) + `"}`, // no record
		`{"__typename":"Cat"}`,
		`{"__typename":"Job","id":"` + idOf(1) + `"}`,
		`{"__typename":"Dataset","id":"x"}`,
		`{"__typename":"Job","id":"` + idOf(2) + `"}`,
		`{"__typename":"Job","id":"` + idOf(3) + `"}`, // an odd executor
	}
	const want = `{"_entities":[null,{"id":"1"},null,null,{"id":"%s","executor":null},null,null,{"id":"%s","executor":null}]}`
	for _, byOracle := range []bool{false, true} {
		exec, _ := newExecutorOver(t, record(3, `,"executor":7`), `{"job_id":"`+idOf(2)+`"}`, record(1, ""))
		exec.oracle = byOracle
		got := exec.ask(`query($r: [_Any!]!) { _entities(representations: $r) { ... on Job { id executor } ... on Dataset { id } } }`,
			`{"r":[`+strings.Join(sent, ",")+`]}`)
		if want := fmt.Sprintf(want, idOf(1), idOf(3)); got.data != want {
			t.Errorf("oracle %t: %s, want %s", byOracle, got.data, want)
		}
		places := []string{"_entities[2]", "_entities[3]", "_entities[5]", "_entities[6]", "_entities[7].executor"}
		if diff := cmp.Diff(places, got.without()); diff != "" {
			t.Errorf("oracle %t: (-want +got):\n%s", byOracle, diff)
		}
	}
}
