package phonenum

import "strings"

// FixPlus returns raw with a plus sign in front if it lacks one: if it starts with a digit, is a valid international number with the
// plus sign and is no valid number of region as it stands. Otherwise it returns raw unchanged. So "41785556677" becomes
// "+41785556677" in the United States, and a number that is already good in region stays that number. This is the GMS option
// _fix_plus_on_int_phone_numbers.
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
