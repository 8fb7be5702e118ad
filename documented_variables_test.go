package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// Each row of the table of variables in docs/errors.md is what the gateway says.
func TestDocumentedMisfits(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, "--demo")
	uses := map[string]string{
		"filter": "jobs(filter: $filter) {totalCount}", "first": "jobs(first: $first) {totalCount}", "ids": "datasets(ids: $ids) {id}",
		"from": "jobs(filter: {createdAt: {from: $from}}) {totalCount}",
	}
	table := section(t, "docs/errors.md", "## A variable that does not fit")
	rows := regexp.MustCompile("(?m)^\\| `\\$(\\w+): ([^`]+)` \\| `?([^`|]+?)`? \\| `([^`]+)` \\|$").FindAllStringSubmatch(table, -1)
	if len(rows) != 6 {
		t.Fatalf("%d rows in %s", len(rows), table)
	}
	for _, row := range rows {
		name, typ, sent, want := row[1], row[2], row[3], row[4]
		variables := map[string]any{}
		if sent != "nothing" {
			variables[name] = json.RawMessage(sent)
		}
		got := replyToBody(t, gw, bodyOf(t, "query($"+name+": "+typ+") {"+uses[name]+"}", variables))
		if len(got.Errors) != 1 || got.Errors[0].Message != want || got.Errors[0].Extensions["code"] != "BAD_USER_INPUT" {
			t.Errorf("%s: %s, want %s", row[0], got.Errors, want)
		}
	}
	_, literal, _ := strings.Cut(table, "are not repeated either: `")
	literal, _, _ = strings.Cut(literal, "`")
	got := replyToBody(t, gw, bodyOf(t, `{jobs(first: "20") {totalCount}}`, nil))
	if want := strings.ReplaceAll(literal, "\n", " "); len(got.Errors) != 1 || got.Errors[0].Message != want {
		t.Errorf("%s, want %s", got.Errors, want)
	}
}
