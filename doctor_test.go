package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"jobsgateway/internal/badapi"
	"jobsgateway/internal/emulator"
)

// doctorToken is the token of the doctor's tests. It may be in no output, whatever the API does with it.
const doctorToken = "canary-71d0b6c4e2a94f5f8e6a-Zz/+="

// examined is what the doctor came to.
type examined struct {
	text  string // standard output in one line
	wrong bool
	asked []string // the paths and queries that the API got
}

// examine runs the doctor as the program does, with doctorToken, over an API that is served here.
func examine(t *testing.T, api http.Handler, flags ...string) examined {
	t.Helper()
	var mu sync.Mutex
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.URL.RequestURI())
		mu.Unlock()
		api.ServeHTTP(w, r)
	}))
	defer server.Close()
	got := examineWith(t, []string{"JOBSGW_DOCTOR_TOKEN=" + doctorToken}, append([]string{"--upstream-url=" + server.URL}, flags...)...)
	mu.Lock()
	defer mu.Unlock()
	got.asked = slices.Clone(asked)
	return got
}

// examineWith runs the doctor with these variables and flags, and checks what always holds.
func examineWith(t *testing.T, environ []string, flags ...string) examined {
	t.Helper()
	var out, said strings.Builder
	err := run(t.Context(), append([]string{"doctor"}, flags...), environ, &out, &said)
	if err != nil && !errors.Is(err, errUnwell) {
		t.Fatal(err)
	}
	got := examined{text: strings.Join(strings.Fields(strings.ReplaceAll(out.String(), "> ", "")), " "), wrong: err != nil}
	for i := 0; i+8 <= len(doctorToken); i++ {
		if strings.Contains(strings.ToLower(out.String()+said.String()), strings.ToLower(doctorToken[i:i+8])) {
			t.Errorf("a part of the token is in the output:\n%s%s", out.String(), said.String())
			break
		}
	}
	if said.Len() > 0 || strings.Contains(out.String(), "LEAK") || strings.Contains(out.String(), "\x1b") {
		t.Errorf("%s%s", out.String(), said.String())
	}
	if got.wrong != strings.Contains(out.String(), "  wrong  ") {
		t.Errorf("the error is %v:\n%s", err, out.String())
	}
	// What is not as it should be says what to do.
	for line := range strings.SplitSeq(out.String(), "\n") {
		if len([]rune(line)) > 100 && strings.Count(line, " ") > 20 {
			t.Errorf("a long line: %s", line)
		}
	}
	if marks := strings.Count(out.String(), "  wrong  ") + strings.Count(out.String(), "  note   "); marks != strings.Count(out.String(), " > ") {
		t.Errorf("a finding does not say what to do:\n%s", out.String())
	}
	return got
}

// says is an answer that quotes the token wherever an answer can. A Date is told by how far it is from now.
func says(status int, contentType, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("X-Token", token)
		w.Header().Set("Server", "LEAK")
		for i := 0; i < len(header); i += 2 {
			value := strings.ReplaceAll(header[i+1], "TOKEN", token)
			if away, err := time.ParseDuration(value); header[i] == "Date" && err == nil {
				value = time.Now().Add(away).UTC().Format(http.TimeFormat)
			}
			w.Header().Set(header[i], value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, strings.ReplaceAll(body, "TOKEN", token))
	}
}

// pageWith is a page of these members of records, each with what every record needs.
func pageWith(total int, members ...string) string {
	var all []string
	for i, more := range members {
		all = append(all, fmt.Sprintf(`{"job_id":"job-%d","state":"failed","type":"health_check","created_at":"2026-01-01T00:00:%02d","updated_at":"2026-01-01T00:00:00"%s}`,
			i, 59-i, more))
	}
	return fmt.Sprintf(`{"records":[%s],"total_records":%d}`, strings.Join(all, ","), total)
}

// paged serves a list by offset and per_page.
func paged(total int, members ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var offset, size int
		_, _ = fmt.Sscan(r.URL.Query().Get("offset"), &offset)
		_, _ = fmt.Sscan(r.URL.Query().Get("per_page"), &size)
		whole := strings.Split(strings.TrimSuffix(strings.TrimPrefix(pageWith(0, members...), `{"records":[`), `],"total_records":0}`), "},{")
		some := whole[min(offset, len(whole)):min(offset+size, len(whole))]
		body := strings.Join(some, "},{")
		if len(some) > 0 && offset > 0 {
			body = "{" + body
		}
		if len(some) > 0 && offset+len(some) < len(whole) {
			body += "}"
		}
		says(http.StatusOK, "application/json", fmt.Sprintf(`{"records":[%s],"total_records":%d}`, body, total))(w, r)
	}
}

