// Package text shortens and masks text for errors, logs and printed records.
package text

import (
	"strings"
	"unicode"
)

// MaxName is the longest name, ID or key, in bytes.
const MaxName = 128

// Cut returns at most the first most bytes of s.
func Cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:most]
}

// Clip prepares text of a caller for an error message: it masks phone numbers
// as Redact does, replaces what is not printable with spaces and cuts the result
// to 40 characters.
func Clip(s string) string {
	const most = 40
	out := make([]rune, 0, most)
	for _, r := range Redact(s) {
		if len(out) == most {
			return string(out) + "..."
		}
		if !unicode.IsPrint(r) {
			r = ' '
		}
		out = append(out, r)
	}
	return string(out)
}

// HasControl reports whether s contains an ASCII control character.
func HasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
