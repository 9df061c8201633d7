package text

import (
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// char returns the character of s at i and its length. What %q, a URL or HTML has
// escaped counts as the character that it stands for.
func char(s string, i int) (r rune, size int) {
	switch s[i] {
	case '\\':
		r, size = backslash(s[i:])
	case '%':
		r, size = percent(s[i:])
	case '&':
		r, size = entity(s[i:])
	}
	if size > 0 {
		return r, size
	}
	return utf8.DecodeRuneInString(s[i:])
}

// backslash decodes an escape of Go or JSON.
func backslash(s string) (rune, int) {
	if len(s) < 2 {
		return 0, 0
	}
	digits := 0
	switch s[1] {
	case 'n', 't', 'r', 'a', 'b', 'f', 'v', '\\', '"', '\'', '/':
		return ' ', 2
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	default:
		return 0, 0
	}
	if len(s) < 2+digits {
		return 0, 0
	}
	n, err := strconv.ParseUint(s[2:2+digits], 16, 31)
	if err != nil {
		return 0, 0
	}
	if digits == 2 && n >= utf8.RuneSelf {
		return ' ', 4 // a byte that is not UTF-8
	}
	return rune(n), 2 + digits
}

// percent decodes one character of a URL.
func percent(s string) (rune, int) {
	var encoded [utf8.UTFMax]byte
	n := 0
	for n < len(encoded) && like(s[3*n:], "%xx") > 0 {
		b, err := strconv.ParseUint(s[3*n+1:3*n+3], 16, 8)
		if err != nil {
			break
		}
		encoded[n] = byte(b)
		n++
	}
	if n == 0 {
		return 0, 0
	}
	r, size := utf8.DecodeRune(encoded[:n])
	if r == utf8.RuneError || r < utf8.RuneSelf && unicode.IsLetter(r) || r < ' ' && r != '\t' && r != '\n' && r != '\r' { // no URL has these
		return 0, 0
	}
	return r, 3 * size
}

// entity decodes a character reference of HTML.
func entity(s string) (rune, int) {
	const longest = 10
	end := strings.IndexByte(s[:min(len(s), longest)], ';')
	if end < 0 {
		return 0, 0
	}
	text := html.UnescapeString(s[:end+1])
	r, size := utf8.DecodeRuneInString(text)
	if size != len(text) {
		return 0, 0
	}
	return r, end + 1
}

// CountDigits counts the digits of any script in s, also escaped ones.
func CountDigits(s string) int {
	count := 0
	for i := 0; i < len(s); {
		r, size := char(s, i)
		if isDigit(r) {
			count++
		}
		i += size
	}
	return count
}

// isDigit reports whether r is a decimal digit of any script, or another character
// that stands for a number: raised, lowered, in a circle, or of a script without
// decimal digits.
func isDigit(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= '0' && r <= '9'
	}
	return unicode.In(r, unicode.Nd, unicode.No)
}
