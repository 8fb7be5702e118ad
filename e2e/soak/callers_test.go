//go:build e2e

package soak_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"
)

// caller is one client with one connection, of one tenant.
type caller struct {
	tenant  int
	address string // of the gateway
	client  *http.Client
	api     *api
	tally   *tally

	after string          // the cursor of its walk through the list; empty at the start
	seen  map[string]bool // the jobs of this walk
}

func newCaller(n int, address string, a *api, t *tally) *caller {
	return &caller{
		tenant: n % tenants, address: address, api: a, tally: t, seen: map[string]bool{},
		client: &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1, ResponseHeaderTimeout: 20 * time.Second}},
	}
}

// The kinds of requests, and how many of a hundred they are.
var mix = []struct {
	of   int
	send func(*caller, context.Context)
}{
	{25, (*caller).list},
	{20, (*caller).walk},
	{12, (*caller).board},
	{8, (*caller).lookUp},
	{12, (*caller).trivial},
	{3, (*caller).introspect},
	{6, (*caller).refused},
	{4, (*caller).malformed},
	{5, (*caller).leave},
	{2, (*caller).readSlowly},
	{1, (*caller).sendHalf},
	{2, (*caller).arrival},
}

// one sends one request of the mix.
func (c *caller) one(ctx context.Context) {
	drawn := rand.IntN(100)
	for _, kind := range mix {
		if drawn -= kind.of; drawn < 0 {
			kind.send(c, ctx)
			return
		}
	}
}

const jobFields = `id state executor createdAt input { raw } failures { message }`

func (c *caller) list(ctx context.Context) {
	data := c.ask(ctx, `query($n: Int, $o: Int) { jobs(first: $n, offset: $o) { totalCount nodes { `+jobFields+` } } }`,
		map[string]any{"n": 1 + rand.IntN(jobs), "o": rand.IntN(2) * rand.IntN(jobs)})
	if data != nil && !strings.Contains(string(data), markOf(c.tenant)) && !strings.Contains(string(data), `"nodes":[]`) {
		c.tally.complainf("a page without a mark: %.500s", data)
	}
}

// walk asks for the next page of a walk through the list. No job comes twice in it.
func (c *caller) walk(ctx context.Context) {
	variables := map[string]any{}
	if c.after != "" {
		variables["after"] = c.after
	}
	data := c.ask(ctx, `query($after: String) { jobs(first: 13, after: $after) { nodes { id executor } pageInfo { hasNextPage endCursor } } }`, variables)
	var page struct {
		Jobs struct {
			Nodes []struct {
				ID string `json:"id"`
			} `json:"nodes"`
			PageInfo struct {
				HasNextPage bool   `json:"hasNextPage"`
				EndCursor   string `json:"endCursor"`
			} `json:"pageInfo"`
		} `json:"jobs"`
	}
	if data == nil || json.Unmarshal(data, &page) != nil {
		return // the same page again, another time
	}
	for _, node := range page.Jobs.Nodes {
		if c.seen[node.ID] {
			c.tally.complainf("job %s comes twice in a walk", node.ID)
		}
		c.seen[node.ID] = true
	}
	if c.after = page.Jobs.PageInfo.EndCursor; !page.Jobs.PageInfo.HasNextPage {
		if len(c.seen) < jobs {
			c.tally.complainf("a walk through the list has seen %d of at least %d jobs", len(c.seen), jobs)
		}
		c.after, c.seen = "", map[string]bool{}
	}
}

func (c *caller) board(ctx context.Context) {
	if rand.IntN(2) == 0 {
		c.ask(ctx, `{ jobs(first: 12, offset: 5) { nodes { id executor dataset { id jobs(first: 3) { nodes { id executor } } latestJob(filter: {states: [FAILED]}) { id executor } } } } }`, nil)
		return
	}
	ids := []string{}
	for n := range datasets {
		ids = append(ids, fmt.Sprint(datasetOf(c.tenant, n)), fmt.Sprint(datasetOf((c.tenant+1)%tenants, n))) // a neighbour's, too
	}
	c.ask(ctx, `query($ids: [ID!]!) { datasets(ids: $ids) { id latestJob { id executor state } } }`, map[string]any{"ids": ids})
}

func (c *caller) lookUp(ctx context.Context) {
	own, foreign := idOf(c.tenant, 1+rand.IntN(jobs)), idOf((c.tenant+1)%tenants, 1)
	if rand.IntN(2) == 0 {
		if data := c.ask(ctx, `query($id: ID!) { job(id: $id) { `+jobFields+` } }`, map[string]any{"id": foreign}); data != nil && string(data) != `{"job":null}` {
			c.tally.complainf("a neighbour's job: %s", data)
		}
		return
	}
	c.ask(ctx, `query($of: [_Any!]!) { _entities(representations: $of) { __typename ... on Job { `+jobFields+` } ... on Dataset { id latestJob { id executor } } } }`,
		map[string]any{"of": []any{
			map[string]any{"__typename": "Job", "id": own},
			map[string]any{"__typename": "Dataset", "id": fmt.Sprint(datasetOf(c.tenant, rand.IntN(datasets)))},
			map[string]any{"__typename": "Planet", "id": "1"},
		}})
}

