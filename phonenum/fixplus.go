package phonenum

import "strings"

// FixPlus returns raw with a plus sign in front if it starts with a digit from
// 1 to 9, is not a valid number of region, and is a valid international number
// with the plus sign. Otherwise it returns raw unchanged. "41785556677" becomes
// "+41785556677" in the United States; a number that is valid in region stays
// as it is. GMS: _fix_plus_on_int_phone_numbers
func FixPlus(raw, region string) string {
	text := strings.TrimSpace(raw)
	if text == "" || text[0] < '1' || text[0] > '9' {
		return raw
	}
	if n, err := Parse(text, region); err == nil && n.Valid() {
		return raw
	}
	if n, err := Parse("+"+text, ""); err != nil || !n.Valid() {
		return raw
	}
	return "+" + text
}
