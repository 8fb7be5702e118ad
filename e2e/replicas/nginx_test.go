//go:build e2e

package replicas_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"jobsgateway/e2e/debian"
	"jobsgateway/e2e/program"
	"jobsgateway/internal/logtest"
)

const startLimit = time.Minute

// documented returns the configuration of nginx that docs/operations.md shows, with these addresses of the
// replicas and of nginx itself in place of the page's.
func documented(t *testing.T, address string, replicas ...string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```nginx\n(.*?)```").FindStringSubmatch(string(page))
	if shown == nil {
		t.Fatal("docs/operations.md shows no configuration of nginx")
	}
	text := shown[1]
	servers := regexp.MustCompile(`server \d\S+:8080`)
	if len(servers.FindAllString(text, -1)) != len(replicas) || strings.Count(text, "listen 8000;") != 1 {
		t.Fatalf("docs/operations.md has not %d replicas and one address:\n%s", len(replicas), text)
	}
	text = servers.ReplaceAllStringFunc(text, func(string) string {
		replica := replicas[0]
		replicas = replicas[1:]
		return "server " + strings.TrimPrefix(replica, "http://")
	})
	return strings.Replace(text, "listen 8000;", "listen "+address+";", 1)
}

// startNginx runs nginx before the replicas as docs/operations.md has it, and returns its URL when it
// answers. It ends with the test, which shows what it printed when the test has failed.
func startNginx(t *testing.T, replicas ...*program.Program) string {
	t.Helper()
	nginx, err := debian.Program(t.Context(), "nginx", "nginx")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	address := freeAddress(t)
	var urls []string
	for _, replica := range replicas {
		urls = append(urls, replica.Public)
	}
	config := fmt.Sprintf(`daemon off;
pid %[1]s/pid;
error_log stderr warn;
events {}
http {
access_log off;
client_body_temp_path %[1]s/body;
proxy_temp_path %[1]s/proxy;
fastcgi_temp_path %[1]s/fastcgi;
uwsgi_temp_path %[1]s/uwsgi;
scgi_temp_path %[1]s/scgi;
%[2]s}
`, dir, documented(t, address, urls...))
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	// WithoutCancel: it has to outlive the body of the test, and is ended below.
	ctx, end := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, nginx, "-p", dir, "-e", "stderr", "-c", file)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it ends its workers then
	cmd.WaitDelay = startLimit
	printed := &logtest.Buffer{}
	cmd.Stdout, cmd.Stderr = printed, printed
	if err := cmd.Start(); err != nil {
		end()
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		end()
		<-exited
		if t.Failed() {
			t.Logf("nginx printed:\n%s", printed)
		}
	})
	for timeout := time.After(startLimit); ; {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close()
			return "http://" + address
		}
		select {
		case <-exited:
			t.Fatalf("nginx has ended:\n%s\n%s", printed, config)
		case <-timeout:
			t.Fatal("nginx does not answer")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// freeAddress returns an address of this machine at which nothing listens. Its port is below those that the
// system gives to connections, so that nobody takes it while a replica that had it is away.
func freeAddress(t *testing.T) string {
	t.Helper()
	for port := 20_000 + os.Getpid()%10_000; port < 32_000; port++ {
		address := fmt.Sprintf("127.0.0.1:%d", port)
		if listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address); err == nil {
			_ = listener.Close()
			return address
		}
	}
	t.Fatal("no free port")
	return ""
}

// client keeps a connection for each of the callers.
var client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
