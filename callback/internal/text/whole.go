package text

import (
	"encoding/json"
	"strings"
)

// RuleWhole is the rule for numbers that [Whole] rejects.
const RuleWhole = "is a number with a sign, a fraction or an exponent; write it as a string"

// Whole reports whether a JSON value may stand for a text: it is no number, or one
// that is written in digits alone. 493012345678.0 must not become the digits
// 4930123456780.
func Whole(value any) bool {
	n, ok := value.(json.Number)
	return !ok || n != "" && strings.Trim(string(n), "0123456789") == ""
}
