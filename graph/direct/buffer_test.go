package direct

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jobsgateway/internal/memory"
	"jobsgateway/internal/rawjson"
)

// Whatever is written, copied or left where it is, with and without memory, and taken back again: the parts are
// what a plain slice of bytes has, what there is no memory for is missing as a whole, and all memory is back in
// the end.
func TestBufferParts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := memory.New(1<<40, true)
		account := &memory.Account{Memory: m, Owner: "a", Limit: rapid.SampledFrom([]int64{1 << 40, 200_000, 50_000, 1000}).Draw(t, "limit")}
		b := NewBuffer(context.Background(), account, "head:", rapid.IntRange(0, 3*largestChunk).Draw(t, "expected"))
		want, executors := []byte("head:"), &bytes.Buffer{}
		refers := false
		for range rapid.IntRange(0, 5).Draw(t, "roots") {
			executors.WriteString("<x>")
			want = append(want, "<x>"...)
			start, before := len(want), b.refers
			w := writer{caught: func(any) error { return nil }}
			b.write(executors, func(bytes []byte, to *Buffer) []byte {
				w.b, w.out = bytes, to
				to.err = nil
				from := w.mark()
				for range rapid.IntRange(0, 8).Draw(t, "values") {
					if !w.goesOn() {
						break
					}
					n := rapid.OneOf(rapid.IntRange(1, 50), rapid.IntRange(1, 40_000)).Draw(t, "n")
					value := rawjson.Value(`"` + strings.Repeat(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "letter"), n) + `"`)
					plain := []byte(value)
					switch rapid.IntRange(0, 3).Draw(t, "how") {
					case 0:
						w.json(value)
					case 1:
						_ = w.text(value)
					case 2:
						_ = w.text(rawjson.Value(`"\n` + string(value[1:])))
						plain = []byte(`"\n` + string(value[1:]))
					default:
						w.try(func() {
							w.json(value)
							w.json(value)
							panic("nothing of it")
						})
						plain = nil
					}
					want = append(want, plain...)
				}
				if w.noMemory() != nil || rapid.IntRange(0, 3).Draw(t, "forget") == 0 {
					w.backTo(from)
					want, refers = want[:start], before
				}
				return w.b
			})
		}
		parts, size := b.Finish(executors.Bytes(), "}")
		if got := bytes.Join(parts, nil); !bytes.Equal(got, append(want, '}')) || len(got) != size {
			t.Fatalf("%d bytes, said to be %d, want %d: %.100q", len(got), size, len(want)+1, got)
		}
		if refers && !b.Refers() {
			t.Fatal("it does not know that it refers")
		}
		if rapid.Bool().Draw(t, "abandon") {
			b.Abandon()
		} else {
			b.Free()
		}
		if f := m.Figures(); f.Held != 0 {
			t.Fatalf("%+v", f)
		}
	})
}

// A value of 16 KiB or more is not copied, and a smaller one is.
func TestReferred(t *testing.T) {
	t.Parallel()
	for n, refers := range map[int]bool{referred - 1: false, referred: true} {
		b := NewBuffer(t.Context(), nil, "", 0)
		value := rawjson.Value(`"` + strings.Repeat("a", n-2) + `"`)
		b.write(&bytes.Buffer{}, func(bytes []byte, to *Buffer) []byte {
			w := writer{b: bytes, out: to}
			w.json(value)
			return w.b
		})
		parts, size := b.Finish(nil, "")
		same := len(parts) == 1 && &parts[0][0] == &value[0]
		if size != n || b.Refers() != refers || same != refers {
			t.Errorf("%d bytes: refers %v, the same memory %v", n, b.Refers(), same)
		}
	}
}

// Of a value with any number of errors those are kept that an answer can have, and the others counted.
func TestFailuresAreBounded(t *testing.T) {
	t.Parallel()
	w := writer{caught: func(value any) error { return fmt.Errorf("%v", value) }}
	for range 1000 {
		w.fail(&field{}, errors.New("a field"))
		w.leftOut(7, errors.New("an element"))
		w.try(func() { panic("a panic") })
	}
	if len(w.failures) != maxFailures || w.omitted != 3000-maxFailures {
		t.Errorf("%d are kept, and %d counted", len(w.failures), w.omitted)
	}
}
