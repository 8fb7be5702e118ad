package badapi

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// Fault is one answer of GET /jobs that is no page, or hardly one.
type Fault struct {
	// Name is its number in the catalogue of faults, and what it is.
	Name string
	// Speak is the answer, and Code what it is to the field that asked: an error's code; "" if the call is
	// answered all the same, since it is made again or the answer can be read.
	Speak Speak
	Code  string
	// Requests is how many the call costs in a gateway that has seen no other fault, if the next request is
	// answered.
	Requests int
	// Usual is true if only the caller can mend it, so that the operator is not warned.
	Usual bool
}

// Codes of errors. Source: docs/errors.md.
const (
	none            = ""
	unavailable     = "UPSTREAM_UNAVAILABLE"
	late            = "UPSTREAM_TIMEOUT"
	rejected        = "UPSTREAM_REJECTED"
	broken          = "UPSTREAM_BAD_RESPONSE"
	limited         = "UPSTREAM_RATE_LIMITED"
	unauthenticated = "UNAUTHENTICATED"
	forbidden       = "FORBIDDEN"
)

// TooLarge returns answers that are larger than a gateway may take. It asks for a page in parts after one, so
// they are what the Jobs API always says.
func TooLarge() map[string]Speak {
	return map[string]Speak{
		"A71 a bomb":          Body("application/json", Bomb(), "Content-Encoding: gzip"),
		"A72 a body of 1 GiB": Endless(1 << 10),
	}
}

