package phonenum

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
	"unique"
)

// Limits of an [Address].
const (
	// MaxExtension is the maximum number of digits in an extension.
	MaxExtension = 20
	// MaxRaw is the maximum length of a raw dial string in bytes.
	MaxRaw = 128
)

// AddressKind is the kind of an [Address].
type AddressKind uint8

// Kinds of an [Address].
const (
	None AddressKind = iota
	Phone
	SIP
	Raw
)

var kindNames = [...]string{"none", "phone", "sip", "raw"}

// String returns the name of the kind, such as "phone".
func (k AddressKind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "address-kind(" + strconv.Itoa(int(k)) + ")"
}

// Address is a destination for a call: a phone number with an optional
// extension, a SIP URI, or a raw dial string that is not checked. It is
// comparable; two addresses are equal exactly if they are ==. The zero Address
// is no address.
//
// Every way of printing an Address masks it. Reveal, Key and Ext return the
// text.
type Address struct {
	number Number
	// text is the extension, the canonical SIP URI or the raw dial string. A
	// unique.Handle keeps Address comparable and hides the text from printers
	// that look into unexported fields.
	text unique.Handle[string]
	kind AddressKind
}

// newAddress returns an address. It keeps the zero handle for empty text, so
// that equal addresses are ==.
func newAddress(kind AddressKind, n Number, text string) Address {
	a := Address{number: n, kind: kind}
	if text != "" {
		a.text = unique.Make(text)
	}
	return a
}

// value returns the text, or "" for the zero handle.
func (a Address) value() string {
	if a.text == (unique.Handle[string]{}) {
		return ""
	}
	return a.text.Value()
}

// AddressOf returns the address of a number. It ignores an ext that is not 1 to
// [MaxExtension] ASCII digits. The zero Number yields the zero Address.
func AddressOf(n Number, ext string) Address {
	if n.IsZero() {
		return Address{}
	}
	if !validExtension(ext) {
		ext = ""
	}
	return newAddress(Phone, n, ext)
}

func validExtension(ext string) bool {
	for i := range len(ext) {
		if ext[i] < '0' || ext[i] > '9' {
			return false
		}
	}
	return ext != "" && len(ext) <= MaxExtension
}

// ParseAddress parses a SIP URI ("sip:hans@example.com"), a telephone URI
// ("tel:+41785556677;ext=12", also with a space after the colon or with a
// phone-context), or a number as [Parse] does. A SIP URI whose user part is a
// number is still a SIP URI. The error is an [AddressError]; it wraps a
// [ParseError] if the input exceeds [MaxInput] or contains no number.
func ParseAddress(raw, defaultRegion string) (Address, error) {
	if len(raw) > MaxInput {
		return Address{}, &AddressError{"input", &ParseError{TooLong}}
	}
	text := strings.TrimSpace(raw)
	if scheme, rest, ok := strings.Cut(text, ":"); ok {
		switch strings.ToLower(scheme) {
		case "sip", "sips":
			uri, rule := canonicalSIP(strings.ToLower(scheme), rest)
			if rule != "" {
				return Address{}, &AddressError{rule, nil}
			}
			return newAddress(SIP, Number{}, uri), nil
		case "tel":
			return parseTel(rest, defaultRegion)
		}
	}
	n, ext, err := ParseExtension(text, defaultRegion)
	if err != nil {
		return Address{}, &AddressError{"input", err}
	}
	return AddressOf(n, ext), nil
}

// parseTel parses what follows the scheme of a telephone URI. It drops
// parameters other than ext and phone-context, because they do not affect who
// is reached.
func parseTel(text, defaultRegion string) (Address, error) {
	subscriber, params, _ := strings.Cut(text, ";")
	var ext string
	number := strings.TrimSpace(subscriber)
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "ext":
			ext = strings.Map(dropVisual, value)
			if !validExtension(ext) {
				return Address{}, &AddressError{"tel uri has an ext that is not 1 to 20 digits", nil}
			}
		case "phone-context":
			if !validContext(value) {
				return Address{}, &AddressError{"tel uri has an invalid phone-context", nil}
			}
			if value[0] == '+' && !strings.HasPrefix(number, "+") {
				number = value + number
			}
		}
	}
	n, written, err := ParseExtension(number, defaultRegion)
	if err != nil {
		return Address{}, &AddressError{"tel uri", err}
	}
	if ext == "" {
		ext = written
	}
	return AddressOf(n, ext), nil
}

// dropVisual drops the visual separators of RFC 3966.
func dropVisual(r rune) rune {
	if strings.ContainsRune("-.()", r) {
		return -1
	}
	return r
}

// RawAddress returns a raw dial string, such as "5115" or "555-5461206", as an
// address. It trims spaces; the rest must be 1 to [MaxRaw] bytes of printable
// characters. Text that [Address.Reveal] returns for another kind yields an
// address of that kind.
func RawAddress(raw string) (Address, error) {
	if len(raw) > MaxInput {
		return Address{}, &AddressError{"raw address has more than 128 bytes", nil}
	}
	text := strings.TrimSpace(raw)
	switch {
	case text == "":
		return Address{}, &AddressError{"raw address is empty", nil}
	case len(text) > MaxRaw:
		return Address{}, &AddressError{"raw address has more than 128 bytes", nil}
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }):
		return Address{}, &AddressError{"raw address has a character that cannot be printed", nil}
	}
	if a, ok := canonical(text); ok {
		return a, nil
	}
	return newAddress(Raw, Number{}, text), nil
}

// RevealedAddress is the inverse of [Address.Reveal], for stores; "" yields the
// zero Address. Use [ParseAddress] for human input.
func RevealedAddress(s string) (Address, error) {
	if s == "" {
		return Address{}, nil
	}
	if a, ok := canonical(s); ok {
		return a, nil
	}
	a, err := RawAddress(s)
	if err != nil || a.value() != s {
		return Address{}, errors.Join(&AddressError{"not a revealed address", nil}, err)
	}
	return a, nil
}

// canonical parses text that Reveal returns for a phone number or a SIP URI.
func canonical(text string) (Address, bool) {
	if number, ext, found := strings.Cut(text, ";ext="); strings.HasPrefix(text, "+") {
		n, err := ParseE164(number)
		if err != nil || found && !validExtension(ext) {
			return Address{}, false
		}
		return AddressOf(n, ext), true
	}
	scheme, rest, _ := strings.Cut(text, ":")
	if scheme != "sip" && scheme != "sips" || len(text) > MaxInput {
		return Address{}, false
	}
	if uri, rule := canonicalSIP(scheme, rest); rule != "" || uri != text {
		return Address{}, false
	}
	return newAddress(SIP, Number{}, text), true
}

// Kind returns the kind of the address.
func (a Address) Kind() AddressKind { return a.kind }

// IsZero reports whether a is the zero Address.
func (a Address) IsZero() bool { return a == Address{} }

// Equal reports whether a == other.
func (a Address) Equal(other Address) bool { return a == other }

// Number returns the number of an address of kind Phone, and false for any
// other.
func (a Address) Number() (Number, bool) { return a.number, a.kind == Phone }

// Ext returns the extension of a phone number, or "". It reveals the extension.
func (a Address) Ext() string {
	if a.kind != Phone {
		return ""
	}
	return a.value()
}
