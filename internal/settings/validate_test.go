package settings

import (
	"strings"
	"testing"
)

func TestContradictions(t *testing.T) {
	for _, tc := range []struct {
		line    string
		environ string
		head    string // a flag; empty: no error
		part    string
	}{
		{
			"--listen :8081", "", "admin-listen",
			"127.0.0.1:8081 is taken by " + both("listen") + ", which is :8081; use another port",
		},
		{"--listen a:1 --admin-listen A:01", "", "admin-listen", "A:01 is taken by"},
		{"--listen a:1 --admin-listen [::]:1", "", "admin-listen", "[::]:1 is taken by"},
		{"--listen a:1 --admin-listen b:1", "", "", ""},
		{"--listen a:0 --admin-listen a:0", "", "", ""},
		{"--listen : --admin-listen 127.0.0.1:0", "", "listen", `":" has no usable port`},

		{
			"--upstream-timeout 16s", "", "upstream-timeout",
			"16s is above " + both("request-timeout") + ", which is 15s; use at most that or raise it",
		},
		{"--upstream-timeout 15s", "", "", ""},
		{"--upstream-timeout 16s --request-timeout 0s", "", "request-timeout", "0s is out of range"},

		{
			"--default-page-size 21 --max-page-size 20", "", "default-page-size",
			"21 is above " + both("max-page-size") + ", which is 20; use 1 to 20 or raise that",
		},
		{"--default-page-size 20 --max-page-size 20", "", "", ""},
		{
			"--max-operation-bytes 53MiB", "", "max-total-bytes",
			"109051904 is less than twice " + both("max-operation-bytes") + ", which is 55574528; use at least 111149056 or lower that",
		},
		{"--max-operation-bytes 52MiB", "", "", ""},
		{"--max-operation-bytes 1KiB --max-total-bytes 2MiB", "", "max-operation-bytes", "1KiB is out of range"},

		{"--max-page-size 0", "", "max-page-size", "0 is out of range"},

		{
			"--demo --upstream-url http://a", "", "demo",
			"a Jobs API of its own, but " + both("upstream-url") + " is set too; use one of the two",
		},
		{"--demo", "JOBSGW_UPSTREAM_URL=https://api-dev.narrative.io", "demo", "is set too"},
		{"--upstream-url http://a", "JOBSGW_DEMO=true", "demo", "is set too"},
		{"--upstream-url http://a --demo=false", "JOBSGW_DEMO=true", "", ""},
		{"--demo", "JOBSGW_UPSTREAM_URL=", "", ""},
		{"--demo=false", "JOBSGW_UPSTREAM_URL=", "upstream-url", "its value is empty"},

		{"--trusted-documents log", "", "trusted-documents-path", "it is not set, and " + both("trusted-documents") + ", which is log, needs it"},
		{"--trusted-documents-path a", "JOBSGW_TRUSTED_DOCUMENTS=require", "", ""},
		{"--trusted-documents-path a", "", "", ""},

		{"--cors-origins * --cors-origins http://a", "", "cors-origins", `"*" stands beside other origins; use it alone or leave it out`},
		{"--cors-origins none --cors-origins http://a", "", "", ""},
	} {
		_, err := Parse(strings.Fields(tc.line), []string{tc.environ})
		if tc.head != "" {
			expectLine(t, err, both(tc.head)+": ", tc.part)
		} else if err != nil {
			t.Errorf("%s %s: %v", tc.environ, tc.line, err)
		}
	}
}

