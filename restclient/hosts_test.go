package restclient

import (
	"net/url"
	"strings"
	"testing"

	"jobsgateway/internal/emulator"
)

// A sentence of the Jobs API that names its own address reaches a caller without it.
func TestUpstreamThatNamesItself(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, emulator.Records())
	host := strings.TrimPrefix(u.url, "http://")
	u.Script(emulator.Fault{Status: 400, Body: []byte(`{"message":"per_page: see http://` + host + `/docs, or ask 127.0.0.1"}`)})
	_, err := u.Jobs(withToken(t.Context(), secret), firstPage)
	if e := wantKind(t, err, KindInvalid); e.Detail != "per_page: see http://[host]/docs, or ask [host]" {
		t.Errorf("it says %q", e.Detail)
	}
}

// A name that is a word counts only with its port.
func TestHostIn(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"http://jobs":                   "jobs at jobs:8080, JOBS.example.com:8080, jobs.example.com",
		"http://jobs:8080":              "jobs at [host], JOBS.example.com:8080, jobs.example.com",
		"https://jobs.example.com":      "jobs at jobs:8080, [host]:8080, [host]",
		"https://jobs.example.com:8080": "jobs at jobs:8080, [host], [host]",
	} {
		address, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		got := hostIn(address).ReplaceAllLiteralString("jobs at jobs:8080, JOBS.example.com:8080, jobs.example.com", "[host]")
		if got != want {
			t.Errorf("%s: %s", base, got)
		}
	}
}
