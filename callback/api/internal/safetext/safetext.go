// Package safetext checks and shortens text that came from a client before it is
// stored, logged or written back.
package safetext

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxID is the maximum length of a callback's identifier in bytes.
const MaxID = 128

// Clip shortens s to at most limit bytes at a character boundary and marks the
// cut with "...". It drops bytes that are not UTF-8.
func Clip(s string, limit int) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) <= limit {
		return s
	}
	for !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "..."
}

// Name makes a name that a client chose fit for an error: at most 40 bytes,
// printable, with numbers masked.
func Name(s string) string {
	printable := func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}
	return Redact(strings.Map(printable, Clip(s, 40)), 5)
}

// Redact masks every run of at least digits digits with '#'. Spaces and the
// punctuation of phone numbers do not end a run.
func Redact(s string, digits int) string {
	out := []byte(s)
	for i := 0; i < len(out); i++ {
		end, found := i, 0
		for j := i; j < len(out) && (IsDigit(out[j]) || found > 0 && strings.IndexByte(" .-()/", out[j]) >= 0); j++ {
			if IsDigit(out[j]) {
				end, found = j+1, found+1
			}
		}
		for j := i; j < end && found >= digits; j++ {
			if IsDigit(out[j]) {
				out[j] = '#'
			}
		}
		i = max(i, end-1)
	}
	return string(out)
}

// IsDigit reports whether c is an ASCII digit.
func IsDigit(c byte) bool { return c >= '0' && c <= '9' }

// IsControl reports whether r is an ASCII control character.
func IsControl(r rune) bool { return r < ' ' || r == 0x7f }

// IsPlain reports whether s is UTF-8 without control characters, the text that
// stores can keep and compare.
func IsPlain(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, IsControl) }

// IsID reports whether s can be the identifier of a callback.
func IsID(s string) bool { return s != "" && len(s) <= MaxID && IsPlain(s) }

// Rule returns the rule that s breaks as a text of at most limit bytes; "" for
// none.
func Rule(s string, limit int) string {
	switch {
	case len(s) > limit:
		return "has more than " + strconv.Itoa(limit) + " bytes"
	case !utf8.ValidString(s):
		return "is not UTF-8"
	case strings.ContainsFunc(s, IsControl):
		return "has control characters"
	}
	return ""
}