func (c *caller) trivial(ctx context.Context) { c.ask(ctx, `{ __typename }`, nil) }

func (c *caller) introspect(ctx context.Context) {
	c.ask(ctx, `{ __schema { types { name kind fields { name args { name } type { name kind ofType { name } } } } } }`, nil)
}

func (c *caller) refused(ctx context.Context) {
	c.ask(ctx, []string{
		`{`, `{ nothing }`, `{ jobs(first: 501) { totalCount } }`, `{ jobs(first: "x") { totalCount } }`, `{ jobs(after: "AAAA") { totalCount } }`,
		`query($x: Int!) { jobs(first: $x) { totalCount } }`, `mutation { x }`, `{` + strings.Repeat(`jobs { nodes { dataset {`, 6) + `id` + strings.Repeat("}}}", 6) + `}`,
		"{" + strings.Repeat(" __typename", 600) + "}", `{ jobs(filter: {states: [UNKNOWN]}) { totalCount } }`, `{ a: jobs(first: 500) { nodes { dataset { jobs(first: 500) { nodes { id } } } } } }`,
	}[rand.IntN(11)], nil)
}

// malformed sends what is no GraphQL over HTTP, or has no usable token.
func (c *caller) malformed(ctx context.Context) {
	header := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + tokenOf(c.tenant)}}
	body := fmt.Sprintf(`{"query":%q}`, `{ jobs(first: 1) { nodes { id } } }`)
	switch rand.IntN(6) {
	case 0:
		body = `{"query":`
	case 1:
		header.Set("Content-Type", "text/plain")
	case 2:
		header.Del("Authorization")
	case 3:
		header.Set("Authorization", "Bearer a b")
	case 4:
		header["Authorization"] = []string{"Bearer " + tokenOf(c.tenant), "Bearer " + tokenOf((c.tenant+1)%tenants)}
	case 5:
		body = "[" + body + "]"
	}
	c.post(ctx, header, body)
}

// leave asks, and does not wait for the answer.
func (c *caller) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(rand.IntN(5000))*time.Microsecond)
	defer cancel()
	c.board(ctx)
}

// arrival lets a job arrive.
func (c *caller) arrival(ctx context.Context) {
	c.api.arrive(c.tenant)
	c.list(ctx)
}

// readSlowly reads an answer of some hundred kilobytes in pieces, by a connection of its own.
func (c *caller) readSlowly(ctx context.Context) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.address)
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	body := `{"query":"{ a: jobs(first: 60) { nodes { raw } } b: jobs(first: 59) { nodes { raw } } c: jobs(first: 58) { nodes { raw } } }"}`
	_, _ = fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		tokenOf(c.tenant), len(body), body)
	text := strings.Builder{}
	for piece := make([]byte, 4<<10); ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
		n, err := conn.Read(piece)
		text.Write(piece[:n])
		if err != nil {
			break
		}
	}
	_, answer, _ := strings.Cut(text.String(), "\r\n\r\n")
	if ctx.Err() != nil {
		return
	}
	if strings.Contains(text.String(), "Transfer-Encoding: chunked") || answer == "" {
		c.tally.complainf("a slow reader got %.200s", text.String())
		return
	}
	c.tally.note(c.tenant, 200, answer)
}

// sendHalf leaves in the middle of its request.
func (c *caller) sendHalf(ctx context.Context) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.address)
	if err != nil {
		return
	}
	_, _ = fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: 100000\r\n\r\n{", tokenOf(c.tenant))
	_ = conn.Close()
	c.tally.count(&c.tally.left)
}

// ask sends a query, and returns the data; nil if there is an error, or no answer.
func (c *caller) ask(ctx context.Context, query string, variables map[string]any) json.RawMessage {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		panic(err)
	}
	header := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + tokenOf(c.tenant)}}
	if rand.IntN(2) == 0 {
		header.Set("Accept", "application/graphql-response+json")
	}
	return c.post(ctx, header, string(body))
}

// post sends a request. A caller who has not left gets an answer.
func (c *caller) post(ctx context.Context, header http.Header, body string) json.RawMessage {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.address+"/graphql", strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	req.Header = header
	res, err := c.client.Do(req)
	var text []byte
	if err == nil {
		defer res.Body.Close()
		text, err = io.ReadAll(res.Body)
	}
	switch {
	case ctx.Err() != nil:
		c.tally.count(&c.tally.left)
		return nil
	case err != nil:
		c.tally.complainf("no answer: %v", err)
		return nil
	}
	return c.tally.note(c.tenant, res.StatusCode, string(text))
}
