package gms

import (
	"strings"
	"unicode/utf8"
)

// clip shortens text that came from outside before it is written back.
func clip(s string) string {
	const most = 128
	s = strings.ToValidUTF8(s, "")
	if len(s) <= most {
		return s
	}
	for end := most; ; end-- {
		if utf8.RuneStart(s[end]) {
			return s[:end] + "..."
		}
	}
}

// sentence makes a sentence of a lower case text.
func sentence(s string) string {
	if s == "" {
		return s
	}
	r, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[n:] + "."
}
