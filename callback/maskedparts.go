package callback

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// The types of this file are parts of requests and records that say something of a
// person. They print as those of masked.go.

// Reveal returns the values as a map that fmt and encoding/json show, and so those
// within them. It may share them with v.
func (v Values) Reveal() map[string]any {
	nested := false
	for _, value := range v {
		nested = nested || isNested(value)
	}
	if !nested {
		return v
	}
	// A value that contains itself is left to encoding/json, which refuses it.
	const deepest, most = 100, 1 << 20
	left := most
	plain := make(map[string]any, len(v))
	for key, value := range v {
		plain[key] = revealed(value, deepest, &left)
	}
	return plain
}

func isNested(value any) bool {
	switch value.(type) {
	case Values, map[string]any, []any:
		return true
	}
	return false
}

func revealed(value any, depth int, left *int) any {
	if *left--; *left < 0 || depth == 0 {
		return value
	}
	switch v := value.(type) {
	case Values:
		return revealed(map[string]any(v), depth, left)
	case map[string]any:
		plain := make(map[string]any, len(v))
		for key, item := range v {
			plain[key] = revealed(item, depth-1, left)
		}
		return plain
	case []any:
		plain := make([]any, len(v))
		for i, item := range v {
			plain[i] = revealed(item, depth-1, left)
		}
		return plain
	}
	return value
}

// String returns the keys in order, with numbers hidden, and "***" instead of the
// values.
func (v Values) String() string {
	var b strings.Builder
	for i, key := range slices.Sorted(maps.Keys(v)) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(text.Redact(key) + ":***")
	}
	return "Values{" + b.String() + "}"
}

// Format prints what String returns, for every formatting verb.
func (v Values) Format(f fmt.State, _ rune) { text.Write(f, v.String()) }

// MarshalText returns what String returns. Use [Values.Reveal] to encode values.
func (v Values) MarshalText() ([]byte, error) { return text.Marshal(v) }

// String returns the names of the fields that are set, and "***" instead of their values.
func (o Origin) String() string { return text.Mask(o) }

// Format prints what String returns, for every formatting verb.
func (o Origin) Format(f fmt.State, _ rune) { text.Write(f, o.String()) }

// MarshalText returns what String returns.
func (o Origin) MarshalText() ([]byte, error) { return text.Marshal(o) }

// String returns the names of the fields that are set, and "***" instead of their values.
func (s Source) String() string { return text.Mask(s) }

// Format prints what String returns, for every formatting verb.
func (s Source) Format(f fmt.State, _ rune) { text.Write(f, s.String()) }

// MarshalText returns what String returns.
func (s Source) MarshalText() ([]byte, error) { return text.Marshal(s) }

// String returns the masked number and the names of the other fields that are set.
func (c Customer) String() string { return text.Mask(c, "Number", "Alternative") }

// Format prints what String returns, for every formatting verb.
func (c Customer) Format(f fmt.State, _ rune) { text.Write(f, c.String()) }

// MarshalText returns what String returns.
func (c Customer) MarshalText() ([]byte, error) { return text.Marshal(c) }

// String returns the names of the fields that are set, and "***" instead of their values.
func (a Agent) String() string { return text.Mask(a) }

// Format prints what String returns, for every formatting verb.
func (a Agent) Format(f fmt.State, _ rune) { text.Write(f, a.String()) }

// MarshalText returns what String returns.
func (a Agent) MarshalText() ([]byte, error) { return text.Marshal(a) }

// String returns the names of the fields that are set, and "***" instead of their values, except for MediaType.
func (i Interaction) String() string { return text.Mask(i, "MediaType") }

// Format prints what String returns, for every formatting verb.
func (i Interaction) Format(f fmt.State, _ rune) { text.Write(f, i.String()) }

// MarshalText returns what String returns.
func (i Interaction) MarshalText() ([]byte, error) { return text.Marshal(i) }

// String returns the names of the fields that are set, and "***" instead of their values.
func (i Idempotency) String() string { return text.Mask(i) }

// Format prints what String returns, for every formatting verb.
func (i Idempotency) Format(f fmt.State, _ rune) { text.Write(f, i.String()) }

// MarshalText returns what String returns.
func (i Idempotency) MarshalText() ([]byte, error) { return text.Marshal(i) }

// String returns tenant and ID, and "***" instead of the key.
func (b By) String() string { return text.Mask(b, "Tenant", "ID") }

// Format prints what String returns, for every formatting verb.
func (b By) Format(f fmt.State, _ rune) { text.Write(f, b.String()) }

// MarshalText returns what String returns.
func (b By) MarshalText() ([]byte, error) { return text.Marshal(b) }

// Format prints the fields. It hides digits of Address that may belong to a phone
// number.
func (r Reservation) Format(f fmt.State, verb rune) {
	type plain Reservation
	r.Address = text.Redact(r.Address)
	fmt.Fprintf(f, fmt.FormatString(f, verb), plain(r))
}

// MarshalJSON returns the fields. It hides digits of Address that may belong to a
// phone number.
func (r Reservation) MarshalJSON() ([]byte, error) {
	type plain Reservation
	r.Address = text.Redact(r.Address)
	return json.Marshal(plain(r))
}

// Format prints the fields. Without it fmt would not call the methods of the fields
// of a pointer to a Release.
func (r Release) Format(f fmt.State, verb rune) {
	type plain Release
	fmt.Fprintf(f, fmt.FormatString(f, verb), plain(r))
}

// Format prints the fields. It hides digits of Raw that may belong to a phone
// number.
func (o Outcome) Format(f fmt.State, verb rune) {
	type plain Outcome
	o.Raw = text.Redact(o.Raw)
	fmt.Fprintf(f, fmt.FormatString(f, verb), plain(o))
}

// MarshalJSON returns the fields. It hides digits of Raw that may belong to a
// phone number.
func (o Outcome) MarshalJSON() ([]byte, error) {
	type plain Outcome
	o.Raw = text.Redact(o.Raw)
	return json.Marshal(plain(o))
}

// Format prints what String returns, for every formatting verb.
func (e Event) Format(f fmt.State, _ rune) { text.Write(f, e.String()) }

// MarshalJSON returns the fields. It hides digits of Detail that may belong to a
// phone number.
func (e Event) MarshalJSON() ([]byte, error) {
	type plain Event
	e.Detail = text.Redact(e.Detail)
	return json.Marshal(plain(e))
}

// Format prints what Error returns, for every formatting verb.
func (e ModeError) Format(f fmt.State, _ rune) { text.Write(f, e.Error()) }

// MarshalText returns what Error returns.
func (e ModeError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// Format prints what Error returns, for every formatting verb.
func (e ContactError) Format(f fmt.State, _ rune) { text.Write(f, e.Error()) }

// MarshalText returns what Error returns.
func (e ContactError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// Format prints what Error returns, for every formatting verb.
func (e PanicError) Format(f fmt.State, _ rune) { text.Write(f, e.Error()) }

// MarshalText returns what Error returns.
func (e PanicError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }
