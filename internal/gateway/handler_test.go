package gateway

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

func TestMethods(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodTrace, http.MethodHead, "QUERY"} {
		got := gw.send(request{method: method, header: http.Header{"X-Secret": {marker}}})
		if got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "GET, POST, OPTIONS" {
			t.Errorf("%s: %d, Allow %q", method, got.status, got.header.Get("Allow"))
		}
		if method == http.MethodHead {
			if got.body != "" {
				t.Errorf("HEAD has a body: %q", got.body)
			}
			continue
		}
		if got.code() != "METHOD_NOT_ALLOWED" || got.data != nil || strings.Contains(got.body, marker) {
			t.Errorf("%s: %s", method, got.body)
		}
	}
	if got := gw.send(request{method: http.MethodOptions}); got.status != http.StatusNoContent || got.header.Get("Allow") != "GET, POST, OPTIONS" {
		t.Errorf("OPTIONS: %d, Allow %q", got.status, got.header.Get("Allow"))
	}
	if n := gw.jobs.Total(); n != 0 {
		t.Errorf("%d upstream calls", n)
	}
}

// bodyOfSize is an envelope of exactly n bytes.
func bodyOfSize(n int) string {
	const frame = `{"query":"{__typename}","x":""}`
	return frame[:len(frame)-2] + strings.Repeat("a", n-len(frame)) + `"}`
}

