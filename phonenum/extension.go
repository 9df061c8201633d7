package phonenum

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// findExtension returns where the extension of a viable number starts and its digits as ASCII, or -1.
func findExtension(text string) (at int, digits string) {
	for at := range text {
		if digits, ok := extension(text[at:]); ok {
			return at, digits
		}
	}
	return -1, ""
}

// The labels in front of an extension. A clear one may be followed by more digits than one that can mean something else.
var (
	clearLabels     = []string{"anexo", "доб"}
	ambiguousLabels = []string{"x", "ｘ", "#", "＃", "~", "～", "int", "ｉｎｔ"}
)

// extension reports whether the whole of text is an extension with what announces it, such as " ext. 12", and returns the digits as
// ASCII. The forms and their longest numbers of digits are libphonenumber's.
func extension(text string) (string, bool) {
	if text == "" {
		return "", false
	}
	switch c := text[0]; { // cheap refusal of the common signs that start no extension
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

// cutClear removes a label that can only announce an extension: ext, xt, extension with or without an accent, and their parts.
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

// skipMarks removes what may stand between a label and the digits.
func skipMarks(text string) string {
	for _, mark := range []string{":", ".", "．"} {
		if rest, ok := strings.CutPrefix(text, mark); ok {
			text = rest
			break
		}
	}
	return strings.TrimLeft(text, " \u00a0\t,-")
}

// tail reports whether text is 1 to most digits, with hash and then perhaps a "#", and returns the digits as ASCII.
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

// cutFold removes prefix (lower case) from the start of text, whatever the case there.
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

// sameFold reports whether a and b differ in case at most.
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