func TestUnknownVariables(t *testing.T) {
	const lists = "there is no such setting; jobsgateway --help lists the variables"
	for entry, want := range map[string]string{
		"JOBSGW_LISTENS=1":              "did you mean JOBSGW_LISTEN, which is --listen?",
		"JOBSGW_CORS_ORIGIN=*":          "did you mean JOBSGW_CORS_ORIGINS, which is --cors-origins?",
		"JOBSGW_Log_Level=info":         "did you mean JOBSGW_LOG_LEVEL, which is --log-level?",
		"JOBSGW_UPSTREAM_TOKEN=hunter2": "there is no such setting; ",
		"JOBSGW_PORT=9000":              lists,
		"JOBSGW_=1":                     lists,
		"JOBSGW_UPSTREAM_URI=":          "did you mean JOBSGW_UPSTREAM_URL, which is --upstream-url?",
		"JOBSGW_VERSION=true":           "there is no such setting",
		"JOBSGW_SUPPORT=https://a.b":    "there is no such setting",
		// What Kubernetes and Docker set beside services named jobsgw and jobsgw-admin.
		"JOBSGW_SERVICE_HOST=10.0.0.1":      "",
		"JOBSGW_SERVICE_PORT_ADMIN=8081":    "",
		"JOBSGW_PORT=tcp://10.0.0.1:80":     "",
		"JOBSGW_PORT_8080_TCP_ADDR=1.2.3.4": "",
		"JOBSGW_ADMIN_PORT=udp://10.0.0.1":  "",
	} {
		_, err := Parse(nil, []string{entry})
		name, text, _ := strings.Cut(entry, "=")
		if want != "" {
			expectLine(t, err, name+": ", want)
		} else if err != nil {
			t.Errorf("%s: %v", entry, err)
		}
		if err != nil && len(text) > 4 && strings.Contains(err.Error(), text) {
			t.Errorf("%s: the error shows the value: %v", entry, err)
		}
	}
}

// TestSecretsAreNeverShown writes one password in every way that a URL may be mistyped, into every setting.
func TestSecretsAreNeverShown(t *testing.T) {
	flags := settingFlags(t)
	for _, text := range []string{
		"https://user:hunter2@a.b", "ftp://hunter2@a.b", "//user:hunter2@a.b", "user:hunter2@a.b",
		"https://user:hunter2%zz@a.b", "https://user:hunter2/@a.b", "https://user:hunter2\n@a.b",
		"https://user:x?hunter2@a.b", "https://user://hunter2@a.b", "https://u:x@hunter2@a.b",
		"https://u:hunter2,x@a.b", "https://user:hunter2@a.b:x", "https://a.b/?token=hunter2#@",
		"http://a b/?token=hunter2", "/jobs?token=hunter2", "?hunter2", "?hunter2//x@a.b", "?x@a.b/?hunter2",
		"https://a.b/?token=x@hunter2", "https://a.b/#hunter2", "#hunter2", "u:hunter2@a.b?hunter2",
		"https://" + strings.Repeat("u", 2*longestShown) + ":hunter2@a.b",
	} {
		calls := [][2][]string{{{text}, nil}, {{"--no-playground=" + text}, nil}, {nil, {"JOBSGW_NO_SUCH=" + text}}}
		for _, flag := range flags {
			calls = append(calls,
				[2][]string{{"--" + flag + "=" + text}, nil},
				[2][]string{nil, {variable(flag) + "=" + text}})
		}
		for _, call := range calls {
			if _, err := Parse(call[0], call[1]); err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%q: got %v, want an error without the password", call, err)
			}
		}
	}
	// Without an @ nothing tells a password from a port.
	_, err := Parse([]string{"--upstream-url=https://user:hunter2"}, nil)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want an error without the password", err)
	}
}

// TestValuesAreShown: what is no secret is shown, so that nobody has to guess, and in a form that keeps to
// its line.
func TestValuesAreShown(t *testing.T) {
	_, err := Parse(nil, []string{"JOBSGW_LOG_LEVEL=a\nb"})
	expectLine(t, err, both("log-level"), `"a\nb"`)
	_, err = Parse([]string{"--log-format=" + strings.Repeat("é", 2*longestShown)}, nil)
	expectLine(t, err, both("log-format"), `"`+strings.Repeat("é", longestShown)+`…"`)
	_, err = Parse([]string{"--upstream-url", "https://user:pass@a.b/c"}, nil)
	expectLine(t, err, both("upstream-url"), `"https://…@a.b/c"`)
}
