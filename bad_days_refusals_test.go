package main

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"jobsgateway/internal/badapi"
)

// startWitness listens on a port, and counts who comes.
func startWitness(t *testing.T) (address string, connections *atomic.Int64) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connections = &atomic.Int64{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-ended
	})
	return l.Addr().String(), connections
}

// A64: no redirect is followed, wherever it leads, and nothing is asked twice. The log says where it leads, by
// scheme and host alone.
func TestRedirects(t *testing.T) {
	t.Parallel()
	elsewhere, connections := startWitness(t)
	_, port, _ := strings.Cut(elsewhere, ":")
	const another = "it redirects to another path"
	for location, logged := range map[string]string{
		"/other/LEAK":                        another,
		"LEAK":                               another,
		"?page=LEAK":                         another,
		"own":                                "it redirects to own", // a loop
		"http://" + elsewhere + "/LEAK":      "it redirects to http://" + elsewhere,
		"https://" + elsewhere + "/LEAK":     "it redirects to https://" + elsewhere,
		"//" + elsewhere + "/LEAK":           "it redirects to " + elsewhere,
		"http://localhost:" + port + "/LEAK": "it redirects to http://localhost:" + port,
		"http://evil.localhost:" + port + "/LEAK": "it redirects to http://evil.localhost:" + port,
		"//evil.example/LEAK":                     "it redirects to evil.example",
		"http://LEAK@" + elsewhere + "/":          "it redirects to http://" + elsewhere,
		"file:///LEAK":                            another,
		"gopher://" + elsewhere + "/LEAK":         "it redirects elsewhere",
		"http://%zz/LEAK":                         "it redirects elsewhere",
		"":                                        "it redirects to no address",
	} {
		t.Run(location, func(t *testing.T) {
			t.Parallel()
			d := startBadDay(t)
			to := strings.Replace(location, "own", d.URL, 1)
			header := []string{"Refresh: 0; url=http://" + elsewhere, "Link: <http://" + elsewhere + ">; rel=next"}
			if location != "" {
				header = append(header, "Location: "+to)
			}
			for i, status := range []int{300, 301, 302, 303, 305, 307, 308, 399} {
				before := d.Answer(badapi.Status(status, header...))
				if got := d.ask(t, canaryA); got.code != "UPSTREAM_REJECTED" {
					t.Errorf("%d: %s", status, got.text)
				}
				if n := len(d.Since(before)); n != 1 {
					t.Errorf("%d: %d requests", status, n)
				}
				line := d.log.With("upstream call failed")[i]
				want := strings.Replace(logged, "own", d.URL, 1) + "; the base address may be wrong"
				if text := line["error"].(string); !strings.Contains(text, want) || line["level"] != "WARN" {
					t.Errorf("%d: %v", status, line)
				}
			}
			if n := connections.Load(); n != 0 {
				t.Errorf("the other listener saw %d connections", n)
			}
			d.Answer(nil)
			if got := d.ask(t, canaryA); got.code != "" {
				t.Error(got.text)
			}
			d.untilQuiet(t, 1)
			d.wantCleanLog(t)
		})
	}
}

// A66: a refused request is the caller's error, with the sentence of the Jobs API. The catalogue has no byte of an
// answer in an error; but this sentence says which argument is wrong, and was written for the caller, who has the
// token. It is one plain sentence, without the token, the API's address, or markup.
func TestRefusals(t *testing.T) {
	t.Parallel()
	d := startBadDay(t)
	host := strings.TrimPrefix(d.URL, "http://")
	const refused = "The Jobs API refused the request"
	for body, want := range map[string]string{
		`{"message":"per_page must be <= 500"}`:                    refused + ": per_page must be <= 500",
		`{"message":"no ` + canaryA + ` here"}`:                    refused + ": no [token] here",
		`{"message":"see ` + d.URL + `/docs"}`:                     refused + ": see http://[host]/docs",
		`{"message":"see ` + strings.ToUpper(host) + `"}`:          refused + ": see [host]",
		`{"message":"<pre>LEAK</pre>"}`:                            refused + ".",
		`{"message":{"LEAK":1}}`:                                   refused + ".",
		`{"LEAK":"LEAK"}`:                                          refused + ".",
		`{"message":"a\u0000b\r\nc"}`:                              refused + ": a b  c",
		`{"message":"` + strings.Repeat("y", 290) + canaryA + `"}`: refused + ": " + strings.Repeat("y", 290) + "[token]",
		`{"message":"` + strings.Repeat("y", 100_000) + `LEAK"}`:   refused + ".", // more than is read
		`{"message":"` + strings.Repeat("y", 1000) + `LEAK"}`:      refused + ": " + strings.Repeat("y", 299) + "…",
		`["LEAK"]`: refused + ".", `"LEAK"`: refused + ".", "LEAK": refused + ".", "": refused + ".",
	} {
		for _, status := range []int{400, 422, 418} {
			before := d.Answer(badapi.StatusWith(status, "application/json", body))
			text, errors, _ := d.query(t, canaryA, oneCall)
			if len(errors) != 1 || errors[0].Message != want || errors[0].Extensions["code"] != "UPSTREAM_REJECTED" {
				t.Errorf("%d %.100s: %s", status, body, text)
			}
			if n := len(d.Since(before)); n != 1 {
				t.Errorf("%d %.100s: %d requests", status, body, n)
			}
		}
	}
	d.untilQuiet(t, 1)
	d.wantCleanLog(t)
}

// A46, A47, A63 and the 5xx show nothing of the answer's body, and none of its header.
func TestSilentRefusals(t *testing.T) {
	t.Parallel()
	d := startBadDay(t)
	for status, code := range map[int]string{
		401: "UNAUTHENTICATED", 403: "FORBIDDEN", 404: "UPSTREAM_REJECTED", 408: "UPSTREAM_TIMEOUT", 500: "UPSTREAM_UNAVAILABLE",
	} {
		before := d.Answer(badapi.StatusWith(status, "application/json", `{"message":"LEAK","detail":"LEAK","logId":"id-7"}`, "X-Request-Id: LEAK",
			"Set-Cookie: LEAK=1", `WWW-Authenticate: Bearer realm="LEAK"`, "Server: LEAK", "Traceparent: LEAK"))
		text, errors, _ := d.query(t, canaryA, oneCall)
		if len(errors) != 1 || errors[0].Extensions["code"] != code || errors[0].Extensions["upstreamLogId"] != "id-7" {
			t.Errorf("%d: %s", status, text)
		}
		if n := len(d.Since(before)); n != 1 {
			t.Errorf("%d: %d requests", status, n)
		}
	}
	d.untilQuiet(t, 1)
	d.wantCleanLog(t)
}
