//go:build e2e

package federation_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestNewcomer does what the example's README says: npm start, the command that it prints, the README's own
// query, ^C. What has been started is gone then, and the exit code is 0.
func TestNewcomer(t *testing.T) {
	installPackages(t, example)
	ports := freePorts(t, 3)
	// Every descendant inherits the mark, whatever process group or session it moves to.
	mark := fmt.Sprintf("FEDERATION_TEST=%d-%s", os.Getpid(), ports[0])
	npm := startProcess(t, "npm start", example, []string{
		mark, "PORT=" + ports[0], "JOBS_PORT=" + ports[1], "DATASETS_PORT=" + ports[2],
		"SUPERGRAPH=" + filepath.Join(t.TempDir(), "supergraph.graphql"),
	}, "npm", "start")
	t.Cleanup(func() {
		for _, pid := range marked(t, mark) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	npm.await(t, "it said what to type", func() bool { return strings.Contains(npm.output.String(), "Stop with Ctrl-C") })
	if n := len(marked(t, mark)); n < 5 { // npm, its script, two subgraphs, the router
		t.Fatalf("%d processes bear the mark: none of them could be missed", n)
	}

	printed := regexp.MustCompile(`(?s)curl .*?\}'`).FindString(npm.output.String())
	fromCommand(t, printed)
	readme, err := os.ReadFile(filepath.Join(example, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```sh\n(curl .*?)```.*?```json\n(.*?)```").FindSubmatch(readme)
	if shown == nil {
		t.Fatal("no command and answer in the README")
	}
	got := fromCommand(t, strings.ReplaceAll(string(shown[1]), "http://127.0.0.1:4000", "http://127.0.0.1:"+ports[0]))
	if want := members(shown[2]); members(got) != want {
		t.Errorf("the answer\n%s\nhas %s\nthe README shows %s", got, members(got), want)
	}

	npm.stop(t, syscall.SIGINT)
	if left := marked(t, mark); len(left) > 0 {
		t.Errorf("still there: %v", left)
	}
	for _, port := range ports {
		if isAnswered(t.Context(), "http://127.0.0.1:"+port) {
			t.Errorf("port %s still answers", port)
		}
	}
}

// TestNewcomerPortTaken ensures that a port in use is named, that nothing is left behind, and that it counts
// as failure.
func TestNewcomerPortTaken(t *testing.T) {
	installPackages(t, example)
	ports := freePorts(t, 3)
	taken := newRecorder(t, "http://127.0.0.1:1")
	busy := taken.URL[strings.LastIndex(taken.URL, ":")+1:]
	npm := startProcess(t, "npm start", example, []string{"PORT=" + ports[0], "JOBS_PORT=" + ports[1], "DATASETS_PORT=" + busy}, "npm", "start")
	select {
	case <-npm.exited:
	case <-time.After(startLimit):
		t.Fatal("it has not given up")
	}
	if npm.cmd.ProcessState.ExitCode() != 1 || !strings.Contains(npm.output.String(), "set DATASETS_PORT") {
		t.Errorf("exit code %d\n%s", npm.cmd.ProcessState.ExitCode(), npm.output.String())
	}
}

// fromCommand runs a command as typed, and ensures that jobs came back with names of the other subgraph.
func fromCommand(t *testing.T, command string) []byte {
	t.Helper()
	if !strings.HasPrefix(command, "curl ") {
		t.Fatalf("no command: %q", command)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.TrimSpace(command)+" --max-time 30")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s\n%v", command, err)
	}
	var answer struct {
		Data struct {
			Jobs struct {
				Nodes []struct {
					Dataset struct {
						Name string `json:"name"`
					} `json:"dataset"`
				} `json:"nodes"`
			} `json:"jobs"`
		} `json:"data"`
		Errors json.RawMessage `json:"errors"`
	}
	if err := json.Unmarshal(out, &answer); err != nil || answer.Errors != nil || len(answer.Data.Jobs.Nodes) == 0 {
		t.Fatalf("%s\n%v\n%s", command, err, out)
	}
	for _, node := range answer.Data.Jobs.Nodes {
		if node.Dataset.Name != "demo: daily audience" {
			t.Errorf("the dataset is called %q", node.Dataset.Name)
		}
	}
	return out
}

// members lists the names of an answer's members in their order, once each.
func members(answer []byte) string {
	var list []string
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`"(\w+)":`).FindAllSubmatch(answer, -1) {
		if name := string(m[1]); !seen[name] {
			seen[name] = true
			list = append(list, name)
		}
	}
	return strings.Join(list, " ")
}

// marked lists the processes that have this variable in their environment.
func marked(t *testing.T, variable string) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Error(err)
	}
	var pids []int
	for _, file := range files {
		environ, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended, or is another user's
		}
		for entry := range bytes.SplitSeq(environ, []byte{0}) {
			if string(entry) == variable {
				pid, _ := strconv.Atoi(strings.Split(file, "/")[2])
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
