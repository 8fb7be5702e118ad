package document

import (
	"encoding/json"
	"math/big"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A number is a whole one by its value, not by how it is written, and exactly.
func TestWhole(t *testing.T) {
	t.Parallel()
	zeros := strings.Repeat("0", 10_000)
	for number, want := range map[string]string{
		"0": "0", "-0": "0", "0.0": "0", "-0.0": "0", "0e5": "0", "0.000e-7": "0", "0e999999999": "0", "0e-999999999999999999999": "0",
		"1": "1", "1.0": "1", "1.000": "1", "1e0": "1", "1E2": "100", "1e+2": "100", "10e-1": "1", "100e-2": "1", "1.5e1": "15", "-1.0": "-1",
		"0.01e2": "1", "0.01e3": "10", "120.0": "120", "-12.50e1": "-125", "1e0000000000000000000000002": "100", "1.50e+00000001": "15",
		"9007199254740993.0": "9007199254740993", "9007199254740993": "9007199254740993", "90071992547409930e-1": "9007199254740993",
		"9223372036854775807": "9223372036854775807", "9223372036854775807.0": "9223372036854775807", "-9223372036854775808e0": "-9223372036854775808",
		"9223372036854775808": "", "-9223372036854775809.0": "", "9.3e18": "", "1e19": "", "1e18": "1000000000000000000", "10000000000000000000e-1": "1000000000000000000",
		"1.5": "", "0.1": "", "1e-1": "", "15e-1": "", "1.0000000000000000000000001": "", "-0.5": "",
		"1e400": "", "1e999999999": "", "1e-999999999": "", "1e99999999999999999999": "", "1e-99999999999999999999": "", "-1e2147483647": "", "1e-2147483648": "",
		"1" + zeros: "", "1." + zeros: "1", "1." + zeros + "1": "", "0." + zeros + "1e10001": "1", "1" + zeros + "e-10000": "1", zeros[:0] + "0." + zeros: "0",
	} {
		if got := integerDigits(json.Number(number)); got != want {
			t.Errorf("%.40s is %q, want %q", number, got, want)
		}
	}
}

// Whatever the number, arithmetic that has no bounds says the same.
func TestWholeIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,3}|\.0{1,20})?([eE][+-]?0?[0-9]{1,2})?`).Draw(t, "number")
		exact, ok := new(big.Rat).SetString(number)
		if !ok {
			t.Fatalf("%s is no number", number)
		}
		want := ""
		if exact.IsInt() && exact.Num().IsInt64() {
			want = exact.Num().String()
		}
		if got := integerDigits(json.Number(number)); got != want {
			t.Fatalf("%s is %q, want %q", number, got, want)
		}
	})
}

// An exponent costs no memory that the number's own text does not.
func TestWholeIsCheap(t *testing.T) {
	for _, number := range []string{"1e999999999", "1e-999999999", "-1.5E2147483647", "0e999999999", "1e999999999999999999"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 100 {
			_ = integerDigits(json.Number(number))
		}
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
			t.Errorf("%s: %d bytes", number, grown)
		}
	}
}
