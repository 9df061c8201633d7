package phonenum

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// findExtension returns the offset of the extension in the text of a viable
// number and its digits as ASCII, or -1 if there is none.
func findExtension(text string) (at int, digits string) {
	for at := range text {
		if digits, ok := extension(text[at:]); ok {
			return at, digits
		}
	}
	return -1, ""
}

// Labels of an extension. After a clear label more digits are accepted than
// after one that can mean something else.
var (
	clearLabels     = []string{"anexo", "доб"}
	ambiguousLabels = []string{"x", "ｘ", "#", "＃", "~", "～", "int", "ｉｎｔ"}
)

// extension parses text that consists entirely of an extension with its label,
// such as " ext. 12", and returns the digits as ASCII. The forms and their
// maximum numbers of digits are those of libphonenumber.
func extension(text string) (string, bool) {
	if text == "" {
		return "", false
	}
	switch c := text[0]; { // fast path: characters that start no extension
	case c >= '0' && c <= '9', c == '(', c == ')', c == '.', c == '/':
		return "", false
	}
	if rest, ok := cutFold(text, ";ext="); ok {
		if digits, ok := tail(rest, 20, false); ok {
			return digits, true
		}
	}
	labelled := strings.TrimLeft(text, " \u00a0\t,")
	if rest, ok := cutClear(labelled); ok {
		if digits, ok := tail(skipMarks(rest), 20, true); ok {
			return digits, true
		}
	}
	for _, label := range ambiguousLabels {
		if rest, ok := cutFold(labelled, label); ok {
			if digits, ok := tail(skipMarks(rest), 9, true); ok {
				return digits, true
			}
		}
	}
	if rest := strings.TrimLeft(text, "- "); rest != text && strings.HasSuffix(rest, "#") {
		if digits, ok := tail(rest, 6, true); ok {
			return digits, true
		}
	}
	bare := strings.TrimLeft(text, " \u00a0\t")
	rest, ok := strings.CutPrefix(bare, ",,")
	if !ok {
		rest, ok = strings.CutPrefix(bare, ";")
	}
	if ok {
		if digits, ok := tail(skipMarks(rest), 15, true); ok {
			return digits, true
		}
	}
	if rest := strings.TrimLeft(bare, ","); rest != bare {
		return tail(skipMarks(rest), 9, true)
	}
	return "", false
}

// cutClear cuts a label that can only announce an extension: ext, xt, extension
// with or without an accent, and abbreviations of these.
func cutClear(text string) (string, bool) {
	for _, label := range clearLabels {
		if rest, ok := cutFold(text, label); ok {
			return rest, true
		}
	}
	wide := text
	if rest, ok := cutFold(wide, "ｅ"); ok {
		wide = rest
	}
	if rest, ok := cutFold(wide, "ｘｔ"); ok {
		if end, ok := cutFold(rest, "ｎ"); ok {
			rest = end
		}
		return rest, true
	}
	if rest, ok := cutFold(text, "e"); ok {
		text = rest
	}
	rest, ok := cutFold(text, "xt")
	if !ok {
		return text, false
	}
	for _, word := range []string{"ensio\u0301", "ensio", "ensió"} {
		if end, ok := cutFold(rest, word); ok {
			rest = end
			break
		}
	}
	if end, ok := cutFold(rest, "n"); ok {
		rest = end
	}
	return rest, true
}

// skipMarks cuts the punctuation between a label and the digits.
func skipMarks(text string) string {
	for _, mark := range []string{":", ".", "．"} {
		if rest, ok := strings.CutPrefix(text, mark); ok {
			text = rest
			break
		}
	}
	return strings.TrimLeft(text, " \u00a0\t,-")
}

// tail parses text that consists of 1 to most digits, followed by an optional
// "#" if hash is set, and returns the digits as ASCII.
func tail(text string, most int, hash bool) (string, bool) {
	if hash {
		text = strings.TrimSuffix(text, "#")
	}
	var digits [20]byte
	count := 0
	for _, r := range text {
		d, ok := digitValue(r)
		if !ok || count == most {
			return "", false
		}
		digits[count] = '0' + d
		count++
	}
	return string(digits[:count]), count > 0
}

// cutFold cuts a lower-case prefix from text, ignoring the case of text.
func cutFold(text, prefix string) (string, bool) {
	rest := text
	for _, want := range prefix {
		r, size := utf8.DecodeRuneInString(rest)
		if size == 0 || !sameFold(r, want) {
			return text, false
		}
		rest = rest[size:]
	}
	return rest, true
}

// sameFold reports whether a and b are equal under Unicode case folding.
func sameFold(a, b rune) bool {
	if a == b {
		return true
	}
	for f := unicode.SimpleFold(a); f != a; f = unicode.SimpleFold(f) {
		if f == b {
			return true
		}
	}
	return false
}
