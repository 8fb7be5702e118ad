package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"jobsgateway/internal/emulator"
)

// readmeLimits gives the numbers of each row of the table of limits in docs/errors.md, by the row's first
// words. What the tests below measure with comes from there, never from a constant of the code.
func readmeLimits(t *testing.T) map[string][]int {
	t.Helper()
	_, table, _ := strings.Cut(readText(t, "docs/errors.md"), "\n## Limits\n")
	table, _, _ = strings.Cut(table, "\n## ")
	limits := map[string][]int{}
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \|$`).FindAllStringSubmatch(table, -1) {
		for _, number := range regexp.MustCompile(`\b\d[\d,]*\b`).FindAllString(row[2], -1) {
			n, err := strconv.Atoi(strings.ReplaceAll(number, ",", ""))
			if err != nil {
				t.Fatal(err)
			}
			limits[row[1]] = append(limits[row[1]], n)
		}
	}
	return limits
}

// reply is what the gateway says to one request.
type reply struct {
	status int
	Data   map[string]any `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
}

// code is that of the first error; empty for none.
func (r reply) code() string {
	if len(r.Errors) == 0 {
		return ""
	}
	code, _ := r.Errors[0].Extensions["code"].(string)
	return code
}

// replyTo is what the gateway says to a query.
func replyTo(t *testing.T, gw runningGateway, query string, header ...string) reply {
	t.Helper()
	return replyToBody(t, gw, bodyOf(t, query, nil), header...)
}

// replyToBody is what the gateway says to a request with this body.
func replyToBody(t *testing.T, gw runningGateway, body string, header ...string) reply {
	t.Helper()
	status, text := postBody(t, gw, body, header...)
	r := reply{status: status}
	_ = json.Unmarshal(text, &r) // a 431 is net/http's own, and no JSON
	return r
}

// repeated is n texts of a pattern that may hold the number, parted by blanks.
func repeated(n int, pattern string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(pattern, "#", strconv.Itoa(i+1)) + " ")
	}
	return b.String()
}

// longFilter counts by a filter that is so many bytes long in a URL: tag=%C3%A9…&tag=%C3%A9…&tag=x….
func longFilter(bytes int) string {
	const long = 500 // of characters with six bytes each, the longest value
	value := strings.Repeat("é", long)
	rest := bytes - 2*(len("tag=&")+6*long) - len("tag=")
	return `{jobs(first:0,filter:{tagsAny:["` + value + `","` + value + `","` + strings.Repeat("x", rest) + `"]}){totalCount}}`
}

