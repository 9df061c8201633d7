package text

import (
	"net/netip"
	"strings"
	"unicode"
)

const (
	minDigits = 7  // how many digits make a phone number
	maxGap    = 16 // how many characters may separate two of its digits
)

// RedactError is Redact of the error's text.
func RedactError(err error) string { return Redact(err.Error()) }

// Redact replaces every digit of what looks like a phone number with '#' and
// keeps everything else. A digit of several bytes becomes as many '#', so that the
// length in bytes stays the same.
//
// A phone number is a run of seven or more decimal digits of any script that no
// letter interrupts. Characters that %q, a URL or HTML has escaped count as what
// they stand for. IP addresses with or without port, ISO dates and times, times of
// day, durations and other quantities of up to six digits with a unit, amounts such as 12,345,678,
// UUIDs, numbers in 0x notation and hexadecimal IDs of 16 or more characters are not
// replaced, and neither is a phone number without '+' that has the form of one of
// these, such as 22.33.44.55.
func Redact(s string) string {
	var out []byte
	for i, before := 0, ' '; i < len(s); {
		if n := shown(s, i, before); n > 0 {
			i, before = i+n, rune(s[i+n-1])
			continue
		}
		r, size := char(s, i)
		if !isDigit(r) && (r != '+' || !beginsNumber(s, i)) {
			i, before = i+size, r
			continue
		}
		end, digits := number(s, i, before)
		if digits >= minDigits {
			if out == nil {
				out = []byte(s)
			}
			mask(out, s, i, end)
		}
		i, before = end, '0'
	}
	if out == nil {
		return s
	}
	return string(out)
}

// mask replaces the digits of s[from:to] in out.
func mask(out []byte, s string, from, to int) {
	for from < to {
		r, size := char(s, from)
		for i := range size {
			if isDigit(r) {
				out[from+i] = '#'
			}
		}
		from += size
	}
}

// number returns the end of the run of digits that starts at i, and how many there
// are. The run ends before a letter and before text that cannot be part of a phone
// number.
func number(s string, i int, before rune) (end, digits int) {
	first, _ := char(s, i)
	for end = i; ; {
		next := gap(s, end)
		if next < 0 {
			return end, digits
		}
		if digits > 0 && next > end && endsNumber(s, i, end, next, first == '+' || before == '+', digits) {
			return end, digits
		}
		for end = next; end < len(s); digits++ {
			r, size := char(s, end)
			if !isDigit(r) {
				break
			}
			end += size
		}
		if end == len(s) {
			return end, digits
		}
	}
}

// beginsNumber reports whether the '+' at i belongs to the digits after it, and not
// to a number that is masked already.
func beginsNumber(s string, i int) bool {
	next := gap(s, i)
	return next > 0 && !strings.Contains(s[i:next], "#")
}

// endsNumber reports whether the text at next is none that continues the number
// at s[from:end], which has some digits and may begin with '+'.
func endsNumber(s string, from, end, next int, plus bool, digits int) bool {
	between := s[end:next]
	if between == ":" { // of the time in 02/Jan/2026:10:20:30, if it is one
		return end-from == 4 && (s[from:from+2] == "19" || s[from:from+2] == "20") && clock(s[next:]) > 0
	}
	if plus {
		return surelyShown(s, next) > 0 && (digits >= minDigits || clock(s[next:]) == 0)
	}
	return surelyShown(s, next) > 0 ||
		tightGap(s, end) < 0 && strings.ContainsAny(between, " <>[]{}\"'=|;") && looksShown(s, next, rune(between[len(between)-1])) > 0
}

// gap returns the position of the digit after the separators at i, or -1 if there is
// none. Everything but a letter or a digit is a separator.
func gap(s string, i int) int {
	for range maxGap + 1 {
		if i == len(s) {
			return -1
		}
		r, size := char(s, i)
		switch {
		case isDigit(r):
			return i
		case unicode.IsLetter(r) && r != '\u30fc': // which is written as a dash
			return -1
		}
		i += size
	}
	return -1
}

// tightGap is gap for the separators that people write within a phone number: at
// most one of ./-, spaces, and parentheses.
func tightGap(s string, i int) int {
	seen, spaces := false, 0
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case IsDigit(c):
			return i
		case c == ' ' && spaces < 2:
			spaces++
		case strings.IndexByte(".-/", c) >= 0 && !seen:
			seen = true
		case c == '(' || c == ')':
		default:
			return -1
		}
	}
	return -1
}

