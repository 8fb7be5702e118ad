package direct

import (
	"bytes"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"pgregory.net/rapid"
)

// spelled is how the oracle writes a value.
func spelled(value graphql.Marshaler) string {
	var b bytes.Buffer
	value.MarshalGQL(&b)
	return b.String()
}

// Whatever the string, it is spelled as by the oracle: bytes that are no UTF-8 included.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "a", "\x00\x1f\x7f", "\"\\/\b\f\n\r\t", "é\u2028😀", "\xff\xc3", "\xed\xa0\x80", "\ufffd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w := writer{b: []byte("before")}
		w.quote(s)
		if got, want := string(w.b), "before"+spelled(graphql.MarshalString(s)); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	})
}

// The same, of strings that are drawn of what is special in one.
func TestQuote(t *testing.T) {
	t.Parallel()
	piece := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{`"`, `\`, "\n", "\r", "\t", "\x01", "\x1f", "\xff", "\xe2\x80", "\u2028"}))
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOf(piece).Draw(t, "pieces"), "")
		w := writer{}
		w.quote(s)
		if got, want := string(w.b), spelled(graphql.MarshalString(s)); got != want {
			t.Fatalf("%q: %s, want %s", s, got, want)
		}
	})
}

// Numbers are spelled as by the oracle, beyond what a duration can be.
func TestFloat(t *testing.T) {
	t.Parallel()
	check := func(t interface {
		Errorf(format string, args ...any)
	}, f float64,
	) {
		w := writer{}
		w.float(f)
		if got, want := string(w.b), spelled(graphql.MarshalFloat(f)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, f := range []float64{
		0, 1e-06, 1.5e-05, 0.0001, 0.000123, 0.1, 1, 59.999999, 86400, 999999, 1e6, 1234567, 1e20, 999999999999999999999, 1e21, 1.5e21, 1e22,
		math.MaxInt64, math.MaxFloat64, math.SmallestNonzeroFloat64,
	} {
		check(t, f)
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.Float64Range(0, math.MaxFloat64).Draw(t, "number"))
		start := time.UnixMicro(rapid.Int64Range(-62135596800000000, 253402300799999999).Draw(t, "start"))
		end := time.UnixMicro(rapid.Int64Range(-62135596800000000, 253402300799999999).Draw(t, "end"))
		check(t, secondsBetween(start, end))
		check(t, secondsBetween(start, start.Add(time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "length")))))
	})
}

// foreign is a writer that a Buffer does not know.
type foreign struct{ io.Writer }

// Values and the executor's own bytes come out in the order in which they were written.
func TestBufferKeepsTheOrder(t *testing.T) {
	t.Parallel()
	appending := func(s string) func([]byte, *Buffer) []byte {
		return func(b []byte, _ *Buffer) []byte { return append(b, s...) }
	}
	finished := func(b *Buffer, data []byte) string {
		parts, size := b.Finish(data, "")
		all := string(bytes.Join(parts, nil))
		if len(all) != size {
			t.Errorf("%d bytes are said to be %d", len(all), size)
		}
		return all
	}
	var executors bytes.Buffer
	b := NewBuffer(t.Context(), nil, "head:", 0)
	executors.WriteString(`{"a":`)
	b.write(&executors, appending("1"))
	b.write(&executors, appending("2")) // nothing of the executor's in between
	executors.WriteString(`,"b":`)
	b.write(&executors, appending(""))
	executors.WriteString(`3,"c":`)
	b.write(&executors, appending("4"))
	executors.WriteString("}")
	const want = `head:{"a":12,"b":3,"c":4}`
	if got := finished(b, executors.Bytes()); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := finished(b, executors.Bytes()); got != want {
		t.Errorf("finished again: %s", got)
	}
	executors.WriteString("!")
	if got := finished(b, executors.Bytes()); got != want+"!" {
		t.Errorf("a piece after the end: %s", got)
	}

	executors.Reset()
	b = NewBuffer(t.Context(), nil, "", 0)
	b.write(foreign{&executors}, appending("5"))
	if got := finished(b, executors.Bytes()); got != "5" {
		t.Errorf("to another writer: %s", got)
	}
	if got := finished(NewBuffer(t.Context(), nil, "", 0), []byte(`{"a":null}`)); got != `{"a":null}` {
		t.Errorf("without a value: %s", got)
	}
}
