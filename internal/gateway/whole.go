package gateway

import (
	"encoding/json"
	"strconv"
	"strings"
)

// whole gives the digits of a number that is whole and has 64 bits, however it is written: 1.0, 10e-1 and 1E0 are the integer 1,
// as JSON has one kind of number and writers of JSON differ. Empty for anything else. It is exact, since nothing passes through
// a float64, and takes no more time than the number is long, whatever its exponent.
// Source: https://spec.graphql.org/September2025/#sec-Int.Input-Coercion
func whole(value any) string {
	switch value := value.(type) {
	case int64: // of a default
		return strconv.FormatInt(value, 10)
	case json.Number:
		return wholeDigits(string(value))
	}
	return ""
}

// maxDigits is how many digits a number of 64 bits has at most.
const maxDigits = 19

// wholeDigits is whole for a number as JSON writes it.
func wholeDigits(number string) string {
	unsigned, isNegative := strings.CutPrefix(number, "-")
	mantissa, exponent, _ := strings.Cut(strings.ToLower(unsigned), "e")
	integer, fraction, _ := strings.Cut(mantissa, ".")
	// The value is 0.digits times ten to the power of point, and digits begin and end with none that is 0.
	significant := strings.TrimLeft(integer+fraction, "0")
	digits := strings.TrimRight(significant, "0")
	if digits == "" {
		return "0"
	}
	shift, _ := strconv.ParseInt(exponent, 10, 32) // as far as it goes where it is beyond, which no text is long enough to balance
	point := len(integer) - (len(integer) + len(fraction) - len(significant)) + int(shift)
	if len(digits) > point || point > maxDigits {
		return ""
	}
	digits += strings.Repeat("0", point-len(digits))
	if isNegative {
		digits = "-" + digits
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