// shown returns the length of the text at i that has enough digits for a phone number
// but is none, or 0. The character before it must not continue a word.
func shown(s string, i int, before rune) int {
	if i > 1 && (before == 'h' || before == 'm') && IsDigit(s[i-2]) {
		return duration(s[i:]) // the seconds of 2m30.5s
	}
	if before == '+' || before == '_' || isDigit(before) || unicode.IsLetter(before) {
		return 0
	}
	return looksShown(s, i, before)
}

func looksShown(s string, i int, before rune) int {
	if n := surelyShown(s, i); n > 0 {
		return n
	}
	for _, form := range []func(string) int{address, address6, date, duration, minutes, amount} {
		if n := form(s[i:]); n > 0 {
			return n
		}
	}
	if before == '.' || before == '-' {
		return 0 // the rest of a decimal fraction, or of a number
	}
	return quantity(s[i:])
}

// surelyShown is like shown, for the forms that no phone number can have.
func surelyShown(s string, i int) int {
	for _, form := range []func(string) int{uuid, hex, timestamp, clock} {
		if n := form(s[i:]); n > 0 {
			return n
		}
	}
	return 0
}

// like returns the length of the pattern at the start of s, or 0: 'd' is a
// digit, 'x' a hexadecimal digit, '-' a dash or a slash, and any other byte
// itself.
func like(s, pattern string) int {
	if len(s) < len(pattern) {
		return 0
	}
	for i := range len(pattern) {
		ok := s[i] == pattern[i]
		switch pattern[i] {
		case 'd':
			ok = IsDigit(s[i])
		case 'x':
			ok = isHex(s[i])
		case '-':
			ok = s[i] == '-' || s[i] == '/'
		}
		if !ok {
			return 0
		}
	}
	return len(pattern)
}

// whole returns n if what begins at s[n] does not continue a word, else 0.
func whole(s string, n int) int {
	if n < len(s) && isWord(s[n]) {
		return 0
	}
	return n
}

func uuid(s string) int {
	const form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	return whole(s, like(s, form))
}

// hex matches 0x notation, and a word of 16 or more hexadecimal digits with at
// least two letters.
func hex(s string) int {
	n, letters := 0, 0
	if strings.HasPrefix(s, "0x") {
		n, letters = 2, len(s)
	}
	start := n
	for ; n < len(s) && isHex(s[n]); n++ {
		if !IsDigit(s[n]) {
			letters++
		}
	}
	if letters < 2 || start == 0 && n < 16 {
		return 0
	}
	return whole(s, n)
}

// calendar matches year, month and day in the given form.
func calendar(s, form string) int {
	n := like(s, form)
	if n == 0 || s[:2] != "19" && s[:2] != "20" {
		return 0
	}
	plain := strings.NewReplacer("-", "", "/", "").Replace(s[:n])
	month, day := plain[4:6], plain[6:8]
	if month < "01" || month > "12" || day < "01" || day > "31" {
		return 0
	}
	return n
}

// date matches an ISO date that is not followed by further groups of digits.
func date(s string) int {
	n := whole(s, calendar(s, "dddd-dd-dd"))
	if n > 0 && n < len(s) && s[n] != ' ' && tightGap(s, n) > 0 {
		return 0
	}
	return n
}

// timestamp matches a date with a time of day, as RFC 3339, ISO 8601 and
// [time.Time.String] write it.
func timestamp(s string) int {
	n := calendar(s, "dddd-dd-dd")
	switch {
	case n == 0:
		return compact(s)
	case n == len(s) || s[n] != 'T' && s[n] != ' ':
		return 0
	}
	t := clock(s[n+1:])
	if t == 0 {
		return 0
	}
	n += 1 + t
	n += zone(s[n:])
	if like(s[n:], " UTC") > 0 {
		n += len(" UTC")
	}
	if like(s[n:], " m=") > 0 {
		// The reading of the monotonic clock.
		for n += len(" m="); n < len(s) && (IsDigit(s[n]) || strings.IndexByte("+-.", s[n]) >= 0); n++ {
		}
	}
	return n
}

// compact matches a date and a time without punctuation, as in
// 20260102T100000Z.
func compact(s string) int {
	n := calendar(s, "dddddddd")
	if n == 0 || like(s[n:], "Tdddddd") == 0 {
		return 0
	}
	if n += len("Tdddddd"); n < len(s) && s[n] == 'Z' {
		n++
	}
	return whole(s, n)
}

// zone matches an offset from UTC after a time of day.
func zone(s string) int {
	n := 0
	if n < len(s) && s[n] == 'Z' {
		return whole(s, 1)
	}
	if n < len(s) && s[n] == ' ' {
		n++
	}
	if n == len(s) || s[n] != '+' && s[n] != '-' {
		return 0
	}
	for _, form := range []string{"dd:dd", "dddd"} {
		if m := whole(s[n+1:], like(s[n+1:], form)); m > 0 {
			return n + 1 + m
		}
	}
	return 0
}

