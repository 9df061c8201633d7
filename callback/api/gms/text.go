package gms

import (
	"strings"
	"unicode/utf8"

	"github.com/ringback-go/ringback/callback/api/internal/safetext"
)

// clip shortens text of a client that is sent back.
func clip(s string) string { return safetext.Clip(s, 128) }

// ruleText is the rule for text that [safetext.IsPlain] rejects.
const ruleText = "has control characters or is not UTF-8"

// sentence capitalizes s and adds a period.
func sentence(s string) string {
	if s == "" {
		return s
	}
	r, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[n:] + "."
}
