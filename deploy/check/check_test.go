// Package check holds the files of deploy and of .github to the program, with the libraries that read such
// files in earnest. It is a module of its own, so that none of them becomes a requirement of the gateway.
package check

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"jobsgateway/internal/settings"
)

// endsWithin is how long the program may take to end after TERM. Source: "Starting and stopping" in
// docs/operations.md; e2e/image holds the program to it.
const endsWithin = 10 * time.Second

// root is the gateway's folder.
const root = "../.."

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

// inImage returns the settings that the program reads in a container of the image: its arguments, and its
// environment above the image's own. It fails the test where the program would not start.
func inImage(t *testing.T, args []string, environment map[string]string) settings.Settings {
	t.Helper()
	var environ []string
	for _, entry := range instructions(t, "ENV") {
		if name, _, _ := strings.Cut(entry, "="); environment[name] == "" {
			environ = append(environ, entry)
		}
	}
	for name, value := range environment {
		environ = append(environ, name+"="+value)
	}
	invocation, err := settings.Parse(args, environ)
	if err != nil {
		t.Fatalf("the program does not start: %v", err)
	}
	if invocation.Command != settings.Serve {
		t.Fatalf("%q does not serve", args)
	}
	return invocation.Settings
}

// ports returns the public and the admin port. It fails the test where a container would listen to itself
// alone.
func ports(t *testing.T, set settings.Settings) (public, admin int32) {
	t.Helper()
	found := make([]int32, 2)
	for i, address := range []string{set.Listen, set.AdminListen} {
		host, port, err := net.SplitHostPort(address)
		number, notNumber := strconv.ParseInt(port, 10, 32)
		if err != nil || notNumber != nil || host != "0.0.0.0" {
			t.Fatalf("the program listens at %s in the container", address)
		}
		found[i] = int32(number)
	}
	return found[0], found[1]
}

// The image says which ports it has, and as which user it runs.
func TestImage(t *testing.T) {
	public, admin := ports(t, inImage(t, nil, nil))
	want := strconv.Itoa(int(public)) + " " + strconv.Itoa(int(admin))
	if exposed := instructions(t, "EXPOSE"); !slices.Equal(exposed, []string{want}) {
		t.Errorf("the Dockerfile exposes %q, and the program has %s", exposed, want)
	}
	if users := instructions(t, "USER"); !slices.Equal(users, []string{"65532:65532"}) {
		t.Errorf("the user is %q", users)
	}
}