// Each limit of docs/errors.md holds as it is written: what it allows is answered, and one more is refused
// with its code.
func TestReadmeLimits(t *testing.T) {
	t.Parallel()
	api := emulator.New(emulator.Options{Seed: 1, Jobs: 700})
	server := httptest.NewServer(api)
	defer server.Close()
	gw := startGateway(t, "--upstream-url", server.URL)
	limits := readmeLimits(t)
	row := func(name string, numbers int) []int {
		if len(limits[name]) != numbers {
			t.Fatalf("the row %q has the numbers %v, want %d of them", name, limits[name], numbers)
		}
		return limits[name]
	}
	page, document, list := row("a page", 3), row("a document", 4), row("a filter's list", 3)
	datasets, nodes, entities := row("`datasets(ids:)`", 1)[0], row("`nodes(ids:)`", 1)[0], row("`_entities`", 1)[0]
	tags := func(n, runes int) string {
		return `{jobs(first:0,filter:{tagsAny:[` + repeated(n, `"`+strings.Repeat("é", runes)+`"`) + `]}){totalCount}}`
	}
	const (
		userInput, height      = "BAD_USER_INPUT", "MAX_HEIGHT_LIMIT"
		directives, rootFields = "MAX_DIRECTIVES_LIMIT", "MAX_ROOT_FIELDS_LIMIT"
	)
	for name, tc := range map[string]struct {
		fits, beyond string
		code         string
	}{
		"the least page":  {fmt.Sprintf(`{jobs(first:%d){totalCount}}`, page[0]), fmt.Sprintf(`{jobs(first:%d){totalCount}}`, page[0]-1), userInput},
		"the most":        {fmt.Sprintf(`{jobs(first:%d){nodes{id}}}`, page[1]), fmt.Sprintf(`{jobs(first:%d){nodes{id}}}`, page[1]+1), userInput},
		"datasets":        {`{datasets(ids:[` + repeated(datasets, "#") + `]){id}}`, `{datasets(ids:[` + repeated(datasets+1, "#") + `]){id}}`, userInput},
		"nodes":           {`{nodes(ids:[` + repeated(nodes, "#") + `]){id}}`, `{nodes(ids:[` + repeated(nodes+1, "#") + `]){id}}`, userInput},
		"a filter's list": {tags(list[0], 1), tags(list[0]+1, 1), userInput},
		"a short value":   {tags(1, list[1]), tags(1, list[1]-1), userInput},
		"a long value":    {tags(1, list[2]), tags(1, list[2]+1), userInput},
		"a filter":        {longFilter(row("a filter", 1)[0]), longFilter(row("a filter", 1)[0] + 1), userInput},
		"fields": {
			`{jobs(first:0){` + repeated(document[1]-1, "__typename") + `}}`, `{jobs(first:0){` + repeated(document[1], "__typename") + `}}`, height,
		},
		"directives": {
			`{jobs(first:0){` + repeated(document[2], "__typename @skip(if:false)") + `}}`,
			`{jobs(first:0){` + repeated(document[2]+1, "__typename @skip(if:false)") + `}}`, directives,
		},
		"introspection": {
			`{` + repeated(document[3]-2, `a#:__schema{description}`) + repeated(2, `b#:__type(name:"Job"){name}`) + `}`,
			`{` + repeated(document[3]-2, `a#:__schema{description}`) + repeated(3, `b#:__type(name:"Job"){name}`) + `}`, rootFields,
		},
	} {
		if got := replyTo(t, gw, tc.fits); got.code() != "" || got.Data == nil {
			t.Errorf("%s: what fits is refused: %+v", name, got)
		}
		if got := replyTo(t, gw, tc.beyond); got.code() != tc.code {
			t.Errorf("%s: one more: %+v, want %s", name, got, tc.code)
		}
	}
	representations := func(n int) string {
		return `{"query":"query($r:[_Any!]!){_entities(representations:$r){__typename}}","variables":{"r":[` +
			repeated(n-1, `{"__typename":"Dataset","id":"#"},`) + `{"__typename":"Dataset","id":"0"}]}}`
	}
	if got := replyToBody(t, gw, representations(entities)); got.code() != "" {
		t.Errorf("%d entities: %+v", entities, got)
	}
	if got := replyToBody(t, gw, representations(entities+1)); got.code() != userInput {
		t.Errorf("%d entities: %+v", entities+1, got)
	}
	// An argument that nobody knows is found after the tokens have been counted.
	const frame = 8 // of {nope(a:[…])}
	for n, want := range map[int]string{document[0]: "GRAPHQL_VALIDATION_FAILED", document[0] + 1: "GRAPHQL_PARSE_FAILED"} {
		if got := replyTo(t, gw, `{nope(a:[`+repeated(n-frame-1, "#")+`])}`); got.code() != want {
			t.Errorf("%d tokens: %+v, want %s", n, got, want)
		}
	}
	if got := replyTo(t, gw, `{jobs{nodes{id}}}`); len(got.Data["jobs"].(map[string]any)["nodes"].([]any)) != page[2] {
		t.Errorf("a page unless asked for: %v", got.Data)
	}
	if got := replyTo(t, gw, `{`+repeated(9, `a#:jobs(first:500){nodes{id dataset{jobs(first:500){nodes{id}}}}}`)+`}`); got.code() != "COMPLEXITY_LIMIT_EXCEEDED" ||
		got.Errors[0].Extensions["limit"] != float64(row("the cost of an operation", 3)[0]) {
		t.Errorf("%+v", got)
	}
	failures := row("errors", 2)
	if got := replyTo(t, gw, `{`+repeated(failures[0]+5, "nope#")+`}`); len(got.Errors) != failures[0] {
		t.Errorf("%d errors of a document", len(got.Errors))
	}
	api.Script(emulator.Fault{Body: []byte(`{"total_records":500,"records":[` + strings.Repeat(`7,`, 499) + `7]}`)})
	if got := replyTo(t, gw, `{jobs(first:500){nodes{id}}}`); len(got.Errors) < 1 || len(got.Errors) > failures[1] {
		t.Errorf("%d errors of an answer", len(got.Errors))
	}
}

