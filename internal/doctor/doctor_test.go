package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"jobsgateway/internal/settings"
	"jobsgateway/restclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// said finds a finding that has a text; it has to be there once.
func said(t *testing.T, found []Finding, text string) Finding {
	t.Helper()
	at := slices.IndexFunc(found, func(f Finding) bool { return strings.Contains(f.Seen, text) })
	if at < 0 {
		t.Fatalf("nothing says %q: %+v", text, found)
	}
	if strings.Contains(fmt.Sprint(found[at+1:]), text) {
		t.Errorf("%q is said twice: %+v", text, found)
	}
	return found[at]
}

// scripted answers its requests in order: a list of ids is a page of such jobs, newest first, and a number a
// status.
func scripted(t *testing.T, script ...string) (base *url.URL, asked *atomic.Int64) {
	t.Helper()
	asked = &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := int(asked.Add(1)) - 1
		w.Header().Set("Content-Type", "application/json")
		if n >= len(script) || script[n] == "400" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		var all []string
		for id := range strings.FieldsSeq(script[n]) {
			all = append(all, fmt.Sprintf(`{"job_id":%q,"state":"failed","type":"t","created_at":"2026-01-01T00:00:00","updated_at":"2026-01-01T00:00:00"}`, id))
		}
		_, _ = fmt.Fprintf(w, `{"records":[%s],"total_records":100}`, strings.Join(all, ","))
	}))
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return base, asked
}

// Which offsets the API takes is seen by two calls, or by three where the list changes meanwhile or something is
// refused.
func TestOffsets(t *testing.T) {
	t.Parallel()
	const honoured, rounded, refused = "takes any offset", "rounds offset=1 down", "refuses offset=1 with per_page=3"
	for name, tc := range map[string]struct {
		script []string
		want   string
		mark   Mark
	}{
		"honoured":                           {[]string{"a", "b c d"}, honoured, OK},
		"honoured, two have left":            {[]string{"a", "d e f"}, honoured, OK},
		"honoured, and one has come":         {[]string{"a", "a b c", "n a b"}, honoured, OK},
		"honoured, and two have come":        {[]string{"a", "n a b", "m n a"}, honoured, OK},
		"rounded":                            {[]string{"a", "a b c", "a b c"}, rounded, Note},
		"rounded, and one has come":          {[]string{"a", "n a b", "n a b"}, rounded, Note},
		"refused":                            {[]string{"a", "400", "a b c"}, refused, Note},
		"refused with any offset":            {[]string{"a", "400", "400"}, "refuses per_page=3", Wrong},
		"another list each time":             {[]string{"a", "a b c", "x y z"}, "could not be seen", Note},
		"nothing there, though there is one": {[]string{"a", ""}, "could not be seen", Note},
	} {
		base, asked := scripted(t, tc.script...)
		found := Examine(t.Context(), Config{
			Settings: settings.Settings{UpstreamURL: base, UpstreamTimeout: time.Minute, MaxUpstreamBody: 1 << 20, DefaultPageSize: 3},
			Token:    "t", IsToken: func(string) bool { return true },
		})
		if f := said(t, found, tc.want); f.Mark != tc.mark || int(asked.Load()) != len(tc.script) {
			t.Errorf("%s: %+v, %d calls", name, f, asked.Load())
		}
	}
}

// A call that takes more than half of its time is worth a note.
func TestSpeed(t *testing.T) {
	t.Parallel()
	began := time.Now()
	at := func(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }
	for ms, mark := range map[int]Mark{500: OK, 501: Note} {
		a := answer{page: &restclient.JobsPage{}, proto: "HTTP/2.0", times: times{began, at(20), at(21), at(300), at(ms)}}
		f := judgeSpeed(answers{base: &url.URL{Scheme: "https", Host: "a.example", Path: "/v1"}, timeout: time.Second}, a)
		if f.Mark != mark || !strings.Contains(f.Seen, "GET https://a.example/v1/jobs?") || !strings.Contains(f.Seen, "over HTTP/2.0 in 50") ||
			!strings.Contains(f.Seen, "20ms for a connection, 280ms until the first byte, 20") {
			t.Errorf("%+v", f)
		}
	}
}

// A certificate is worth a note when a fortnight is left, or a fifth of its life.
func TestValidity(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	now := time.Now()
	for _, tc := range []struct {
		begins, ends time.Duration // from now
		mark         Mark
		text         string
	}{
		{-70 * day, 20 * day, OK, ""},
		{-76*day - time.Hour, 14*day - time.Hour, Note, "13 days"},
		{-4 * day, 2 * day, OK, ""},
		{-5 * day, 25 * time.Hour, Note, "25 hours"},
		{-90 * day, -time.Second, Wrong, "expired"},
		{time.Second, 90 * day, Wrong, "not valid yet"},
	} {
		f, ok := judgeValidity(&x509.Certificate{NotBefore: now.Add(tc.begins), NotAfter: now.Add(tc.ends)}, now)
		if ok != (tc.mark != OK) || f.Mark != tc.mark || !strings.Contains(f.Seen, tc.text) {
			t.Errorf("from %v to %v: %+v", tc.begins, tc.ends, f)
		}
	}
}

