package text

import (
	"io"
	"strings"
)

func Cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:most]
}

// Clip shortens text that came from outside before it is quoted in an error,
// and hides digits, which may be a person's number.
func Clip(s string) string {
	const most = 40
	out := make([]rune, 0, most)
	for _, r := range s {
		if len(out) == most {
			return string(out) + "..."
		}
		switch {
		case r >= '0' && r <= '9':
			r = '#'
		case r < ' ' || r == 0x7f:
			r = ' '
		}
		out = append(out, r)
	}
	return string(out)
}

// RedactError gives the text of a host's error without what may be a person's number:
// five digits or more, also when blanks or punctuation stand between them.
func RedactError(err error) string { return Redact(err.Error()) }

func Redact(s string) string {
	text := []byte(s)
	for i := 0; i < len(text); i++ {
		if !isDigit(text[i]) {
			continue
		}
		end, digits := i, 0
		for j := i; j < len(text) && (isDigit(text[j]) || strings.IndexByte(" .-()/", text[j]) >= 0); j++ {
			if isDigit(text[j]) {
				end, digits = j+1, digits+1
			}
		}
		for j := i; j < end && digits >= 5; j++ {
			if isDigit(text[j]) {
				text[j] = '#'
			}
		}
		i = end
	}
	return string(text)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func Hidden(s string) string {
	if s == "" {
		return ""
	}
	return "***"
}

func Write(w io.Writer, s string) { _, _ = io.WriteString(w, s) }

// maxName bounds names, ids and keys, in bytes.
const MaxName = 128

func HasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
