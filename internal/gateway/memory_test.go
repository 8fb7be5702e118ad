package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"jobsgateway/graph/operation"
	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/memory"
	"jobsgateway/restclient"
)

// heavy is a list of as many records of so many bytes as are asked for. Of a list by the tag "cut" the last
// bytes are missing, one by the tag "wrong" is no JSON.
func heavy(size int) http.Handler {
	pad := strings.Repeat("x", size)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
		records := make([]string, max(n, 1))
		for i := range records {
			records[i] = fmt.Sprintf(`{"job_id":"%08d-0000-4000-8000-000000000000","state":"running","type":"x","created_at":"2024-01-01T00:00:00.%06d",`+
				`"updated_at":"2024-01-01T00:00:00","executor":"e\"%s","result":{"pad":"%s"}}`, i, 999_999-i, pad[:size/2], pad[:size/2])
		}
		body := []byte(fmt.Sprintf(`{"total_records":%d,"records":[%s]}`, n, strings.Join(records, ",")))
		if strings.HasPrefix(r.URL.Path, "/jobs/") {
			body = []byte(records[0])
		}
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Query().Get("tag") {
		case "cut":
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			body = body[:len(body)-10]
		case "wrong":
			body[len(body)/2] = '}'
		}
		_, _ = w.Write(body)
	})
}

// newHeavyGateway is a gateway over a list of heavy records with a memory of its own.
func newHeavyGateway(t *testing.T, size int, total, most int64) (*testGateway, *memory.Memory) {
	t.Helper()
	lent := memory.New(total, true)
	upstream := clienttest.New(t, heavy(size), func(c *restclient.Config) {
		c.Token, c.MaxBody, c.Account = TokenFrom, 8<<20, operation.AccountOf
	})
	gw := startGateway(t, func(s *setup) {
		s.config.Memory, s.config.MaxOperation, s.config.Upstream = lent, most, upstream
		s.config.Limits.Cost, s.config.Calls = 1_000_000, operation.Limits{Calls: 200, Concurrency: 64}
	})
	return gw, lent
}

const noLimit = int64(1) << 40

// A page that has no room is an error of its field, as a call beyond the budget is, and the other fields stay.
func TestPageBeyondTheLimit(t *testing.T) {
	t.Parallel()
	gw, _ := newHeavyGateway(t, 60_000, noLimit, 1<<20)
	got := gw.post(`{ a: jobs(first: 2) { nodes { id } } b: jobs(first: 50) { nodes { raw } } c: __typename
		d: job(id: "00000000-0000-4000-8000-000000000000") { id } }`, nil)
	const want = `{"a":{"nodes":[{"id":"00000000-0000-4000-8000-000000000000"},{"id":"00000001-0000-4000-8000-000000000000"}]},` +
		`"b":null,"c":"Query","d":{"id":"00000000-0000-4000-8000-000000000000"}}`
	if string(got.data) != want || len(got.errors) != 1 || got.status != http.StatusOK {
		t.Fatalf("%d %.2000s", got.status, got.body)
	}
	err := got.errors[0]
	if got.code() != "REQUEST_LIMIT_EXCEEDED" || err.Extensions["retryable"] != false || fmt.Sprint(err.Path) != "[b]" ||
		!strings.Contains(err.Message, "more than 1MiB of memory") || !strings.Contains(err.Message, "--max-operation-bytes") {
		t.Errorf("%+v", err)
	}
}

// Whatever its elements are like, an answer holds not much more than it may: also where each is so long that it
// never fits into what is left of a chunk, and none of its values so long that it stays where it is.
func TestAnswerOfLongElements(t *testing.T) {
	t.Parallel()
	const most = 3 << 20
	selection := ""
	for i := range 15 {
		selection += fmt.Sprintf(" r%d: raw", i)
	}
	for _, size := range []int{2000, 6000, 11_000, 15_500} {
		gw, _ := newHeavyGateway(t, size, noLimit, most)
		got := gw.post(fmt.Sprintf("{ jobs(first: %d) { nodes { %s } } }", 1_000_000/size, selection), nil)
		if len(got.body) > most || got.code() != "REQUEST_LIMIT_EXCEEDED" {
			t.Errorf("records of %d bytes: an answer of %d bytes, %s", size, len(got.body), got.code())
		}
		gw, _ = newHeavyGateway(t, size, noLimit, most)
		if got := gw.post("{ jobs(first: 2) { nodes {"+selection+" } } }", nil); len(got.errors) > 0 {
			t.Errorf("two records of %d bytes: %v", size, got.errors)
		}
	}
}