// Of several addresses those that take no connection are told; if another does, that is no fault.
func TestDials(t *testing.T) {
	t.Parallel()
	var dials []dial
	for i, err := range []error{nil, syscall.ECONNREFUSED, context.DeadlineExceeded, &net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, errors.New("LEAK")} {
		dials = append(dials, dial{to: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), 443), took: 2 * time.Second, err: err})
	}
	const faults = "192.0.2.1:443 refuses connections, 192.0.2.2:443 did not answer within 2s, 192.0.2.3:443 cannot be reached: no route to host and 192.0.2.4:443 cannot be reached."
	found := judgeDials(dials)
	if said(t, found, "connected to 192.0.2.0:443 (2s).").Mark != OK || said(t, found, faults).Mark != Note {
		t.Errorf("%+v", found)
	}
	if f := said(t, judgeDials(dials[1:]), faults); f.Mark != Wrong {
		t.Errorf("%+v", f)
	}
}

// What DNS says is told by what it means. An address needs no DNS.
func TestLookup(t *testing.T) {
	t.Parallel()
	addresses := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}
	for text, n := range map[string]network{
		"a.example is 192.0.2.1 and 2001:db8::1 (3ms).":                                  {host: "a.example", name: lookup{addresses: addresses, took: 3 * time.Millisecond}},
		"a.example is 192.0.2.1 and 2001:db8::1 and 7 more, which were not tried (3ms).": {host: "a.example", name: lookup{addresses: addresses, more: 7, took: 3 * time.Millisecond}},
		"there is no host named a.example":                                               {host: "a.example", name: lookup{err: &net.DNSError{IsNotFound: true, Name: "LEAK"}}},
		"did not say within 5s where a.example is":                                       {host: "a.example", name: lookup{took: 5 * time.Second, err: &net.DNSError{IsTimeout: true, Err: "LEAK"}}},
		"failed to say where a.example is":                                               {host: "a.example", name: lookup{err: &net.DNSError{Err: "LEAK", Server: "LEAK"}}},
	} {
		if f := said(t, judgeLookup(n), text); (f.Mark == Wrong) != (n.name.err != nil) || (f.Do == "") != (f.Mark == OK) {
			t.Errorf("%+v", f)
		}
	}
	if found := judgeLookup(network{host: "::1", name: lookup{addresses: addresses}}); found != nil {
		t.Errorf("%+v", found)
	}
}

// Tokens are not sent unencrypted without a word, except to this machine.
func TestPlainText(t *testing.T) {
	t.Parallel()
	for address, told := range map[string]bool{
		"http://jobs.example.com": true, "http://10.0.0.1:8080": true, "https://jobs.example.com": false,
		"http://localhost:1": false, "http://127.0.0.1": false, "http://[::1]:8080": false,
	} {
		base, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if found := judgePlainText(base); (len(found) > 0) != told {
			t.Errorf("%s: %+v", address, found)
		}
	}
}

// A report keeps to its width, and nothing in it moves the cursor. Its last line counts.
func TestReport(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	found := []Finding{
		{About: "network", Seen: clean("secret-token-1", "It is well,\x1b[31m\u202e "+strings.Repeat("and well ", 30)+"with SECRET-token-1.")},
		{Wrong, "list", "It is bad.", "Do " + strings.Repeat("this and ", 30) + "that."},
		{Note, "list", "It is so.", "Nothing."},
	}
	if err := Report(&out, found); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for line := range strings.Lines(text) {
		if len(line) > reportWidth+1 || strings.TrimRight(line, " \n")+"\n" != line {
			t.Errorf("%q", line)
		}
	}
	for _, part := range []string{
		"network\n  ok     It is well, [31m ", "\n         and well ", "with [token].\nlist\n  wrong  It is bad.\n         > Do this", "\n           and this ", "\n  note   It is so.\n         > Nothing.\n",
		"\n\n1 thing is wrong, and 1 to note.\n",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
	for want, counts := range map[string][3]int{
		"Nothing is wrong.": {OK: 5}, "Nothing is wrong, and 2 to note.": {Note: 2}, "3 things are wrong.": {Wrong: 3},
	} {
		if got := summary(counts); got != want {
			t.Errorf("%v: %q", counts, got)
		}
	}
	if got := clean("", strings.Repeat("é", maxSentence+1)); got != strings.Repeat("é", maxSentence)+"…" {
		t.Errorf("%d bytes", len(got))
	}
	if got := listed([]string{"a", "b", "c", "d"}, 3); got != "a, b, c and 1 more" {
		t.Error(got)
	}
}
