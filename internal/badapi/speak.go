package badapi

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// EmptyPage is the body of a list without jobs.
const EmptyPage = `{"records":[],"total_records":0}`

// head is the start of an answer that goes on as JSON.
const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

// Page answers with a body of JSON.
func Page(body string) Speak { return Body("application/json", []byte(body)) }

// Body answers with a body of a content type, and with more lines of header. No content type is sent if it is
// empty.
func Body(contentType string, body []byte, header ...string) Speak {
	return func(conn net.Conn) bool {
		var b bytes.Buffer
		b.WriteString("HTTP/1.1 200 OK\r\n")
		if contentType != "" {
			b.WriteString("Content-Type: " + contentType + "\r\n")
		}
		for _, line := range header {
			b.WriteString(line + "\r\n")
		}
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(body))
		b.Write(body)
		_, err := conn.Write(b.Bytes())
		return err == nil
	}
}

// Status answers with a status, more lines of header, and a page for people.
func Status(status int, header ...string) Speak {
	return StatusWith(status, "text/html", "<html><pre>"+Leak+" at jobs.go:7</pre></html>", header...)
}

// StatusWith answers with a status, a body and more lines of header. A status that may have no body gets none.
func StatusWith(status int, contentType, body string, header ...string) Speak {
	lines := strings.Join(append([]string{"Content-Type: " + contentType}, header...), "\r\n") + "\r\n"
	if status == 204 || status == 304 {
		return Sends(fmt.Sprintf("HTTP/1.1 %d %s\r\n%s\r\n", status, Leak, lines), false)
	}
	return func(conn net.Conn) bool {
		_, err := fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\n%sContent-Length: %d\r\n\r\n%s", status, Leak, lines, len(body), body)
		return err == nil
	}
}

// Sends writes a text and closes the connection, or resets it.
func Sends(text string, reset bool) Speak {
	return func(conn net.Conn) bool {
		_, _ = io.WriteString(conn, text)
		if tcp, ok := conn.(*net.TCPConn); ok && reset {
			_ = tcp.SetLinger(0)
		}
		return false
	}
}

// Drips sends a text, and then a drop each time, until the caller leaves.
func Drips(text, drop string, each time.Duration) Speak {
	return func(conn net.Conn) bool {
		_, err := io.WriteString(conn, text)
		tick := time.NewTicker(each)
		defer tick.Stop()
		for err == nil {
			<-tick.C
			_, err = io.WriteString(conn, drop)
		}
		return false
	}
}

// Hangs says nothing until the caller leaves.
func Hangs(conn net.Conn) bool {
	_, _ = conn.Read(make([]byte, 1))
	return false
}

// Endless sends chunks of a text of JSON, up to so many MiB, for as long as the caller reads.
func Endless(mebibytes int) Speak {
	chunk := []byte(fmt.Sprintf("%x\r\n%s\r\n", 1<<20, strings.Repeat("x", 1<<20)))
	return func(conn net.Conn) bool {
		const start = `{"records":[],"pad":"`
		_, err := fmt.Fprintf(conn, head+"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(start), start)
		for i := 0; i < mebibytes && err == nil; i++ {
			_, err = conn.Write(chunk)
		}
		return false
	}
}

// Gzip compresses a body.
func Gzip(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(body)
	_ = z.Close()
	return b.Bytes()
}

// Bomb is half a megabyte of gzip that becomes 512 MiB: one text in a page of JSON.
func Bomb() []byte {
	const mebibytes = 512
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, `{"records":[],"pad":"`)
	_ = z.Flush()
	start := b.Len()
	_, _ = z.Write(bytes.Repeat([]byte("x"), 1<<20))
	_ = z.Flush()
	// What is flushed looks no further back than at x, so it may stand behind itself.
	block := bytes.Clone(b.Bytes()[start:])
	return append(b.Bytes(), bytes.Repeat(block, mebibytes-1)...)
}
