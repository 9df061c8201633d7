package gms

import (
	"strings"
	"unicode/utf8"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// clip shortens text of a client that is sent back.
func clip(s string) string { return text.Shorten(s, 128) }

// ruleText is the rule for text that [text.IsPlain] rejects.
const ruleText = "has control characters or is not UTF-8"

// sentence capitalizes s and adds a period.
func sentence(s string) string {
	if s == "" {
		return s
	}
	r, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[n:] + "."
}
