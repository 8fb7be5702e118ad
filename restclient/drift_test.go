package restclient

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/internal/emulator"
)

// decodePage reads a page, whatever is not as documented.
func decodePage(body []byte, limit int) (*JobsPage, error) { return readPage(body, limit, nil) }

// decodeJob reads a job, whatever is not as documented.
func decodeJob(body []byte) (*Job, error) { return readJob(body, nil) }

// What an answer has that is not documented, or not as documented, is told, each once with its number.
func TestDrift(t *testing.T) {
	t.Parallel()
	source := func(members string) string { return record("x", `"request_source":`+members) }
	for name, test := range map[string]struct {
		body string
		want []Drift
	}{
		"nothing":                {page(record("x", `"company_id":1,"executor":null,"ended_at":"","request_source":{"type":"api_user","user_id":7}`)), nil},
		"all that is documented": {`{"records":[],"total_records":0,"current_page":1,"total_pages":1,"prev_page":null,"next_page":null}`, nil},
		"states": {page(record("x", `"state":"archiving"`), record("x", `"state":"archiving"`), record("x", `"st\u0061te":"Completed"`), record("x", `"state":"f\u0061iled"`)), []Drift{
			{UnknownWord, MemberState, 2, "archiving", ""}, {UnknownWord, MemberState, 1, "Completed", ""},
		}},
		"types": {page(record("x", `"type":"nql-forecast"`), record("x", `"type":"materialize\u002dview"`), record("x", `"type":"nql"`)), []Drift{
			{UnknownWord, MemberType, 1, "nql", ""},
		}},
		"sources": {page(source(`{ "type" : "process" }`), source(`{"name":"x","type":"proce\u0073s"}`), source(`{"type":"process2"}`), source(`{"type":7}`), source(`{"type":""}`), source(`{}`)), []Drift{
			{UnknownWord, MemberRequestSource, 1, "process2", ""}, {UnknownWord, MemberRequestSource, 1, "", ""},
		}},
		"members": {page(record("x", `"priority":7,"place\u006dent":{"zones":[]}`), record("x", `"priority":null`)), []Drift{
			{UnknownMember, 0, 2, "priority", ""}, {UnknownMember, 0, 1, "", ""},
		}},
		"members of the page": {`{"cursor":"abc","records":[],"total_records":0}`, []Drift{{UnknownPageMember, 0, 1, "cursor", ""}}},
		"types of members": {page(record("x", `"ended_at":7,"failures":{},"data_plane_id":[],"request_source":"x","tags":"a,b","executor":{},"idempotency_key":1`), record("x", `"input":[],"result":"x"`)), []Drift{
			{MistypedMember, MemberEndedAt, 1, "", ""},
			{MistypedMember, MemberFailures, 1, "", ""},
			{MistypedMember, MemberDataPlane, 1, "", ""},
			{MistypedMember, MemberRequestSource, 1, "", ""},
			{MistypedMember, MemberTags, 1, "", ""},
			{MistypedMember, memberExecutor, 1, "", ""},
			{MistypedMember, memberIdempotencyKey, 1, "", ""},
		}},
		"records left out": {page(`7`, `{}`, record("x", `"created_at":"yesterday"`), record("x", `"state":"new","type":""`)), []Drift{
			{LeftOutElement, 0, 1, "", ""}, {LeftOutRecord, MemberID, 1, "", ""}, {LeftOutRecord, MemberCreatedAt, 1, "", ""}, {LeftOutRecord, MemberType, 1, "", ""},
		}},
		"no total": {`{"records":[],"total_records":"many"}`, []Drift{{UntoldTotal, 0, 1, "", ""}}},
		"what is no word": {page(
			record("x", `"1":0,"7f3e9a1c2b":0,"a1b2c3d4":0,"`+strings.Repeat("m", 41)+`":0,"<b>":0,"a\nb":0,"müller":0,"":0,"state":"4111 1111 1111 1111"`),
			record("x", `"`+strings.Repeat("m", 40)+`":0`)), []Drift{
			{UnknownMember, 0, 8, "", ""}, {UnknownWord, MemberState, 1, "", ""}, {UnknownMember, 0, 1, strings.Repeat("m", 40), ""},
		}},
	} {
		u := newUpstream(t, emulator.Records())
		l := &drifting{}
		u.Client = newClient(t, u.url, func(c *Config) { c.Observer = l })
		u.Script(answering(test.body))
		if _, err := u.Jobs(withToken(t.Context(), secret), firstPage); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := map[string]int{}
		for _, d := range l.drifts {
			got[fmt.Sprint(d.Sign, d.Member, d.Spelling)] += d.Count
		}
		want := map[string]int{}
		for _, d := range test.want {
			want[fmt.Sprint(d.Sign, d.Member, d.Spelling)] = d.Count
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +told):\n%s", name, diff)
		}
	}
}

// drifting is an observer that notes drifts.
type drifting struct {
	listener

	drifts []Drift
}

func (l *drifting) Drifted(_ context.Context, d Drift) { l.drifts = append(l.drifts, d) }

// A word that has a part of the caller's token is not told, however it is written.
func TestDriftOfToken(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"queued": "queued", "tokA-": "tokA-", "token-of-somebody": "", "TOKEN-OF": "", "x.en-of-som": "", "token-o": "token-o",
	} {
		if got := (Drift{Spelling: word, token: "token-of-somebody"}).Word(); got != want {
			t.Errorf("%s: %q", word, got)
		}
	}
}

// However many words an answer has, what is kept of them is bounded, and all are counted.
func TestManyDrifts(t *testing.T) {
	t.Parallel()
	var records []string
	for i := range 400 {
		name := strings.Map(func(r rune) rune { return r - '0' + 'a' }, fmt.Sprintf("%04d", i))
		records = append(records, record("x", `"`+name+`":1,"state":"s`+name+`"`))
	}
	d := &drifts{}
	if _, err := readPage([]byte(page(records...)), MaxPerPage, d); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, found := range d.found {
		sum += found.Count
	}
	if len(d.found) > maxDrifts+2 || sum != 800 {
		t.Errorf("%d kept, %d counted", len(d.found), sum)
	}
	// Of an answer that is no JSON nothing is told, and looking for drift changes nothing of what is read.
	d = &drifts{}
	if _, err := readJob([]byte(record("x", `"state":"new"`)+"}"), d); err == nil || len(d.found) != 0 {
		t.Errorf("%v %v", err, d.found)
	}
}

// BenchmarkDrift is a page that is read with an eye on what is not documented, and without: of an API that keeps to
// its document, and of one that does not.
func BenchmarkDrift(b *testing.B) {
	for _, drift := range []bool{false, true} {
		body := pageOf(b, emulator.Options{Seed: 1, End: historyEnd, Drift: drift})
		for _, looks := range []bool{false, true} {
			b.Run(fmt.Sprintf("drift=%t/looks=%t", drift, looks), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					var d *drifts
					if looks {
						d = &drifts{}
					}
					if _, err := readPage(body, MaxPerPage, d); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
