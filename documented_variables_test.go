package main

import (
	"encoding/json"
	"net/http"
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

// Pages may send the headers that docs/operations.md lists, those of --cors-headers, and no others.
func TestDocumentedHeadersOfPages(t *testing.T) {
	t.Parallel()
	const origin = "https://app.example.com"
	gw := startGateway(t, "--demo", "--cors-origins", origin, "--cors-headers", "X-Tenant,X-Flag")
	text := section(t, "docs/operations.md", "## Pages of other origins")
	_, list, _ := strings.Cut(text, "Pages may send the headers ")
	list, _, _ = strings.Cut(list, ". `--cors-headers")
	names := []string{"X-Tenant", "X-Flag"}
	for _, name := range regexp.MustCompile("`([A-Za-z-]+)`").FindAllStringSubmatch(list, -1) {
		names = append(names, name[1])
	}
	if len(names) != 17 {
		t.Errorf("%d headers: %v", len(names), names)
	}
	for _, name := range append(names, "X-Other") {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, gw.public+"/graphql", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers", strings.ToLower(name))
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		granted := strings.EqualFold(res.Header.Get("Access-Control-Allow-Headers"), name)
		if granted != (name != "X-Other") || res.Header.Get("Access-Control-Allow-Origin") != origin {
			t.Errorf("%s: %v", name, res.Header)
		}
	}
}