func TestBodySize(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	const most = 64 << 10
	gw.wantFine(gw.send(request{body: bodyOfSize(most)}))
	got := gw.send(request{body: bodyOfSize(most + 1)})
	gw.wantRefused(got, http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE")

	head := "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	chunked := func(body string) string {
		return fmt.Sprintf("%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", head, len(body), body)
	}
	gw.wantFine(gw.sendBytes(chunked(bodyOfSize(most))))
	got = gw.sendBytes(chunked(bodyOfSize(most + 1)))
	gw.wantRefused(got, http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE")
	if !got.closes {
		t.Error("the connection of a chunked body that is too large stays open")
	}

	// Only the head comes: the answer waits for no body, and the connection is not kept for one.
	conn := gw.dial()
	if _, err := io.WriteString(conn, head+"Content-Length: 10737418240\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	got = gw.receive(conn)
	gw.wantRefused(got, http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE")
	if !got.closes {
		t.Error("the connection stays open for 10 GiB")
	}

	got = gw.sendBytes(head + "Transfer-Encoding: chunked\r\n\r\nnope\r\n")
	gw.wantRefused(got, http.StatusBadRequest, "BAD_REQUEST")
}

// Whoever sends all of its body before it reads anything gets its refusal, whatever that is for, and no
// reset.
func TestLongBodiesAreRead(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	const length = 6 << 20 // more than what the system keeps of a connection that nobody reads
	long := bodyOfSize(length)
	head := func(method, path, contentType, size string) string {
		return method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: " + contentType + "\r\n" + size + "\r\n\r\n"
	}
	whole := fmt.Sprintf("Content-Length: %d", length)
	chunks := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", length, long)
	for name, tc := range map[string]struct {
		text   string
		status int
		code   string
	}{
		"too large":          {head("POST", "/graphql", "application/json", whole) + long, 413, "PAYLOAD_TOO_LARGE"},
		"too large, chunked": {head("POST", "/graphql", "application/json", "Transfer-Encoding: chunked") + chunks, 413, "PAYLOAD_TOO_LARGE"},
		"of another type":    {head("POST", "/graphql", "text/plain", whole) + long, 415, "UNSUPPORTED_MEDIA_TYPE"},
		"chunked, of another type": {
			head("POST", "/graphql", "text/plain", "Transfer-Encoding: chunked") + chunks, 415, "UNSUPPORTED_MEDIA_TYPE",
		},
		"by another method":  {head("PUT", "/graphql", "application/json", whole) + long, 405, "METHOD_NOT_ALLOWED"},
		"at no path":         {head("POST", "/nowhere", "application/json", whole) + long, 404, "NOT_FOUND"},
		"with a wrong token": {head("POST", "/graphql", "application/json", "Authorization: Basic x\r\n"+whole) + long, 401, "UNAUTHENTICATED"},
	} {
		conn := gw.dial()
		if _, err := io.WriteString(conn, tc.text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		reader := bufio.NewReader(conn)
		res, err := http.ReadResponse(reader, &http.Request{Method: http.MethodPost})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := gw.read(res)
		gw.wantRefused(got, tc.status, tc.code)
		if rest, err := io.ReadAll(reader); err != nil || len(rest) != 0 || !got.closes {
			t.Errorf("%s: after the answer %q, %v; closes: %t", name, rest, err, got.closes)
		}
	}
}

// What nobody reads does not keep a refusal waiting, and the end of what is sent comes with it.
func TestRefusalsDoNotWaitForBodies(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for _, size := range []string{
		"Content-Length: 10737418240", "Content-Length: 10737418240\r\nExpect: 100-continue", "Content-Length: 65537",
	} {
		conn := gw.dial()
		if _, err := io.WriteString(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+size+"\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(conn) // to the end, though the other side is still open
		if err != nil || !strings.HasPrefix(string(all), "HTTP/1.1 413 ") || strings.Count(string(all), "HTTP/") != 1 {
			t.Errorf("%s: %s %v", size, all, err)
		}
		if strings.HasSuffix(size, "65537") {
			continue
		}
		// And what it still has to say is taken in.
		if _, err := io.WriteString(conn, bodyOfSize(6<<20)); err != nil {
			t.Errorf("%s: %v", size, err)
		}
	}
}

// A body without a length that was read to its end leaves its connection to the next request.
func TestChunkedBodiesKeepConnections(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	body := envelopeOf(t, queryType, nil)
	conn := gw.dial()
	reader := bufio.NewReader(conn)
	for range 3 {
		_, err := fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n",
			len(body), body)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(reader, &http.Request{Method: http.MethodPost})
		if err != nil {
			t.Fatal(err)
		}
		if got := gw.read(res); got.closes {
			t.Fatal("the connection is closed")
		} else {
			gw.wantFine(got)
		}
	}
}

func TestURLLength(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	prefix := "/graphql?query=" + url.QueryEscape(queryType) + "&x="
	fits := prefix + strings.Repeat("a", 16<<10-len(prefix)+len("/graphql?"))
	gw.wantFine(gw.send(request{method: http.MethodGet, path: fits}))
	got := gw.send(request{method: http.MethodGet, path: fits + "a"})
	gw.wantRefused(got, http.StatusRequestURITooLong, "PAYLOAD_TOO_LARGE")
	got = gw.send(request{path: fits + "a", body: `{"query":"{__typename}"}`})
	gw.wantRefused(got, http.StatusRequestURITooLong, "PAYLOAD_TOO_LARGE")

	// Above the cap of all headers the server answers before any handler.
	for _, method := range []string{"GET", "POST"} {
		conn := gw.dial()
		// The server stops reading in the middle, so that writing may fail; its answer is there all the same.
		_, _ = io.WriteString(conn, method+" "+prefix+strings.Repeat("a", 64<<10)+" HTTP/1.1\r\nHost: x\r\n\r\n")
		line := make([]byte, len("HTTP/1.1 431"))
		if _, err := io.ReadFull(conn, line); err != nil || string(line) != "HTTP/1.1 431" {
			t.Errorf("%s: %q %v", method, line, err)
		}
	}
}

// An answer is compressed from 1,400 bytes on.
func TestLeastCompression(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	for length, want := range map[int]string{1399: "", 1400: "gzip"} {
		alias := strings.Repeat("a", length-len(`{"data":{"":"Query"}}`))
		asked := request{body: envelopeOf(t, "{"+alias+":__typename}", nil)}
		if plain := gw.send(asked); len(plain.body) != length {
			t.Fatalf("%d bytes, want %d: %s", len(plain.body), length, plain.body)
		}
		asked.header = http.Header{"Accept-Encoding": {"gzip"}}
		if got := gw.send(asked).header.Get("Content-Encoding"); got != want {
			t.Errorf("%d bytes are sent as %q, want %q", length, got, want)
		}
	}
}

// Answers that fit a packet are not compressed and say how long they are; large ones are, for those who
// accept it.
func TestCompression(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	accept := http.Header{"Accept-Encoding": {"gzip"}}
	small := gw.send(request{body: envelopeOf(t, queryJobs, nil), header: accept})
	gw.wantFine(small)
	if enc := small.header.Get("Content-Encoding"); enc != "" {
		t.Errorf("a small answer is sent as %q", enc)
	}
	if small.header.Get("Content-Length") != strconv.Itoa(len(small.body)) {
		t.Errorf("Content-Length is %q of %d", small.header.Get("Content-Length"), len(small.body))
	}
	large := request{body: envelopeOf(t, `{jobs(first:50){nodes{id raw}}}`, nil)}
	plain := gw.send(large)
	gw.wantFine(plain)
	if plain.header.Get("Content-Length") != strconv.Itoa(len(plain.body)) || len(plain.body) < 14_000 {
		t.Errorf("Content-Length is %q of %d", plain.header.Get("Content-Length"), len(plain.body))
	}
	for _, mediaType := range []string{typeJSON, typeResponse} {
		large.header = http.Header{"Accept-Encoding": {"gzip"}, "Accept": {mediaType}}
		packed := gw.send(large)
		if packed.header.Get("Content-Encoding") != "gzip" || len(packed.body) > len(plain.body)/2 {
			t.Fatalf("%d bytes of %d, Content-Encoding %q", len(packed.body), len(plain.body), packed.header.Get("Content-Encoding"))
		}
		reader, err := gzip.NewReader(strings.NewReader(packed.body))
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := io.ReadAll(reader)
		if err != nil || !bytes.Equal(unpacked, []byte(plain.body)) {
			t.Errorf("what is unpacked differs from the plain answer: %v", err)
		}
		if length := packed.header.Get("Content-Length"); length != "" && length != strconv.Itoa(len(packed.body)) {
			t.Errorf("Content-Length is %q of %d", length, len(packed.body))
		}
		if vary := strings.Join(packed.header.Values("Vary"), ","); !strings.Contains(vary, "Accept-Encoding") || !strings.Contains(vary, "Authorization") {
			t.Errorf("Vary is %q", vary)
		}
		if packed.header.Get("Content-Type") != mediaType+"; charset=utf-8" {
			t.Errorf("Content-Type is %q", packed.header.Get("Content-Type"))
		}
	}
	large.header = http.Header{"Accept-Encoding": {"gzip;q=0"}}
	if got := gw.send(large); got.header.Get("Content-Encoding") != "" {
		t.Error("compressed for a client that rules it out")
	}
}

func TestSchemaFile(t *testing.T) {
	t.Parallel()
	gw := startGateway(t)
	got := gw.send(request{method: http.MethodGet, path: "/schema.graphql", anonymous: true})
	if got.status != http.StatusOK || got.header.Get("Content-Type") != "text/plain; charset=utf-8" ||
		!strings.Contains(got.body, "type Query {") || strings.Contains(got.body, "@key") {
		t.Errorf("%d %q %.200s", got.status, got.header.Get("Content-Type"), got.body)
	}
	if got := gw.send(request{method: http.MethodHead, path: "/schema.graphql"}); got.status != http.StatusOK || got.body != "" {
		t.Errorf("HEAD: %d with %d bytes", got.status, len(got.body))
	}
	if got := gw.send(request{method: http.MethodGet, path: "/schema.graphql", header: http.Header{"Accept-Encoding": {"gzip"}}}); got.header.Get("Content-Encoding") != "gzip" {
		t.Error("the schema is not compressed")
	}
}

// The whole schema in a file would be what switching introspection off is meant to keep.
func TestSchemaFileFollowsIntrospection(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, func(s *setup) { s.config.Introspection = false })
	if got := gw.send(request{method: http.MethodGet, path: "/schema.graphql"}); got.status != http.StatusNotFound {
		t.Errorf("%d %.100s", got.status, got.body)
	}
}
