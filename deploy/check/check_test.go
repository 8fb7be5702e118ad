// Package check holds the files of deploy and of .github to the program, with the libraries that read such
// files in earnest. It is a module of its own, so that none of them becomes a requirement of the gateway, and
// it runs the built program, so that no change of the gateway's requirements is a change here.
package check

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	root = "../.." // the gateway's folder
	// endsWithin is how long the program may take to end after TERM. Source: "Starting and stopping" in
	// docs/operations.md; e2e/image holds the program to it.
	endsWithin = 10 * time.Second
	buildLimit = 3 * time.Minute // on a slow machine with an empty build cache
	startLimit = time.Minute
)

// binary is the path of the built gateway. It is a global, since a TestMain has no other way to give
// something to the tests.
var binary string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "jobsgateway")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "jobsgateway")
	ctx, cancel := context.WithTimeout(context.Background(), buildLimit)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, ".")
	build.Dir = root
	if printed, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, printed)
		return 1
	}
	return m.Run()
}

// read returns the text of a file, by its path from the gateway's folder.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// instructions returns what follows a name in the Dockerfile, an element for each line of it.
func instructions(t *testing.T, name string) []string {
	t.Helper()
	var values []string
	for _, line := range regexp.MustCompile(`(?m)^`+name+` (.+)$`).FindAllStringSubmatch(read(t, "Dockerfile"), -1) {
		values = append(values, line[1])
	}
	if len(values) == 0 {
		t.Fatalf("the Dockerfile has no %s", name)
	}
	return values
}

// container is the program as it runs in a container of the image.
type container struct {
	public, admin int32  // the ports that it would have there
	upstream      string // the Jobs API's address, as the log shows it
	demo          bool
	// Where its listeners are here, while the test runs.
	publicURL, adminURL string
}

// inImage starts the program with arguments, and with an environment above that of the image, on other ports
// than it would have in a container. It fails the test if the program does not start, as it does with a flag
// or a variable that it does not know.
func inImage(t *testing.T, args []string, environment map[string]string) container {
	t.Helper()
	all := map[string]string{}
	for _, entry := range instructions(t, "ENV") {
		name, value, _ := strings.Cut(entry, "=")
		all[name] = value
	}
	maps.Copy(all, environment)
	c := container{public: port(t, all["JOBSGW_LISTEN"]), admin: port(t, all["JOBSGW_ADMIN_LISTEN"])}
	all["JOBSGW_LISTEN"], all["JOBSGW_ADMIN_LISTEN"] = "127.0.0.1:0", "127.0.0.1:0"
	for _, arg := range args {
		if strings.Contains(arg, "listen") {
			t.Fatalf("%s: say where to listen by a variable, as the image does", arg)
		}
	}
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = []string{}
	for name, value := range all {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hang := time.AfterFunc(startLimit, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() {
		hang.Stop()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var listening struct {
		Msg      string `json:"msg"`
		Public   string `json:"public"`
		Admin    string `json:"admin"`
		Upstream string `json:"upstream"`
		Demo     bool   `json:"demo"`
	}
	for lines := bufio.NewReader(log); listening.Msg != "listening"; {
		line, _ := lines.ReadBytes('\n') // what is cut is not JSON
		if err := json.Unmarshal(line, &listening); err != nil {
			t.Fatalf("the program does not start: %s", line)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, log) }() // until the program ends
	c.upstream, c.demo, c.adminURL = listening.Upstream, listening.Demo, "http://"+listening.Admin
	c.publicURL = "http://" + listening.Public
	return c
}

// port returns the port of an address, which has to be one of every interface: else a container would listen
// to itself alone.
func port(t *testing.T, address string) int32 {
	t.Helper()
	host, text, err := net.SplitHostPort(address)
	number, notNumber := strconv.ParseInt(text, 10, 32)
	if err != nil || notNumber != nil || host != "0.0.0.0" {
		t.Fatalf("in the container the program listens at %q", address)
	}
	return int32(number)
}

// get returns the status of a path of the admin listener.
func (c container) get(t *testing.T, path string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.adminURL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// The image says which ports it has, and as which user it runs.
func TestImage(t *testing.T) {
	c := inImage(t, nil, nil)
	if exposed, want := instructions(t, "EXPOSE"), fmt.Sprint(c.public, " ", c.admin); !slices.Equal(exposed, []string{want}) {
		t.Errorf("the Dockerfile exposes %q, and the program has %s", exposed, want)
	}
	if users := instructions(t, "USER"); !slices.Equal(users, []string{"65532:65532"}) {
		t.Errorf("the user is %q", users)
	}
}
