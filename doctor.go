package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"jobsgateway/internal/doctor"
	"jobsgateway/internal/gateway"
	"jobsgateway/internal/settings"
)

// errUnwell says that the doctor has found something wrong, which is on standard output.
var errUnwell = errors.New("jobsgateway doctor: something is wrong, see above")

// diagnose looks whether the Jobs API is as the settings and the gateway need it, and prints what it has
// found. The token is that of the invocation, else the first line of stdin; the demonstration needs none.
// Errors: errUnwell, a demonstration that cannot be started, and that of ctx.
func diagnose(
	ctx context.Context, asked settings.Invocation, environ []string, stdin io.Reader, stdout, stderr io.Writer,
) error {
	set, token := asked.Settings, asked.Token
	switch {
	case set.Demo:
		demo, err := startDemo(ctx)
		if err != nil {
			return err
		}
		defer demo.stop()
		set.UpstreamURL = demo.url
		if token == "" {
			token = "demo"
		}
	case token == "":
		token = readToken(ctx, stdin, stderr, set.RequestTimeout)
	}
	found := doctor.Examine(ctx, doctor.Config{
		Settings: set, Sources: asked.Sources, Environ: environ, Token: token, IsToken: gateway.IsToken,
	})
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("jobsgateway doctor: stopped before everything was looked at: %w", err)
	}
	_, err := io.WriteString(stdout, asked.Text+"\n")
	if err == nil {
		err = doctor.Report(stdout, found)
	}
	switch {
	case doctor.IsWrong(found):
		return errUnwell
	case errors.Is(err, syscall.EPIPE):
		return nil // whoever reads it has read enough
	}
	return err
}

const (
	// typing is how long somebody at a terminal has to paste a token.
	typing = 2 * time.Minute
	// maxTokenLine bounds what is read of standard input, in bytes: the longest token, and a word before it.
	maxTokenLine = 8<<10 + 64
)

// readToken returns the first line of stdin; empty if none comes before ctx ends, or within patience where no
// person is asked. At a terminal it says what it waits for. The goroutine that reads ends when a line comes,
// or with the process.
func readToken(ctx context.Context, stdin io.Reader, stderr io.Writer, patience time.Duration) string {
	if isTerminal(stdin) {
		patience = typing
		_, _ = io.WriteString(stderr, "Paste the token of a caller, which will be seen here, and press Enter; "+
			"Enter alone leaves out what needs one.\n(JOBSGW_DOCTOR_TOKEN or a pipe would not show it.)\n")
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(io.LimitReader(stdin, maxTokenLine)).ReadString('\n')
		line <- text
	}()
	select {
	case text := <-line:
		return strings.TrimSpace(text)
	case <-ctx.Done():
		return ""
	}
}
