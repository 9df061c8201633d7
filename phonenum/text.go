package phonenum

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Parts of a telephone URI (RFC 3966).
const (
	telScheme    = "tel:"
	contextParam = ";phone-context="
	isdnParam    = ";isub="
)

// readText scans an input that is not just ASCII digits and separators.
func (in *input) readText(raw string) Reason {
	*in = input{}
	text, ok := numberPart(raw)
	if !ok || !viable(text) {
		return NotANumber
	}
	plus, _ := utf8.DecodeRuneInString(text)
	in.plus = isPlus(plus)
	if at, digits := findExtension(text); at >= 0 && viable(text[:at]) {
		in.extension = digits
		text = text[:at]
	}
	letters := 0
	for i := range len(text) {
		if isLetter(text[i]) {
			letters++
		}
	}
	for _, r := range text {
		if d, ok := digitValue(r); ok {
			in.add(d)
			continue
		}
		// Three or more letters spell a number; fewer are noise.
		if letters >= 3 {
			if d, ok := keypad(unicode.ToUpper(r)); ok {
				in.add(d)
			}
		}
	}
	return 0
}

// numberPart returns the part of raw that may be a number. With a phone-context
// it is the number of the URI, with the digits of the context in front.
// Otherwise it starts at the first digit or plus sign, and trailing punctuation
// and a second number are cut off.
func numberPart(raw string) (string, bool) {
	at := strings.Index(raw, contextParam)
	var text string
	if at >= 0 {
		context, _, _ := strings.Cut(raw[at+len(contextParam):], ";")
		if !validContext(context) {
			return "", false
		}
		if at > 0 {
			text = raw[:at]
			if i := strings.Index(text, telScheme); i >= 0 {
				text = text[i+len(telScheme):]
			}
			if context[0] == '+' {
				text = context + text
			}
		}
	}
	if at <= 0 {
		start := strings.IndexFunc(raw, func(r rune) bool { return isPlus(r) || isDigit(r) })
		if start < 0 {
			return "", false
		}
		text = strings.TrimRightFunc(raw[start:], func(r rune) bool {
			return r != '#' && !unicode.IsLetter(r) && !unicode.IsNumber(r)
		})
		text = cutSecond(text)
	}
	if i := strings.Index(text, isdnParam); i > 0 {
		text = text[:i]
	}
	return text, true
}

// cutSecond cuts the extension of a second number, as in "(530) 583-6985
// x302/x2303".
func cutSecond(text string) string {
	for i := range len(text) {
		if text[i] == '/' || text[i] == '\\' {
			if strings.HasPrefix(strings.TrimLeft(text[i+1:], " "), "x") {
				return text[:i]
			}
		}
	}
	return text
}

// validContext reports whether a phone-context is a global number or a domain
// name, as RFC 3966 requires.
func validContext(context string) bool {
	if context == "" {
		return false
	}
	if context[0] == '+' {
		digits := 0
		for _, r := range context[1:] {
			if isDigit(r) {
				digits++
			} else if !strings.ContainsRune("-.()", r) {
				return false
			}
		}
		return digits > 0
	}
	labels := strings.Split(strings.TrimSuffix(context, "."), ".")
	for i, label := range labels {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		for j, r := range label {
			letter := r < utf8.RuneSelf && isLetter(byte(r))
			if !letter && !isDigit(r) && r != '-' || i == len(labels)-1 && j == 0 && !letter {
				return false
			}
		}
	}
	return true
}

// viable reports whether text has the shape of a number: either two digits, or
// optional plus signs and at least three digits with separators between them,
// followed by digits, letters and separators and an optional extension.
func viable(text string) bool {
	at := 0
	count := 0
	for i, r := range text {
		if at = i; !isPlus(r) {
			break
		}
		at = i + utf8.RuneLen(r)
	}
	digitsOnly := at == 0
	for count < 3 {
		if at == len(text) {
			return digitsOnly && count == 2
		}
		r, size := utf8.DecodeRuneInString(text[at:])
		switch {
		case isDigit(r):
			count++
		case isSeparator(r):
			digitsOnly = false
		default:
			return false
		}
		at += size
	}
	for at < len(text) {
		if _, ok := extension(text[at:]); ok {
			return true
		}
		r, size := utf8.DecodeRuneInString(text[at:])
		// The two characters beyond ASCII are case variants of k and s.
		letter := r < utf8.RuneSelf && isLetter(byte(r)) || r == '\u212a' || r == '\u017f'
		if !letter && !isDigit(r) && !isSeparator(r) {
			return false
		}
		at += size
	}
	return true
}

func isPlus(r rune) bool { return r == '+' || r == '\uff0b' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// isSeparator reports whether r may occur between the digits of a number. The
// letter x is a placeholder for a carrier code.
func isSeparator(r rune) bool {
	if r < utf8.RuneSelf {
		return strings.ContainsRune("-xX ().[]/~*", r)
	}
	switch {
	case r >= 0x2010 && r <= 0x2015, r >= 0xff0d && r <= 0xff0f:
		return true
	}
	switch r {
	case 0x2212, 0x30fc, 0x00a0, 0x00ad, 0x200b, 0x2060, 0x3000, 0xff08, 0xff09, 0xff3b, 0xff3d, 0x2053, 0x223c, 0xff5e:
		return true
	}
	return false
}

// keypad returns the digit of a capital letter on a telephone keypad (ITU-T
// E.161).
func keypad(r rune) (byte, bool) {
	if r < 'A' || r > 'Z' {
		return 0, false
	}
	return "22233344455566677778889999"[r-'A'] - '0', true
}

// isDigit reports whether r is a decimal digit of any script.
func isDigit(r rune) bool {
	return r >= '0' && r <= '9' || r >= utf8.RuneSelf && unicode.Is(unicode.Nd, r)
}

// digitValue returns the value of a decimal digit of any script. Unicode keeps
// the ten digits of a script together and in order, so the value follows from
// the distance to the start of the range.
func digitValue(r rune) (byte, bool) {
	if r >= '0' && r <= '9' {
		return byte(r - '0'), true
	}
	if !isDigit(r) {
		return 0, false
	}
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return byte((r - rune(t.Lo)) % 10), true
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return byte((r - rune(t.Lo)) % 10), true
		}
	}
	return 0, false
}
