//go:build e2e

package program_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"jobsgateway/e2e/program"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

// A wrong flag ends the program with 1 and a sentence.
func TestWrongFlag(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), program.Binary, "--colour")
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "--colour") {
		t.Errorf("%s %v", out, err)
	}
}

// What the start-up message tells to type works as typed, and so does what the log tells. TERM ends the
// program.
func TestWelcome(t *testing.T) {
	t.Parallel()
	gw := program.Start(t, "--demo")
	logged := gw.Log.Await(t, "demonstration data")
	commands := []string{logged["try"].(string)}
	if logged["open"] != gw.Public {
		t.Errorf("open %v, and it listens at %s", logged["open"], gw.Public)
	}
	typed(t, commands[0])
	gw.Stop(t)
	message := gw.Stdout.String()
	shown := regexp.MustCompile(`(?s)curl .*?\}'`).FindString(message)
	if shown != commands[0] || !strings.Contains(message, gw.Public+"\n") {
		t.Errorf("the message is\n%s\nand the log says %s", message, commands[0])
	}
}

// The README's query works as typed, costs two REST calls, and its answer has the members that the README
// shows.
func TestReadmeQuery(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```sh\n(curl .*?)```.*?```json\n(.*?)```").FindStringSubmatch(string(readme))
	if shown == nil {
		t.Fatal("no command and answer in the README")
	}
	gw := program.Start(t, "--demo")
	answer := typed(t, strings.ReplaceAll(shown[1], "http://127.0.0.1:8080", gw.Public))
	if calls := gw.Log.Await(t, "operation")["upstream_calls"]; calls != 2.0 {
		t.Errorf("%v REST calls, and the README says two", calls)
	}
	if got, want := members(answer), members(shown[2]); got != want {
		t.Errorf("%s\nhas %v, the README shows %v", answer, got, want)
	}
}

// typed runs a command as somebody would type it, and returns the answer, which has jobs in it.
func typed(t *testing.T, command string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "sh", "-c", command).CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"nodes":[{"`) {
		t.Fatalf("%s\n%s %v", command, out, err)
	}
	return string(out)
}

// members returns the names of an answer's members in their order.
func members(answer string) string {
	names := []string{}
	for _, member := range regexp.MustCompile(`"(\w+)":`).FindAllStringSubmatch(answer, -1) {
		names = append(names, member[1])
	}
	return strings.Join(names, " ")
}

// Every line on stderr is a line of the log, whatever the Jobs API sends, and holds nothing of it.
func TestUnsolicitedAnswers(t *testing.T) {
	t.Parallel()
	api, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	answered, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		conn, err := api.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		const body = `{"total_records":0,"records":[]}`
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		<-answered
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nX-Secret: LEAK\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn) // until the client has had enough
	}()
	gw := program.Start(t, "--upstream-url=http://"+api.Addr().String())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gw.Public+"/graphql", strings.NewReader(`{"query":"{jobs(first:0){totalCount}}"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer demo"}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, err := io.ReadAll(res.Body); err != nil || string(answer) != `{"data":{"jobs":{"totalCount":0}}}` {
		t.Fatalf("%s %v", answer, err)
	}
	close(answered)
	line := gw.Log.Await(t, "net/http: the Jobs API sent an answer that nobody asked for; its connection was closed")
	if line["level"] != "WARN" {
		t.Errorf("%v", line)
	}
	<-ended
	gw.Stop(t)
	for text := range strings.Lines(gw.Log.String()) {
		if !json.Valid([]byte(text)) || strings.Contains(text, "LEAK") {
			t.Errorf("a line %q", text)
		}
	}
}
