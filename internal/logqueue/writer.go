// Package logqueue keeps a log from holding up those who write it.
package logqueue

import (
	"io"
	"sync"
	"time"
)

const (
	// maxQueue bounds the bytes that wait. Source: some 4,000 lines of the access log, a second of a busy
	// gateway.
	maxQueue = 1 << 20
	// maxKept bounds the memory that is kept for the next lines.
	maxKept = 64 << 10
	// pause is how long lines are gathered after some have been written. A write for each line was most of what a
	// line costs under load.
	pause = time.Millisecond
)

// Writer takes lines and passes them on in its own time, so that a file that nobody reads holds up nobody: a
// pipe takes 64 KiB, and then a write waits until somebody reads. While more than a megabyte waits, lines are
// left out and counted. A line after a while without one is passed on at once, others within a millisecond. It is
// safe for concurrent use.
type Writer struct {
	next    io.Writer
	leftOut func(io.Writer, int)
	wake    chan struct{}
	done    chan struct{}

	mu     sync.Mutex
	queue  []byte
	lost   int
	closed bool
}

// New returns a Writer that passes lines on to next. When lines were left out, it calls leftOut with next and
// their number, in their place. Close it.
func New(next io.Writer, leftOut func(w io.Writer, lines int)) *Writer {
	w := &Writer{next: next, leftOut: leftOut, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go w.passOn()
	return w
}

// Write takes one line. It never waits for the file, and never fails: nobody could be told.
func (w *Writer) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return len(line), nil
	}
	// A line that comes after one that was left out is left out, too: the count would stand before it.
	if w.lost > 0 || len(w.queue)+len(line) > maxQueue {
		w.lost++
	} else {
		w.queue = append(w.queue, line...)
	}
	select {
	case w.wake <- struct{}{}:
	default: // it has been told
	}
	return len(line), nil
}

// Close passes on what waits and ends the Writer, after the limit at the latest. Lines that come later are
// left out. A write that the file does not take goes on until the process ends.
func (w *Writer) Close(limit time.Duration) {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.wake)
	}
	w.mu.Unlock()
	late := time.NewTimer(limit)
	defer late.Stop()
	select {
	case <-w.done:
	case <-late.C:
	}
}

// passOn writes what waits, all of it at once, until the Writer is closed and nothing is left. It pauses after each
// write.
func (w *Writer) passOn() {
	defer close(w.done)
	paused := time.NewTimer(0)
	defer paused.Stop()
	var free []byte
	for open := true; open; {
		_, open = <-w.wake
		for {
			w.mu.Lock()
			lines, lost := w.queue, w.lost
			w.queue, w.lost = free[:0], 0
			w.mu.Unlock()
			if free = nil; cap(lines) <= maxKept {
				free = lines
			}
			if len(lines) == 0 && lost == 0 {
				break
			}
			_, _ = w.next.Write(lines) // nobody can be told that the log is broken
			if lost > 0 {
				w.leftOut(w.next, lost)
			}
			paused.Reset(pause)
			<-paused.C
		}
	}
}
