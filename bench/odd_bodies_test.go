package bench

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/bytedance/sonic"
	"github.com/go-faster/jx"
	v2 "github.com/go-json-experiment/json"
)

// readers make a Go value of any JSON in each library's usual way.
var readers = []struct {
	name string
	read func([]byte) (any, error)
}{
	{"encoding_json", anyOf(stdjson.Unmarshal)},
	{"json_v2", anyOf(func(b []byte, v any) error { return v2.Unmarshal(b, v) })},
	{"sonic_default", anyOf(sonic.Unmarshal)},
	{"sonic_checked", anyOf(safeSonic.Unmarshal)},
	{"jx", readByJX},
}

func anyOf(unmarshal func([]byte, any) error) func([]byte) (any, error) {
	return func(b []byte) (v any, err error) {
		err = unmarshal(b, &v)
		return v, err
	}
}

// readByJX is what restclient did with jx before it had a scanner of its own (docs/adr/0001): check the
// encoding first, then the value, then that nothing follows. Numbers stay their digits.
func readByJX(b []byte) (any, error) {
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("not UTF-8")
	}
	d := jx.DecodeBytes(b)
	v, err := readJX(d)
	if err == nil && d.Skip() != io.EOF {
		err = fmt.Errorf("more than one value")
	}
	return v, err
}

func readJX(d *jx.Decoder) (any, error) {
	switch d.Next() {
	case jx.Object:
		members := map[string]any{}
		err := d.Obj(func(d *jx.Decoder, key string) (err error) {
			members[key], err = readJX(d)
			return err
		})
		return members, err
	case jx.Array:
		var elements []any
		err := d.Arr(func(d *jx.Decoder) error {
			v, err := readJX(d)
			elements = append(elements, v)
			return err
		})
		return elements, err
	case jx.String:
		return d.Str()
	default:
		raw, err := d.Raw()
		return string(bytes.TrimSpace(raw)), err
	}
}

// The choice of a decoder is one of answers as much as of speed. The last column is held here; the others are
// shown by -v, and may change with their versions.
func TestWhatDecodersMakeOfOddBodies(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 4, 2, ' ', 0)
	fmt.Fprint(w, "\nbody")
	for _, r := range readers {
		fmt.Fprint(w, "\t", r.name)
	}
	for _, test := range []struct{ name, body, want string }{
		{"duplicate names", `{"a":1,"a":2}`, `map[a:2]`},
		{"invalid UTF-8", "\"a\xffb\"", "error"},
		{"a surrogate encoded in UTF-8", "\"\xed\xa0\x80\"", "error"},
		{"two documents", `{} {}`, "error"},
		{"a word behind", `{} x`, "error"},
		{"a minus behind", `{}-`, "error"},
		{"half of a surrogate pair", `"a\ud800b"`, `"a` + "\ufffd" + `b"`},
		{"a bare control character", "\"\x01\"", "error"},
		{"a byte order mark", "\ufeff{}", "error"},
		{"10,000 levels", nested(10_000), "accepted"},
		{"10,001 levels", nested(10_001), "error"},
		{"2^53+1", `9007199254740993`, `"9007199254740993"`},
		{"snapshot id", `1724919539450264575`, `"1724919539450264575"`},
		{"1e400", `1e400`, `"1e400"`},
		{"leading zero", `01`, "error"},
		{"trailing dot", `1.`, "error"},
	} {
		fmt.Fprint(w, "\n", test.name)
		for _, r := range readers {
			v, err := r.read([]byte(test.body))
			got := shown(v, err)
			fmt.Fprint(w, "\t", got)
			if r.name == "jx" && got != test.want {
				t.Errorf("%s: got %s, want %s", test.name, got, test.want)
			}
		}
	}
	w.Flush()
	t.Log(table.String())
}

// shown prints a value or that there is none.
func shown(v any, err error) string {
	switch v := v.(type) {
	case string:
		if err == nil {
			return fmt.Sprintf("%q", v)
		}
	case []any:
		if err == nil {
			return "accepted"
		}
	}
	if err != nil {
		return "error"
	}
	return fmt.Sprint(v)
}
