package text

import "strings"

// minDigits is how many digits make a phone number.
const minDigits = 7

// RedactError is Redact of the error's text.
func RedactError(err error) string { return Redact(err.Error()) }

// Redact replaces every digit of what looks like a phone number with '#' and
// keeps everything else, so that the length in bytes stays the same.
//
// A phone number is a run of seven or more digits, with or without a leading
// '+', whose groups are separated by one space, dot, dash or slash, or by
// parentheses. IPv4 addresses with or without port, ISO dates and times, durations,
// UUIDs, numbers in 0x notation and hexadecimal IDs of 16 or more characters are not
// replaced, and neither is a phone number without '+' that has the form of one of
// these, such as 22.33.44.55.
func Redact(s string) string {
	var out []byte
	for i := 0; i < len(s); {
		if n := shown(s, i); n > 0 {
			i += n
			continue
		}
		if !IsDigit(s[i]) && (s[i] != '+' || gap(s, i+1) < 0) {
			i++
			continue
		}
		end, digits := number(s, i)
		if digits >= minDigits {
			if out == nil {
				out = []byte(s)
			}
			mask(out[i:end])
		}
		i = end
	}
	if out == nil {
		return s
	}
	return string(out)
}

func mask(b []byte) {
	for i, c := range b {
		if IsDigit(c) {
			b[i] = '#'
		}
	}
}

// number returns the end of the run of digit groups that starts at i, and its number
// of digits. The run ends before text that cannot be part of a phone number.
func number(s string, i int) (end, digits int) {
	for end = i; ; {
		next := gap(s, end)
		if s[end] == '+' && end == i {
			next = gap(s, end+1)
		}
		if next < 0 || digits > 0 && next > end && surelyShown(s, next) > 0 {
			return end, digits
		}
		for end = next; end < len(s) && IsDigit(s[end]); end++ {
			digits++
		}
		if end == len(s) {
			return end, digits
		}
	}
}

// gap returns the position of the digit after the separators at i, or -1 if there is
// none. Separators are at most one of " ./-", spaces around a dash, slash or dot, and
// parentheses on either side.
func gap(s string, i int) int {
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
// but is none, or 0.
func shown(s string, i int) int {
	if i > 1 && (s[i-1] == 'h' || s[i-1] == 'm') && IsDigit(s[i-2]) {
		return duration(s[i:]) // the seconds of 2m30.5s
	}
	if i > 0 && (isWord(s[i-1]) || s[i-1] == '+') {
		return 0
	}
	if n := surelyShown(s, i); n > 0 {
		return n
	}
	for _, form := range []func(string) int{address, date, duration} {
		if n := form(s[i:]); n > 0 {
			return n
		}
	}
	return 0
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
	if n > 0 && n < len(s) && s[n] != ' ' && gap(s, n) > 0 {
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
	if n == 0 || n < len(s) && IsDigit(s[n]) {
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
