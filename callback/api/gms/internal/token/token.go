// Package token replaces the tokens $name$ in GMS options by values of a request.
package token

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/text"
)

const (
	// MaxName is the maximum length of a token's or an option's name in bytes.
	MaxName = 128
	// MaxFilled is the maximum length in bytes of an option with its tokens
	// replaced, the same as that of a field of [github.com/ringback-go/ringback/callback/manager.Request].
	MaxFilled = 1024
)

// IsName reports whether name can be the name of a token or an option: 1 to
// [MaxName] letters, digits, underscores, dashes and dots.
func IsName(name string) bool {
	if name == "" || len(name) > MaxName {
		return false
	}
	for _, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == '.':
		default:
			return false
		}
	}
	return true
}

// IsControl reports whether r is a control character other than a tab, which
// option values may contain.
func IsControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// Text returns the text of a request value. The error is a
// [callback.FieldError] when the value has no text form, is longer than
// [MaxFilled] bytes, has control characters or is not UTF-8.
func Text(name string, value any) (string, error) {
	s, ok := value.(string)
	if !ok {
		s, ok = callback.TextOf(value)
	}
	switch {
	case !ok:
		return "", invalid(name, "is not a string")
	case !text.Whole(value):
		return "", invalid(name, text.RuleWhole)
	case len(s) > MaxFilled:
		return "", invalid(name, "has more than "+strconv.Itoa(MaxFilled)+" bytes")
	case !utf8.ValidString(s) || strings.ContainsFunc(s, IsControl):
		return "", invalid(name, "has control characters or is not UTF-8")
	}
	return s, nil
}

func invalid(name, rule string) error {
	return callback.NewFieldError(callback.ErrInvalidParameter, name, rule)
}

// Fill replaces each token $name$ in template by the value of that name. A
// token without a value stays as it is, and complete is false. Tokens inside
// values are not replaced. The errors are those of [Text]; option names the
// template in them.
func Fill(option, template string, values callback.Values) (text string, complete bool, err error) {
	var b strings.Builder
	complete = true
	for rest := template; rest != ""; {
		before, name, after, ok := cut(rest)
		b.WriteString(before)
		rest = after
		if !ok {
			break
		}
		value, ok := values[name]
		if !ok {
			complete = false
			b.WriteString("$" + name + "$")
			continue
		}
		filled, err := Text(name, value)
		if err != nil {
			return "", false, err
		}
		if b.WriteString(filled); b.Len() > MaxFilled {
			break
		}
	}
	if b.Len() > MaxFilled {
		return "", false, invalid(option, "has more than "+strconv.Itoa(MaxFilled)+" bytes after token expansion")
	}
	return b.String(), complete, nil
}

// Names returns the names of the tokens in text.
func Names(text string) []string {
	var names []string
	for {
		_, name, after, ok := cut(text)
		if !ok {
			return names
		}
		names = append(names, name)
		text = after
	}
}

// IsOne reports whether text is one token and nothing else.
func IsOne(text string) bool {
	before, _, after, ok := cut(text)
	return ok && before == "" && after == ""
}

// cut splits text around its first token.
func cut(text string) (before, name, after string, ok bool) {
	for i := 0; i < len(text); i++ {
		if text[i] != '$' {
			continue
		}
		end := strings.IndexByte(text[i+1:], '$')
		if end < 0 {
			break
		}
		name = text[i+1 : i+1+end]
		if IsName(name) {
			return text[:i], name, text[i+end+2:], true
		}
		// The closing sign may open a token, as in "5$ $x$".
		i += end
	}
	return text, "", "", false
}