// The lists within a record are counted while they are written, as the records of a page are. Not parallel, since it
// reads what the process has allocated.
func TestListsWithinARecordAreCounted(t *testing.T) {
	const most, elements = 4 << 20, 300_000
	for member, element := range map[string]string{"failures": `{}`, "tags": `"abcdefghijklmnopqrst"`} {
		record := fmt.Sprintf(`{"job_id":"00000000-0000-4000-8000-000000000000","state":"failed","type":"x","created_at":"2024-01-01T00:00:00",`+
			`"updated_at":"2024-01-01T00:00:00",%q:[%s]}`, member, strings.Repeat(element+",", elements)+element)
		upstream := clienttest.New(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(record))
		}), func(c *restclient.Config) { c.Token, c.MaxBody, c.Account = TokenFrom, 16<<20, operation.AccountOf })
		gw := startGateway(t, func(s *setup) {
			s.config.Memory, s.config.MaxOperation, s.config.Upstream = memory.New(noLimit, true), int64(len(record))+most, upstream
		})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := gw.post(`{ job(id: "00000000-0000-4000-8000-000000000000") { a: tags b: tags failures { message occurredAt detail } } }`, nil)
		runtime.ReadMemStats(&after)
		if got.code() != "REQUEST_LIMIT_EXCEEDED" || len(got.body) > 1000 {
			t.Errorf("%s: %d bytes, %.300s", member, len(got.body), got.body)
		}
		if took := int64(after.TotalAlloc - before.TotalAlloc); took > 3*int64(len(record))+4*most {
			t.Errorf("%s: %d KiB were taken for a record of %d KiB", member, took>>10, len(record)>>10)
		}
	}
}

// An answer that has no room is never cut: a root field is there as a whole, or it is null with an error. What
// is not copied needs no room.
func TestAnswerBeyondTheLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, selection string
		size, null      int
		most            int64
	}{
		{"copied", "raw", 12_000, 5, 3 << 20},
		{"not copied", "raw", 40_000, 0, 3 << 20},
		{"with escapes", "executor", 40_000, 5, 5 << 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			gw, _ := newHeavyGateway(t, c.size, noLimit, c.most)
			query := "{"
			for i := range 6 {
				query += fmt.Sprintf(" r%d: jobs(first: 50) { nodes { %s } }", i, c.selection)
			}
			got := gw.post(query+"}", nil)
			data := map[string]*struct {
				Nodes []map[string]any `json:"nodes"`
			}{}
			if err := json.Unmarshal(got.data, &data); err != nil || len(data) != 6 {
				t.Fatalf("%v %.300s", err, got.body)
			}
			null := 0
			for name, root := range data {
				switch {
				case root == nil:
					null++
				case len(root.Nodes) != 50:
					t.Errorf("%s has %d nodes", name, len(root.Nodes))
				}
			}
			if null != len(got.errors) || null < min(c.null, 1) || null > c.null {
				t.Errorf("%d are null, with %d errors", null, len(got.errors))
			}
			for _, err := range got.errors {
				if err.Extensions["code"] != "REQUEST_LIMIT_EXCEEDED" || len(err.Path) != 1 || data[err.Path[0].(string)] != nil {
					t.Errorf("%+v", err)
				}
			}
		})
	}
}

