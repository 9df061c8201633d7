package text

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Shorten returns at most limit bytes of s, cut at a character boundary. It
// marks a cut with "..." and drops bytes that are not UTF-8.
func Shorten(s string, limit int) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) <= limit {
		return s
	}
	for !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "..."
}

// IsPlain reports whether s is UTF-8 without control characters, the text that
// stores can keep and compare.
func IsPlain(s string) bool { return utf8.ValidString(s) && !HasControl(s) }

// IsID reports whether a store can look for s as the ID of a callback.
func IsID(s string) bool { return s != "" && len(s) <= MaxName && IsPlain(s) }

// Rule returns the rule that s breaks as a text of at most limit bytes, or "".
func Rule(s string, limit int) string {
	switch {
	case len(s) > limit:
		return "has more than " + strconv.Itoa(limit) + " bytes"
	case !utf8.ValidString(s):
		return "is not UTF-8"
	case HasControl(s):
		return "has control characters"
	}
	return ""
}
