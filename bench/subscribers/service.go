package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// token is the one that all subscribers have.
const token = "x"

// service is a running program.
type service struct {
	address string
	command *exec.Cmd
}

// start starts a program over a REST API, and returns when it listens.
func (p plan) start(ctx context.Context, program, upstream string) (*service, error) {
	args := []string{"--upstream-url=" + upstream, "--poll-interval=" + p.poll.String()}
	file := p.stock
	if program == "gateway" {
		file = p.gateway
		args = append(args, "--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0",
			"--max-streams=100000", "--max-streams-per-token=100000")
	}
	s := &service{command: exec.CommandContext(ctx, file, args...)}
	s.command.Env = []string{}
	out, err := s.command.StdoutPipe()
	if program == "gateway" {
		out, err = s.command.StderrPipe()
	} else {
		s.command.Stderr = os.Stderr
	}
	if err != nil {
		return nil, err
	}
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(out)
	for s.address == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			s.stop()
			return nil, fmt.Errorf("%s does not listen: %w", program, err)
		}
		s.address = addressIn(program, line)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return s, nil
}

// addressIn returns the address that a line tells of; empty for none.
func addressIn(program, line string) string {
	if program != "gateway" {
		return strings.TrimSpace(line)
	}
	var entry struct{ Public string }
	_ = json.Unmarshal([]byte(line), &entry)
	return entry.Public
}

// cpu returns the time that the process has worked, user and system. Source: clock_getcpuclockid(3), whose
// clocks Linux names by the process's id.
func (s *service) cpu() time.Duration {
	const scheduled = 2
	var at unix.Timespec
	if err := unix.ClockGettime(int32(^s.command.Process.Pid<<3|scheduled), &at); err != nil {
		panic(err) // Linux has these clocks
	}
	return time.Duration(at.Nano())
}

// memory returns a figure of the process's memory in bytes. Source: proc_pid_status(5).
func (s *service) memory(name string) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		var kilobytes int64
		if n, _ := fmt.Sscanf(line, name+": %d kB", &kilobytes); n == 1 {
			return kilobytes << 10, nil
		}
	}
	return 0, fmt.Errorf("no %s in %s", name, status)
}

func (s *service) stop() {
	_ = s.command.Process.Signal(syscall.SIGKILL)
	_ = s.command.Wait()
}