// Where others hold the memory, an operation is refused as a whole, as soon as it has waited. Short requests are
// answered that need none.
func TestNoMemoryLeft(t *testing.T) {
	t.Parallel()
	gw, lent := newHeavyGateway(t, 60_000, 16<<20, 8<<20)
	gw.wantFine(gw.post(queryType, nil)) // its document is remembered
	const piece = 100 << 10
	held := map[string]int64{}
	for i := 0; lent.Figures().Held < 13<<20; i++ {
		owner := strconv.Itoa(i % 6)
		if (&memory.Account{Memory: lent, Owner: owner, Limit: noLimit}).Count(stopped(t), piece) == nil {
			held[owner] += piece
		}
	}
	for name, body := range map[string]string{
		"a large page":       envelopeOf(t, `{ a: __typename jobs(first: 50) { nodes { raw } } }`, nil),
		"a request of 60 kB": envelopeOf(t, queryJobs+"#"+strings.Repeat("x", 60_000), nil) + strings.Repeat(" ", 1500),
	} {
		if name == "a request of 60 kB" { // requests have an eighth
			request := memory.Request{Memory: lent, Owner: "request"}
			for request.Count(stopped(t), 10<<10) == nil {
				request.Keep(10 << 10)
			}
			defer request.End()
		}
		got := gw.send(request{body: body})
		if got.status != http.StatusServiceUnavailable || got.code() != "REQUEST_CONCURRENCY_LIMITED" || got.data != nil ||
			got.header.Get("Retry-After") != "1" || got.errors[0].Extensions["retryable"] != true {
			t.Errorf("%s: %d %v %.300s", name, got.status, got.header, got.body)
		}
	}
	gw.wantFine(gw.post(queryType, nil))
	for owner, n := range held {
		lent.Drop(owner, n)
	}
	gw.wantFine(gw.post(`{ jobs(first: 50) { nodes { raw } } }`, nil))
}

// stopped is a context that has ended, so that nothing waits.
func stopped(t *testing.T) context.Context {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	return ctx
}

// Whatever comes of operations, alone and shared, read and left, refused and broken off, at once and in any
// order: all memory is back in the end, and each answer is what it is alone, or says why it is not.
func TestMemoryGoesBack(t *testing.T) {
	t.Parallel()
	gw, lent := newHeavyGateway(t, 20_000, 48<<20, 6<<20)
	queries := []string{
		queryType, `{ jobs(first: 20) { nodes { raw } } }`, `{ jobs(first: 90) { nodes { result { raw } executor } } }`,
		`{ a: jobs(first: 50) { nodes { raw } } b: jobs(first: 51) { nodes { raw } } c: jobs(first: 52) { nodes { raw } } d: jobs(first: 60) { nodes { raw } } }`,
		`{ jobs(first: 3, filter: {tagsAny: ["cut"]}) { nodes { raw } } }`, `{ jobs(first: 3, filter: {tagsAny: ["wrong"]}) { nodes { raw } } }`,
		`{ job(id: "00000000-0000-4000-8000-000000000000") { raw } }`, `{ nothing }`, `{`, `{ jobs(first: 500) { nodes { raw } } }`,
		`{ jobs(first: 1) { nodes { id } } } #` + strings.Repeat("x", 50_000),
	}
	var all sync.WaitGroup
	for worker := range 16 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			for range 12 {
				query := queries[random.IntN(len(queries))]
				ctx, leave := context.WithCancel(t.Context())
				if random.IntN(3) == 0 {
					time.AfterFunc(time.Duration(random.IntN(20))*time.Millisecond, leave)
				}
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, gw.url+"/graphql", strings.NewReader(envelopeOf(t, query, nil)))
				if err != nil {
					t.Error(err)
				}
				req.Header = named("x", fmt.Sprint("token-", worker%3))
				req.Header.Set("Content-Type", "application/json")
				if random.IntN(2) == 0 {
					req.Header.Set("Accept-Encoding", "gzip")
				}
				if res, err := gw.client.Do(req); err == nil {
					_, _ = bytes.NewBuffer(nil).ReadFrom(res.Body)
					_ = res.Body.Close()
				}
				leave()
			}
		})
	}
	all.Wait()
	wantNothingHeld(t, lent)
	got := gw.post(queries[1], nil)
	if gw.wantFine(got); strings.Count(got.body, `"job_id"`) != 20 || strings.Contains(got.body, "##") {
		t.Errorf("%.300s", got.body)
	}
}

// An answer is not compressed where there is no memory to compress it.
func TestCompressionWithoutMemory(t *testing.T) {
	t.Parallel()
	lent := memory.New(8<<20, false)
	gw := startGateway(t, func(s *setup) { s.config.Memory = lent })
	account := &memory.Account{Memory: lent, Owner: tokenA, Limit: noLimit}
	if err := account.Count(stopped(t), 3500<<10); err != nil {
		t.Fatal(err)
	}
	defer account.Drop(3500 << 10)
	got := gw.send(request{body: envelopeOf(t, `{ jobs(first: 50) { nodes { id } } }`, nil), header: http.Header{"Accept-Encoding": {"gzip"}}})
	if gw.wantFine(got); got.header.Get("No-Gzip-Compression") != "" || len(got.body) < minGzip {
		t.Errorf("%v %.100s", got.header, got.body)
	}
}
