//go:build e2e

package program

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Usage is what a process uses.
type Usage struct {
	RSS         int64 // bytes of memory that are there, and the most that there ever were
	PeakRSS     int64
	Descriptors int
	CPU         time.Duration // user and system, since its start
}

// Usage reads what the running gateway uses from /proc.
func (p *Program) Usage(t testing.TB) Usage {
	t.Helper()
	status := p.Proc(t, "status")
	kibibytes := func(name string) int64 {
		_, rest, _ := strings.Cut(status, "\n"+name+":")
		line, _, _ := strings.Cut(rest, "\n")
		n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(line, "kB")), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n << 10
	}
	descriptors, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, stat, _ := strings.Cut(p.Proc(t, "stat"), ") ")
	fields := strings.Fields(stat) // from the third on
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	const tick = 10 * time.Millisecond
	return Usage{
		RSS: kibibytes("VmRSS"), PeakRSS: kibibytes("VmHWM"), Descriptors: len(descriptors),
		CPU: time.Duration(user+system) * tick,
	}
}

// Proc reads a file of the running gateway in /proc, such as status.
func (p *Program) Proc(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// ForgetPeak makes PeakRSS count from now on.
func (p *Program) ForgetPeak(t testing.TB) {
	t.Helper()
	const peak = "5" // of the process: see clear_refs in proc(5)
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.cmd.Process.Pid), []byte(peak), 0); err != nil {
		t.Fatal(err)
	}
}

// Goroutines ends the gateway by a QUIT, on which it writes the stacks of its goroutines, and returns them. They
// are also at the end of its log.
func (p *Program) Goroutines(t testing.TB) []string {
	t.Helper()
	p.Signal(t, syscall.SIGQUIT)
	p.ExitCode(t, stopLimit)
	stacks := strings.Split(p.Log.String(), "\ngoroutine ")[1:]
	if len(stacks) == 0 {
		t.Fatal("no goroutine is told of")
	}
	return stacks
}