// Faults returns one of each kind. None takes longer than the time of an attempt.
func Faults() []Fault {
	const html = "<html><pre>" + Leak + "</pre></html>"
	page := []byte(EmptyPage)
	zipped := Gzip(page)
	gzipped := func(body []byte) Speak { return Body("application/json", body, "Content-Encoding: gzip") }
	faults := []Fault{
		{"A52 no answer", Hangs, late, 1, false},
		{"A54 a head in drops", Drips("HTTP/1.1 200 OK\r\nX-", "x", 100*time.Millisecond), late, 1, false},
		{"A55 a body in drops", Drips(head+"Content-Length: 999\r\n\r\n", " ", 200*time.Millisecond), late, 1, false},
		{"A56 reset before a byte", Sends("", true), none, 2, false},
		{"A56 closed before a byte", Sends("", false), none, 2, false},
		{"A56 no HTTP", Sends(Leak+"\r\n\r\n", false), unavailable, 1, false},
		{"A56 101", Sends("HTTP/1.1 101 "+Leak+"\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"+EmptyPage, false), rejected, 1, false},
		{"A56 hints without an end", Drips("", "HTTP/1.1 103 "+Leak+"\r\nLink: <"+Leak+">\r\n\r\n", 10*time.Millisecond), late, 1, false},
		{"A56 two lengths", Sends(head+"Content-Length: 2\r\nContent-Length: 32\r\n\r\n"+EmptyPage, false), unavailable, 1, false},
		{"A56 a length below 0", Sends(head+"Content-Length: -7\r\n\r\n"+EmptyPage, false), unavailable, 1, false},
		{"A56 a status that is none", Sends("HTTP/1.1 2000 "+Leak+"\r\n\r\n"+EmptyPage, false), unavailable, 1, false},
		{"A56 a header that is none", Sends(head+Leak+"\r\n\r\n"+EmptyPage, false), unavailable, 1, false},
		{"A57 reset in the body", Sends(head+"Content-Length: 64\r\n\r\n"+EmptyPage[:16], true), unavailable, 1, false},
		{"A58 an early end", Sends(head+"Content-Length: 1000\r\n\r\n"+strings.Repeat(" ", 500), false), unavailable, 1, false},
		{"A58 chunks without an end", Sends(head+"Transfer-Encoding: chunked\r\n\r\n5\r\n{\"rec\r\n", false), unavailable, 1, false},
		{"A58 a chunk that is none", Sends(head+"Transfer-Encoding: chunked\r\n\r\n"+Leak+"\r\n", false), unavailable, 1, false},
		{"A59 500", Status(500), unavailable, 1, false},
		{"A60 502", Status(502), none, 2, false},
		{"A60 503", Status(503), none, 2, false},
		// The catalogue has a 504 among what is asked again. It is not: the request has taken the API's time
		// already, and would again.
		{"A60 504", Status(504), unavailable, 1, false},
		{"A64 a redirect to itself", Status(302, "Location: /jobs"), rejected, 1, false},
		{"A65 404 of the list", Status(404), rejected, 1, false},
		{"A66 400", Status(400), rejected, 1, true},
		{"A66 405", Status(405, "Allow: "+Leak), rejected, 1, false},
		{"A66 408", Status(408), late, 1, false},
		{"A66 418", Status(418), rejected, 1, true},
		{"A63 429", Status(429, "Retry-After: 1"), limited, 1, true},
		{"A46 401", Status(401, `WWW-Authenticate: Bearer realm="`+Leak+`"`), unauthenticated, 1, true},
		{"A47 403", StatusWith(403, "application/json", `{"message":"`+Leak+`"}`), forbidden, 1, true},
		{"A67 HTML", Body("text/html", []byte(html)), broken, 1, false},
		{"A67 HTML as JSON", Body("application/json", []byte(html)), broken, 1, false},
		{"A67 JSON as HTML", Body("text/html; charset=utf-8", page), broken, 1, false},
		// The catalogue leaves it open: servers that forget the header send JSON.
		{"A67 JSON without a type", Body("", page), none, 1, false},
		{"A70 gzip", gzipped(zipped), none, 1, false},
		{"A70 half of a gzip", gzipped(zipped[:len(zipped)/2]), broken, 1, false},
		{"A70 no gzip", gzipped([]byte(html)), broken, 1, false},
		{"A70 gzip of gzip", gzipped(Gzip(zipped)), broken, 1, false},
		{"A70 br", Body("application/json", page, "Content-Encoding: br"), broken, 1, false},
		{"A79 arrays, 10001 deep", Page(`{"records":` + strings.Repeat("[", 10001) + strings.Repeat("]", 10001) + `}`), broken, 1, false},
		{"A79 a head of 1 MiB", Sends("HTTP/1.1 200 OK\r\nX-Leak: "+strings.Repeat("x", 1<<20)+"\r\n\r\n", false), unavailable, 1, false},
	}
	for _, status := range []int{201, 202, 204, 206, 226, 299, 304} {
		speak := StatusWith(status, "application/json", EmptyPage)
		faults = append(faults, Fault{"A69 " + strconv.Itoa(status), speak, rejected, 1, false})
	}
	for name, body := range map[string]string{
		"nothing": "", "null": "null", "an array": "[]", "half a page": `{"records":[`, "NaN": `{"records":NaN}`,
		"two documents": EmptyPage + EmptyPage, "single quotes": `{'records':[]}`, "a text": `"` + Leak + `"`,
		"bytes that are no UTF-8": "{\"records\":[],\"x\":\"\xff\"}", "a comma too many": `{"records":[],}`,
		"a byte of zero": "{\"records\":[]}\x00",
	} {
		faults = append(faults, Fault{"A68 " + name, Page(body), broken, 1, false})
	}
	for name, body := range map[string]string{
		"no records": `{"total_records":0}`, "null": `{"records":null}`, "an object": `{"records":{}}`,
		"a text": `{"records":"` + Leak + `"}`, "another name": `{"Records":[]}`,
	} {
		faults = append(faults, Fault{"A73 records: " + name, Page(body), broken, 1, false})
	}
	bom := bytes.Join([][]byte{{0xef, 0xbb, 0xbf}, page}, nil)
	return append(faults, Fault{"A68 a byte order mark", Body("application/json", bom), broken, 1, false})
}