// clock matches a time of day with seconds, with or without a fraction.
func clock(s string) int {
	n := like(s, "dd:dd:dd")
	if n == 0 || s[:2] > "24" || s[3] > '5' || s[6] > '6' || n < len(s) && IsDigit(s[n]) || n+1 < len(s) && s[n] == ':' && IsDigit(s[n+1]) {
		return 0
	}
	if n+1 < len(s) && (s[n] == '.' || s[n] == ',') && IsDigit(s[n+1]) {
		for n++; n < len(s) && IsDigit(s[n]); n++ {
		}
	}
	return n
}

// duration matches what [time.Duration.String] writes with a fraction.
func duration(s string) int {
	n := digitsOf(s)
	if n == 0 || n > 3 || n == len(s) || s[n] != '.' {
		return 0
	}
	fraction := digitsOf(s[n+1:])
	if n += 1 + fraction; fraction == 0 {
		return 0
	}
	for _, unit := range []string{"ns", "us", "\u00b5s", "ms", "s"} {
		if strings.HasPrefix(s[n:], unit) && whole(s, n+len(unit)) > 0 {
			return n + len(unit)
		}
	}
	return 0
}

// minutes matches a time of day without seconds that no further digits follow.
func minutes(s string) int {
	n := like(s, "dd:dd")
	if n == 0 || s[:2] > "24" || s[3] > '5' || whole(s, n) == 0 {
		return 0
	}
	if n+1 < len(s) && s[n] == ':' && IsDigit(s[n+1]) {
		return 0
	}
	if next := tightGap(s, n); next > 0 && like(s[next:], "dd:dd") == 0 && surelyShown(s, next) == 0 && date(s[next:]) == 0 {
		return 0
	}
	return n
}

// amount matches a number whose thousands are separated by commas.
func amount(s string) int {
	n := digitsOf(s)
	if n == 0 || n > 3 || s[0] == '0' {
		return 0
	}
	from := n
	for n < len(s) && s[n] == ',' && digitsOf(s[n+1:]) == 3 {
		n += 4
	}
	if n == from || whole(s, n) == 0 || tightGap(s, n) > 0 || n < len(s) && s[n] == ',' && gap(s, n) == n+1 {
		return 0
	}
	return n
}

// quantity matches a number of at most six digits with its unit.
func quantity(s string) int {
	n := digitsOf(s)
	if n == 0 || n > 6 {
		return 0
	}
	for _, unit := range []string{"ns", "us", "\u00b5s", "ms", "s", "m", "h", "B", "kB", "KB", "MB", "GB", "KiB", "MiB", "GiB", "Hz", "kHz", "MHz"} {
		if strings.HasPrefix(s[n:], unit) && whole(s, n+len(unit)) > 0 {
			return n + len(unit)
		}
	}
	return 0
}

// address6 matches an IPv6 address that has as many digits as a number. An address without "::" has 16 or more
// digits, which are too many for a phone number.
func address6(s string) int {
	n, colons := 0, 0
	for n < len(s) && n < 40 && (isHex(s[n]) || s[n] == ':') {
		if s[n] == ':' {
			colons++
		}
		n++
	}
	if n > 0 && s[n-1] == ':' && !strings.HasSuffix(s[:n], "::") {
		n-- // the colon of the sentence
	}
	if colons < 2 || n-colons < minDigits || !strings.Contains(s[:n], "::") && n-7 < 16 {
		return 0
	}
	if _, err := netip.ParseAddr(s[:n]); err != nil {
		return 0
	}
	return whole(s, n)
}

// address matches an IPv4 address and the port or the prefix length after it.
func address(s string) int {
	n := 0
	for i := range 4 {
		if i > 0 {
			if n == len(s) || s[n] != '.' {
				return 0
			}
			n++
		}
		octet := digitsOf(s[n:])
		if octet == 0 || octet > 3 || octet > 1 && s[n] == '0' || octet == 3 && s[n:n+3] > "255" {
			return 0
		}
		n += octet
	}
	if whole(s, n) == 0 || n+1 < len(s) && s[n] == '.' && IsDigit(s[n+1]) {
		return 0
	}
	if n < len(s) && (s[n] == ':' || s[n] == '/') {
		if tail := digitsOf(s[n+1:]); tail > 0 && tail <= 5 {
			n += 1 + tail
		}
	}
	return n
}

// digitsOf counts the digits at the start of s.
func digitsOf(s string) int {
	n := 0
	for n < len(s) && IsDigit(s[n]) {
		n++
	}
	return n
}

// IsDigit reports whether c is an ASCII digit.
func IsDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool { return IsDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func isWord(c byte) bool { return IsDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
