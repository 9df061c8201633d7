package phonenum

import (
	"fmt"
	"log/slog"
	"strconv"
)

// hidden stands for a digit or letter that is not shown.
const hidden = "•"

// String returns the number masked: the country code, a dot for each hidden digit, and the last digits, four at most and never more
// than half, such as +41•••••6677; "" for no number.
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

// Format prints the masked number, whatever the verb.
func (n Number) Format(s fmt.State, verb rune) { formatMasked(s, verb, n.String(), n.GoString()) }

// LogValue returns the masked number.
func (n Number) LogValue() slog.Value { return slog.StringValue(n.String()) }

// MarshalText returns the masked number. To store a number, take [Number.E164].
func (n Number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// MarshalJSON returns the masked number. To store a number, take [Number.E164].
func (n Number) MarshalJSON() ([]byte, error) { return strconv.AppendQuote(nil, n.String()), nil }

// formatMasked prints text, or goText for %#v, with the width and precision of the state.
func formatMasked(s fmt.State, verb rune, text, goText string) {
	switch {
	case verb == 'v' && s.Flag('#'):
		text = goText
	case verb == 'q':
		text = strconv.Quote(text)
	}
	fmt.Fprintf(s, fmt.FormatString(s, 's'), text)
}