// A request is as large as docs/errors.md says: its body to the byte, its request line and headers to a few
// kibibytes.
func TestReadmeRequestLimits(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, "--demo")
	numbers := readmeLimits(t)["a request"]
	if len(numbers) != 4 {
		t.Fatalf("%v", numbers)
	}
	body, headers, never := numbers[0]<<10, numbers[1]<<10, numbers[2]<<10
	const query = `{"query":"{__typename}","x":""}`
	padded := func(n int) string { return query[:len(query)-2] + strings.Repeat("x", n-len(query)) + `"}` }
	for _, tc := range []struct {
		body, header, status int
	}{
		{body, 0, http.StatusOK},
		{body + 1, 0, http.StatusRequestEntityTooLarge},
		{len(query), headers - 1<<10, http.StatusOK},
		{len(query), never, http.StatusRequestHeaderFieldsTooLarge}, // net/http lets 4 to 8 KiB more pass than it is told
	} {
		if got := replyToBody(t, gw, padded(tc.body), "X-Padding", strings.Repeat("x", tc.header)); got.status != tc.status {
			t.Errorf("a body of %d and a header of %d bytes: %d, want %d", tc.body, tc.header, got.status, tc.status)
		}
	}
}

// A token and the query of a GET are as long as docs/errors.md says.
func TestReadmeLengths(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, "--demo")
	limits := readmeLimits(t)
	tokens, queries := limits["a token"], limits["the query of a GET"]
	if len(tokens) != 1 || len(queries) != 1 {
		t.Fatalf("%v, %v", tokens, queries)
	}
	for n, status := range map[int]int{tokens[0]: http.StatusOK, tokens[0] + 1: http.StatusUnauthorized} {
		if got := replyTo(t, gw, `{__typename}`, "Authorization", "Bearer "+strings.Repeat("x", n)); got.status != status {
			t.Errorf("a token of %d bytes: %d, want %d", n, got.status, status)
		}
	}
	for n, status := range map[int]int{queries[0]: http.StatusOK, queries[0] + 1: http.StatusRequestURITooLong} {
		const query = "query=%7B__typename%7D&x="
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, gw.public+"/graphql?"+query+strings.Repeat("x", n-len(query)), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != status {
			t.Errorf("a query of %d bytes: %d, want %d", n, res.StatusCode, status)
		}
	}
}

// An operation makes as many calls as docs/errors.md says, so many of them at once, and an answer of the Jobs
// API is read up to the size that it says.
func TestReadmeCallLimits(t *testing.T) {
	t.Parallel()
	limits := readmeLimits(t)
	calls, answers := limits["calls of one operation"], limits["an answer of the API"]
	if len(calls) != 3 || len(answers) != 2 {
		t.Fatalf("%v, %v", calls, answers)
	}
	var mu sync.Mutex
	total, atOnce, most, length := 0, 0, 0, 0
	full := make(chan struct{}) // closed when as many are there at once as may be
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		total++
		atOnce++
		most = max(most, atOnce)
		if total == calls[1] {
			close(full)
		}
		padding := length
		mu.Unlock()
		<-full
		w.Header().Set("Content-Type", "application/json")
		const empty = `{"total_records":0,"records":[]}`
		_, _ = w.Write(bytes.Repeat([]byte(" "), max(padding-len(empty), 0)))
		_, _ = io.WriteString(w, empty)
		mu.Lock()
		atOnce--
		mu.Unlock()
	}))
	defer api.Close()
	gw := startGateway(t, "--upstream-url", api.URL)
	var query strings.Builder
	for i := range 3 { // a dataset is a call
		query.WriteString(" a" + strconv.Itoa(i) + ":datasets(ids:[")
		for j := range 100 {
			query.WriteString(strconv.Itoa(1000*(i+1)+j) + " ")
		}
		query.WriteString("]){latestJob{id}}")
	}
	got := replyTo(t, gw, "{"+query.String()+"}")
	if got.code() != "REQUEST_LIMIT_EXCEEDED" || total != calls[0] || most != calls[1] {
		t.Errorf("%d calls, %d at once: %s", total, most, got.code())
	}
	for size, want := range map[int]string{answers[0] << 20: "", answers[0]<<20 + 1: "UPSTREAM_BAD_RESPONSE"} {
		mu.Lock()
		length = size
		mu.Unlock()
		if got := replyTo(t, gw, `{jobs(first:1){nodes{id}}}`); got.code() != want {
			t.Errorf("an answer of %d bytes: %q", size, got.code())
		}
	}
}
