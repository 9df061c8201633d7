package gms

import (
	"strings"
	"unicode/utf8"

	"github.com/ringback-go/ringback/callback/api/internal/safetext"
)

// clip shortens text of a client before it is written back.
func clip(s string) string { return safetext.Clip(s, 128) }

// ruleText is the rule of text that [safetext.IsPlain] rejects.
const ruleText = "has control characters or is not UTF-8"

// sentence makes a sentence of a lower case text.
func sentence(s string) string {
	if s == "" {
		return s
	}
	r, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[n:] + "."
}
