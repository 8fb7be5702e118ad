package logqueue_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"jobsgateway/internal/logqueue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what has to come.
const patience = time.Minute

// counts writes the number of lines that were left out.
func counts(w io.Writer, lines int) { fmt.Fprintf(w, "left out %d\n", lines) }

// Lines of many arrive whole, each once, those of one writer in their order.
func TestLinesArrive(t *testing.T) {
	const writers, each = 20, 200
	var file bytes.Buffer
	w := logqueue.New(&file, counts)
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			for i := range each {
				fmt.Fprintf(w, "%d %d\n", writer, i)
			}
		})
	}
	group.Wait()
	w.Close(patience)
	next := make([]int, writers)
	for line := range strings.Lines(file.String()) {
		var writer, i int
		if _, err := fmt.Sscanf(line, "%d %d\n", &writer, &i); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if i != next[writer] {
			t.Errorf("line %d of writer %d stands where %d should", i, writer, next[writer])
		}
		next[writer]++
	}
	for writer, n := range next {
		if n != each {
			t.Errorf("writer %d: %d lines, want %d", writer, n, each)
		}
	}
	if n, err := w.Write([]byte("late\n")); n != 5 || err != nil || strings.Contains(file.String(), "late") {
		t.Errorf("a line after the end: %d, %v", n, err)
	}
	w.Close(patience) // again, which is nothing
}

// A pipe that nobody reads holds up nobody. When it is read again, the oldest lines are there, and then how
// many are not.
func TestStalledFile(t *testing.T) {
	const lines, size = 5000, 1000
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	w := logqueue.New(writer, counts)
	for i := range lines { // 5 MB: this would hang
		fmt.Fprintf(w, "%0*d\n", size-1, i)
	}
	w.Close(time.Millisecond) // the file takes no more, and the end comes all the same
	arrived, leftOut := 0, 0
	scanner := bufio.NewScanner(reader)
	for leftOut == 0 && scanner.Scan() {
		if text := scanner.Text(); !strings.HasPrefix(text, "left out ") {
			if want := fmt.Sprintf("%0*d", size-1, arrived); text != want {
				t.Fatalf("line %d is %.20q…", arrived, text)
			}
			arrived++
		} else if _, err := fmt.Sscanf(text, "left out %d", &leftOut); err != nil {
			t.Fatal(err)
		}
	}
	if arrived+leftOut != lines || arrived*size < 1<<20 {
		t.Errorf("%d lines arrived and %d were left out, want %d in all, a megabyte of them arrived", arrived, leftOut, lines)
	}
	w.Close(patience)
	_ = writer.Close()
}

// pieces are the writes to a file.
type pieces struct {
	mu  sync.Mutex
	all []string
}

func (p *pieces) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, string(b))
	return len(b), nil
}

// A line after a while without one is passed on at once. Those that come within a millisecond are one write.
func TestLinesAreGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var file pieces
		w := logqueue.New(&file, counts)
		defer w.Close(patience)
		say := func(lines ...string) {
			for _, line := range lines {
				_, _ = io.WriteString(w, line)
			}
			synctest.Wait()
		}
		want := func(when string, writes ...string) {
			t.Helper()
			file.mu.Lock()
			defer file.mu.Unlock()
			if !slices.Equal(file.all, writes) {
				t.Errorf("%s: %q, want %q", when, file.all, writes)
			}
		}
		say("a\n")
		want("the first", "a\n")
		say("b\n", "c\n")
		want("soon after it", "a\n")
		time.Sleep(time.Millisecond)
		synctest.Wait()
		want("a millisecond later", "a\n", "b\nc\n")
		time.Sleep(time.Second)
		say("d\n")
		want("much later", "a\n", "b\nc\n", "d\n")
	})
}
