package document

import (
	"encoding/json"
	"strconv"
	"strings"
)

// integerDigits returns the digits of a number that is whole and fits into 64 bits, however it is written:
// JSON has one kind of number, and writers of JSON differ. Empty for anything else. It is exact, since
// nothing passes through a float64, and takes no more time than the number is long, whatever its exponent.
// Source: https://spec.graphql.org/September2025/#sec-Int.Input-Coercion
//
// Example: 1.0, 10e-1 and 1E0 are "1"; 1.5 and 1e19 are "".
func integerDigits(value any) string {
	switch value := value.(type) {
	case int64: // of a default
		return strconv.FormatInt(value, 10)
	case json.Number:
		return digitsOf(string(value))
	}
	return ""
}

// maxDigits is how many digits a number of 64 bits has at most. A longer text of zeros is not even made.
const maxDigits = 19

// digitsOf is integerDigits for a number as JSON writes it.
func digitsOf(number string) string {
	unsigned, isNegative := strings.CutPrefix(number, "-")
	mantissa, exponent, _ := strings.Cut(strings.ToLower(unsigned), "e")
	integer, fraction, _ := strings.Cut(mantissa, ".")
	significant := strings.TrimLeft(integer+fraction, "0")
	digits := strings.TrimRight(significant, "0")
	if digits == "" {
		return "0"
	}
	// The value is 0.digits times ten to the power of point: of 12.50e1 the digits are 125, and point is 4 -
	// 2 + 1 = 3.
	// An exponent beyond 32 bits is cut to them, which no text has enough digits to make up for.
	shift, _ := strconv.ParseInt(exponent, 10, 32)
	point := len(significant) - len(fraction) + int(shift)
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