// Each way in which an API can fail, or differ from what the gateway needs, is told with what to do. Nothing of
// the token or of an answer's body is in the output.
func TestDoctorFindings(t *testing.T) {
	t.Parallel()
	const page, html = "<html><body>LEAK TOKEN</body></html>", "text/html; charset=utf-8"
	problem := `{"detail":"no TOKEN \u001b[31m here","logId":"log-7"}`
	jobs := func(o emulator.Options) http.Handler {
		o.Seed, o.Jobs = 1, max(o.Jobs, 120)
		return emulator.New(o)
	}
	for name, tc := range map[string]struct {
		api   http.Handler
		flags []string
		wrong bool
		calls int
		parts []string
	}{
		"all is right": {jobs(emulator.Options{}), nil, false, 2, []string{
			"ok GET http://127.0.0.1:", "/jobs?order_by=created_at_desc&per_page=1 answered 200 over HTTP/1.1 in", "The list has 120 jobs", "takes any offset", "The clocks", "agree", "All members and words of 51 records are known", "Nothing is wrong.",
		}},
		"small pages":                   {jobs(emulator.Options{}), []string{"--default-page-size=1"}, false, 2, []string{"offset=1&order_by=created_at_desc&per_page=2 answered 200", "takes any offset"}},
		"offsets rounded":               {jobs(emulator.Options{Offsets: emulator.OffsetsFloored}), nil, false, 3, []string{"note The API rounds offset=1 down to a multiple of per_page=50", "more calls"}},
		"offsets refused":               {jobs(emulator.Options{Offsets: emulator.OffsetsRefused}), nil, false, 3, []string{"note The API refuses offset=1 with per_page=50"}},
		"words and members not known":   {jobs(emulator.Options{Drift: true}), []string{"--default-page-size=100"}, false, 2, []string{"does not know: archiving", "not documented: workflow_task", "does not know: placement and priority", "Nothing is wrong, and 4 to note"}},
		"types not as documented":       {paged(2, `,"type":"dance","tags":"TOKEN","ended_at":7`, ""), nil, true, 2, []string{"note Some jobs are of a type that is not documented: dance", "wrong Some members of records are of another type than they should: ended_at and tags"}},
		"an older API":                  {jobs(emulator.Options{Older: true}), nil, false, 2, []string{"note total_records is missing", "takes any offset"}},
		"totals of the page":            {jobs(emulator.Options{Totals: emulator.TotalsOfPage}), nil, false, 2, []string{"note total_records is 1, and the list has at least 51 jobs"}},
		"an empty list":                 {emulator.New(emulator.Records()), nil, false, 1, []string{"note The list is empty for this token"}},
		"one job":                       {paged(1, ""), nil, false, 1, []string{"cannot be seen in a list of one job", "All members and words of 1 record are known", "The list has 1 job for"}},
		"two jobs":                      {paged(2, "", ""), nil, false, 2, []string{"takes any offset"}},
		"a word that is the token":      {paged(2, `,"TOKEN":1,"request_source":{"type":"TOKEN"}`, ""), nil, false, 2, []string{"note Some records have members that the schema does not know.", "note Some jobs have a request source that is not documented."}},
		"members of the page":           {says(200, "application/json", `{"records":[],"TOKEN":1,"total_records":0}`), nil, false, 1, []string{"empty", "note The page has members that are not documented."}},
		"a record that cannot be read":  {says(200, "application/json", `{"records":[{"job_id":7}],"total_records":9}`), nil, true, 2, []string{"wrong Some records are no jobs, for want of: job_id", "could not be seen"}},
		"per_page ignored":              {says(200, "application/json", pageWith(3, "", "", "")), nil, false, 3, []string{"note The API sent 3 records when 1 was asked for", "rounds offset=1"}},
		"order ignored":                 {paged(3, "", `,"created_at":"2026-03-01T00:00:00"`, `,"created_at":"2026-04-01T00:00:00"`), nil, true, 2, []string{"wrong The records are not in the order created_at_desc"}},
		"jobs of the future":            {paged(2, `,"created_at":"2100-01-01T00:00:00"`, ""), nil, false, 2, []string{"note The newest job was created in the future"}},
		"a clock ahead":                 {says(200, "application/json", pageWith(1, ""), "Date", "-1h"), nil, false, 1, []string{"note The clock of this machine is ", "ahead of the API's"}},
		"a clock behind":                {says(401, html, page, "Date", "1h"), nil, true, 1, []string{"behind the API's"}},
		"a cache":                       {says(200, "application/json", pageWith(1, ""), "Age", "3600", "Date", "-1h"), nil, false, 1, []string{"note The answer comes from a cache: it is 3600 seconds old", "agree"}},
		"400":                           {says(400, "application/problem+json", problem), nil, true, 1, []string{"answered 400: the request was refused.", "It says: no [token] [31m here. Its log id", "Its log id is log-7", "--upstream-url"}},
		"204":                           {says(204, "", ""), nil, true, 1, []string{"answered 204, which is no list of jobs."}},
		"422":                           {says(422, "application/json", problem), nil, true, 1, []string{"answered 422: the request was refused.", "/jobs is appended. ok The clocks"}},
		"401":                           {says(401, "application/json", problem), nil, true, 1, []string{"wrong GET", "answered 401", "lacks the permission to read jobs"}},
		"401 for want of permission":    {says(401, "application/json", problem, "Www-Authenticate", `Bearer realm="TOKEN", error="insufficient_scope"`), nil, true, 1, []string{"answered 401: the token may not read jobs", "Give the token the permission"}},
		"401 for a bad token":           {says(401, html, page, "Www-Authenticate", `Bearer error="invalid_token", error_description="TOKEN"`), nil, true, 1, []string{"answered 401: the token is not known, was revoked or has expired. The body is an HTML page", "Make a new token"}},
		"403":                           {says(403, "application/json", problem), nil, true, 1, []string{"answered 403", "permission to read jobs"}},
		"404":                           {says(404, "text/plain", "TOKEN"), nil, true, 1, []string{"answered 404: there is no list of jobs at this address", "to which /jobs is appended"}},
		"429":                           {says(429, "text/plain", "TOKEN", "Retry-After", "17"), nil, true, 1, []string{"answered 429: the token makes too many calls; it asks to wait 17s"}},
		"500 in HTML":                   {says(500, html, page), nil, true, 1, []string{"answered 500", "The body is an HTML page"}},
		"503, once":                     {says(503, "application/json", problem, "Retry-After", "1"), nil, true, 1, []string{"answered 503", "wait 1s", "log-7"}},
		"a redirect":                    {says(302, html, page, "Location", "https://me:LEAK@other.example/TOKEN?token=TOKEN"), nil, true, 1, []string{"answered 302: it redirects to https://other.example, which is not followed", "If the API has moved there"}},
		"a redirect to a login":         {says(302, html, page, "Location", "/login?TOKEN"), nil, true, 1, []string{"redirects to another path", "login"}},
		"a redirect to a slash":         {says(301, html, page, "Location", "/jobs/"), nil, true, 1, []string{"without a slash"}},
		"a redirect to TLS":             {says(308, html, page, "Location", "https://127.0.0.1/jobs"), nil, true, 1, []string{"Begin --upstream-url with https://"}},
		"a redirect to nowhere":         {says(302, html, page), nil, true, 1, []string{"it redirects to no address"}},
		"200 in HTML":                   {says(200, html, page), nil, true, 1, []string{"answered 200 with an HTML page in place of a list", "a page for people"}},
		"another shape":                 {says(200, "application/json", `{"data":["TOKEN"]}`), nil, true, 1, []string{"it is no list of jobs: page has no records", "README"}},
		"no JSON":                       {says(200, "application/json", `TOKEN`), nil, true, 1, []string{"it is no list of jobs: page is not an object"}},
		"too large":                     {says(200, "application/json", pageWith(1, `,"x":"`+strings.Repeat("x", 70_000)+`"`)), []string{"--max-upstream-body=64K"}, true, 1, []string{"answered more than fits", "Raise --max-upstream-body"}},
		"an answer that ends too early": {says(200, "application/json", `{"TOKEN`, "Content-Length", "1000"), nil, true, 1, []string{"was not answered: the connection was closed in the middle of the answer"}},
		"no answer":                     {http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), nil, true, 1, []string{"was not answered: the connection was closed before an answer"}},
		"slow":                          {jobs(emulator.Options{Latency: time.Minute}), []string{"--upstream-timeout=3s"}, true, 1, []string{"was not answered in time", "did not begin to answer within 3s", "raise --upstream-timeout"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := examine(t, tc.api, tc.flags...)
			if got.wrong != tc.wrong {
				t.Errorf("wrong: %t", got.wrong)
			}
			if tc.calls > 0 && len(got.asked) != tc.calls || got.asked[0] != "/jobs?order_by=created_at_desc&per_page=1" {
				t.Errorf("it asked %q", got.asked)
			}
			for _, part := range tc.parts {
				if !strings.Contains(got.text, part) {
					t.Errorf("it does not say %q", part)
				}
			}
			if t.Failed() {
				t.Logf("%s", got.text)
			}
		})
	}
}

