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

// readmeLimits gives the numbers of each row of the README's table of limits, by the row's first words. What the tests below
// measure with comes from there, never from a constant of the code.
func readmeLimits(t *testing.T) map[string][]int {
	t.Helper()
	_, table, _ := strings.Cut(readFile(t, "README.md"), "\n## Limits\n")
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

// send sends a body with headers in pairs, and reads whatever comes.
func send(t *testing.T, gw program, body string, header ...string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gw.public+"/graphql", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer demo"}}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	r := reply{status: res.StatusCode}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = json.Unmarshal(text, &r) // a 431 is net/http's own, and no JSON
	return r
}

// envelope is the body of a query.
func envelope(t *testing.T, query string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
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

// Each limit of the README holds as it is written: what it allows is answered, and one more is refused with its code.
func TestReadmeLimits(t *testing.T) {
	t.Parallel()
	api := emulator.New(emulator.Options{Seed: 1, Jobs: 700})
	server := httptest.NewServer(api)
	defer server.Close()
	gw := start(t, "--upstream-url", server.URL)
	limits := readmeLimits(t)
	row := func(name string, numbers int) []int {
		if len(limits[name]) != numbers {
			t.Fatalf("the row %q has the numbers %v, want %d of them", name, limits[name], numbers)
		}
		return limits[name]
	}
	page, document, list := row("a page", 3), row("a document", 4), row("a filter's list", 3)
	datasets, entities := row("`datasets(ids:)`", 1)[0], row("`_entities`", 1)[0]
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
		if got := send(t, gw, envelope(t, tc.fits)); got.code() != "" || got.Data == nil {
			t.Errorf("%s: what fits is refused: %+v", name, got)
		}
		if got := send(t, gw, envelope(t, tc.beyond)); got.code() != tc.code {
			t.Errorf("%s: one more: %+v, want %s", name, got, tc.code)
		}
	}
	representations := func(n int) string {
		return `{"query":"query($r:[_Any!]!){_entities(representations:$r){__typename}}","variables":{"r":[` +
			repeated(n-1, `{"__typename":"Dataset","id":"#"},`) + `{"__typename":"Dataset","id":"0"}]}}`
	}
	if got := send(t, gw, representations(entities)); got.code() != "" {
		t.Errorf("%d entities: %+v", entities, got)
	}
	if got := send(t, gw, representations(entities+1)); got.code() != userInput {
		t.Errorf("%d entities: %+v", entities+1, got)
	}
	// An argument that nobody knows is found after the tokens have been counted.
	const frame = 8 // of {nope(a:[…])}
	for n, want := range map[int]string{document[0]: "GRAPHQL_VALIDATION_FAILED", document[0] + 1: "GRAPHQL_PARSE_FAILED"} {
		if got := send(t, gw, envelope(t, `{nope(a:[`+repeated(n-frame-1, "#")+`])}`)); got.code() != want {
			t.Errorf("%d tokens: %+v, want %s", n, got, want)
		}
	}
	if got := send(t, gw, envelope(t, `{jobs{nodes{id}}}`)); len(got.Data["jobs"].(map[string]any)["nodes"].([]any)) != page[2] {
		t.Errorf("a page unless asked for: %v", got.Data)
	}
	if got := send(t, gw, envelope(t, `{`+repeated(9, `a#:jobs(first:500){nodes{id dataset{jobs(first:500){nodes{id}}}}}`)+`}`)); got.code() != "COMPLEXITY_LIMIT_EXCEEDED" ||
		got.Errors[0].Extensions["limit"] != float64(row("the cost of an operation", 2)[0]) {
		t.Errorf("%+v", got)
	}
	failures := row("errors", 2)
	if got := send(t, gw, envelope(t, `{`+repeated(failures[0]+5, "nope#")+`}`)); len(got.Errors) != failures[0] {
		t.Errorf("%d errors of a document", len(got.Errors))
	}
	api.Script(emulator.Fault{Body: []byte(`{"total_records":500,"records":[` + strings.Repeat(`7,`, 499) + `7]}`)})
	if got := send(t, gw, envelope(t, `{jobs(first:500){nodes{id}}}`)); len(got.Errors) < 1 || len(got.Errors) > failures[1] {
		t.Errorf("%d errors of an answer", len(got.Errors))
	}
}

// A request is as large as the README says, to the byte, and its headers about so.
func TestReadmeRequestLimits(t *testing.T) {
	t.Parallel()
	gw := start(t, "--demo")
	numbers := readmeLimits(t)["a request"]
	if len(numbers) != 3 {
		t.Fatalf("%v", numbers)
	}
	body, headers := numbers[0]<<10, numbers[1]<<10
	const query = `{"query":"{__typename}","x":""}`
	padded := func(n int) string { return query[:len(query)-2] + strings.Repeat("x", n-len(query)) + `"}` }
	for _, tc := range []struct {
		body, header, status int
	}{
		{body, 0, http.StatusOK},
		{body + 1, 0, http.StatusRequestEntityTooLarge},
		{len(query), headers - 1<<10, http.StatusOK},
		{len(query), headers + 8<<10, http.StatusRequestHeaderFieldsTooLarge}, // net/http lets 4 KiB more pass
	} {
		if got := send(t, gw, padded(tc.body), "X-Padding", strings.Repeat("x", tc.header)); got.status != tc.status {
			t.Errorf("a body of %d and a header of %d bytes: %d, want %d", tc.body, tc.header, got.status, tc.status)
		}
	}
}

// A token and the query of a GET are as long as the README says.
func TestReadmeLengths(t *testing.T) {
	t.Parallel()
	gw := start(t, "--demo")
	limits := readmeLimits(t)
	tokens, queries := limits["a token"], limits["the query of a GET"]
	if len(tokens) != 1 || len(queries) != 1 {
		t.Fatalf("%v, %v", tokens, queries)
	}
	for n, status := range map[int]int{tokens[0]: http.StatusOK, tokens[0] + 1: http.StatusUnauthorized} {
		if got := send(t, gw, envelope(t, `{__typename}`), "Authorization", "Bearer "+strings.Repeat("x", n)); got.status != status {
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

// An operation makes as many calls as the README says, so many of them at once, and an answer of the Jobs API is read up to
// the size that it says.
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
	gw := start(t, "--upstream-url", api.URL)
	var query strings.Builder
	for i := range 3 { // a dataset is a call
		query.WriteString(" a" + strconv.Itoa(i) + ":datasets(ids:[")
		for j := range 100 {
			query.WriteString(strconv.Itoa(1000*(i+1)+j) + " ")
		}
		query.WriteString("]){latestJob{id}}")
	}
	got := send(t, gw, envelope(t, "{"+query.String()+"}"))
	if got.code() != "REQUEST_LIMIT_EXCEEDED" || total != calls[0] || most != calls[1] {
		t.Errorf("%d calls, %d at once: %s", total, most, got.code())
	}
	for size, want := range map[int]string{answers[0] << 20: "", answers[0]<<20 + 1: "UPSTREAM_BAD_RESPONSE"} {
		mu.Lock()
		length = size
		mu.Unlock()
		if got := send(t, gw, envelope(t, `{jobs(first:1){nodes{id}}}`)); got.code() != want {
			t.Errorf("an answer of %d bytes: %q", size, got.code())
		}
	}
}
