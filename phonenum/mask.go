package phonenum

import (
	"fmt"
	"log/slog"
	"strconv"
)

// hidden replaces a digit or letter that is not shown.
const hidden = "•"

// String returns the masked number: the country code, a dot for each hidden
// digit, and the last digits, at most four and at most half of them, such as
// +41•••••6677. It returns "" for the zero Number.
func (n Number) String() string {
	if n.IsZero() {
		return ""
	}
	var buf [maxNational]byte
	digits := n.national(&buf)
	b := make([]byte, 0, 4+len(hidden)*len(digits))
	b = append(b, '+')
	b = strconv.AppendUint(b, uint64(n.code), 10)
	shown := min(4, len(digits)/2)
	for range len(digits) - shown {
		b = append(b, hidden...)
	}
	for _, d := range digits[len(digits)-shown:] {
		b = append(b, '0'+d)
	}
	return string(b)
}

// GoString returns the masked number for %#v.
func (n Number) GoString() string { return "phonenum.Number(" + n.String() + ")" }

// Format prints the masked number for every verb.
func (n Number) Format(s fmt.State, verb rune) { formatMasked(s, verb, n.String(), n.GoString()) }

// LogValue returns the masked number.
func (n Number) LogValue() slog.Value { return slog.StringValue(n.String()) }

// MarshalText returns the masked number. Use [Number.E164] to store a number.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// MarshalJSON returns the masked number. Use [Number.E164] to store a number.
func (n Number) MarshalJSON() ([]byte, error) { return strconv.AppendQuote(nil, n.String()), nil }

// formatMasked prints text, or goText for %#v, and honours the width and
// precision of s.
func formatMasked(s fmt.State, verb rune, text, goText string) {
	switch {
	case verb == 'v' && s.Flag('#'):
		text = goText
	case verb == 'q':
		text = strconv.Quote(text)
	}
	fmt.Fprintf(s, fmt.FormatString(s, 's'), text)
}