// Where there is no way to the API, it says where the way ends, and sends nothing.
func TestDoctorWithoutConnection(t *testing.T) {
	t.Parallel()
	closed := badapi.Refusing(t)
	for url, parts := range map[string][]string{
		"http://" + closed:         {"wrong TCP: " + closed + " refuses connections", "a firewall", "The API was not asked"},
		"http://name.invalid:9/v1": {"wrong DNS", "name.invalid", "note The address begins with http://", "to name.invalid:9 unencrypted", "The API was not asked"},
	} {
		got := examineWith(t, []string{"JOBSGW_DOCTOR_TOKEN=" + doctorToken, "JOBSGW_UPSTREAM_URL=" + url, "JOBSGW_UPSTREAM_TIMEOUT=1s"})
		for _, part := range append(parts, url+", from its variable JOBSGW_UPSTREAM_URL") {
			if !got.wrong || !strings.Contains(got.text, part) {
				t.Errorf("%s: it does not say %q: %s", url, part, got.text)
			}
		}
	}
}

// Without a token that can be used nothing is sent; the word Bearer before it does no harm. Proxies are told by
// the names of their variables.
func TestDoctorToken(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var tokens []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		tokens = append(tokens, r.Header.Get("Authorization"))
		says(http.StatusOK, "application/json", `{"records":[],"total_records":0}`)(w, r)
	}))
	defer server.Close()
	for token, tc := range map[string]struct {
		wrong, sent bool
		part        string
	}{
		"":                                    {false, false, "note There is no token"},
		"  ":                                  {false, false, "note There is no token"},
		doctorToken + "\n":                    {false, true, "The list is empty"},
		"bearer  " + doctorToken:              {false, true, "note The token has the word Bearer before it"},
		"\"" + doctorToken + "\"":             {true, false, "wrong The token has characters that no bearer token has"},
		doctorToken + " " + doctorToken:       {true, false, "wrong The token has characters"},
		strings.Repeat(doctorToken[:8], 2000): {true, false, "or is too long"},
	} {
		mu.Lock()
		tokens = nil
		mu.Unlock()
		got := examineWith(t, []string{"JOBSGW_DOCTOR_TOKEN=" + token, "https_proxy=http://me:" + doctorToken + "@p", "ALL_PROXY=", "HTTP_PROXY=" + doctorToken}, "--upstream-url="+server.URL)
		mu.Lock()
		if got.wrong != tc.wrong || (len(tokens) > 0) != tc.sent || !strings.Contains(got.text, tc.part) {
			t.Errorf("%q: sent %d, %s", token, len(tokens), got.text)
		}
		for _, sent := range tokens {
			if sent != "Bearer "+doctorToken {
				t.Errorf("%q was sent as %q", token, sent)
			}
		}
		mu.Unlock()
		if !strings.Contains(got.text, "note The environment names a proxy (HTTP_PROXY and https_proxy)") {
			t.Errorf("%s", got.text)
		}
	}
}

// It tells which settings are not the default and where they come from, and what is set in vain.
func TestDoctorSettings(t *testing.T) {
	t.Parallel()
	got := examineWith(t, []string{"JOBSGW_MAX_DEPTH=9", "JOBSGW_MAX_COST=7000"}, "--demo", "--max-depth=7")
	for _, part := range []string{
		"ok --demo is true, from the flag.", "note --max-depth is 7, from the flag; JOBSGW_MAX_DEPTH is set, too, and not read.",
		"ok --max-cost is 7000, from its variable JOBSGW_MAX_COST.", "settings have their defaults.", "The list has 20", "takes any offset", // jobs come meanwhile
	} {
		if got.wrong || !strings.Contains(got.text, part) {
			t.Errorf("it does not say %q: %s", part, got.text)
		}
	}
	if strings.Contains(got.text, "narrative") {
		t.Errorf("the demonstration is told to be elsewhere: %s", got.text)
	}
	err := run(t.Context(), []string{"doctor", "--max-depth=0"}, nil, io.Discard, io.Discard)
	if err == nil || errors.Is(err, errUnwell) || !strings.Contains(err.Error(), "--max-depth") {
		t.Errorf("%v", err)
	}
}
