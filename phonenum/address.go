package phonenum

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
	"unique"
)

// Bounds of what an [Address] holds.
const (
	// MaxExtension is the most digits of an extension.
	MaxExtension = 20
	// MaxRaw is the most bytes of a raw dial string.
	MaxRaw = 128
)

// AddressKind says what an [Address] is.
type AddressKind uint8

// The kinds.
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

// Address is what a call can be placed to: a phone number with or without an extension, a SIP URI, or a raw dial string that nobody
// checked. It is a value: two addresses are the same exactly if they are ==. The zero Address is none.
//
// An Address prints itself masked, whatever prints it; Reveal and Key give the text.
type Address struct {
	number Number
	// text is the extension of a phone number, the canonical SIP URI or the raw dial string. A handle keeps it comparable and out
	// of the reach of printers that look into unexported fields.
	text unique.Handle[string]
	kind AddressKind
}

// newAddress makes the address with the given parts; an empty text stays the zero handle so that equal addresses are ==.
func newAddress(kind AddressKind, n Number, text string) Address {
	a := Address{number: n, kind: kind}
	if text != "" {
		a.text = unique.Make(text)
	}
	return a
}

// value returns the text, "" for the zero handle.
func (a Address) value() string {
	if a.text == (unique.Handle[string]{}) {
		return ""
	}
	return a.text.Value()
}

// AddressOf returns the address of a number. An ext that is not 1 to [MaxExtension] ASCII digits counts as none. The zero Number has
// the zero Address.
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

// ParseAddress reads a SIP URI ("sip:hans@example.com"), a telephone URI ("tel:+41785556677;ext=12", also with a blank after the
// colon or with a phone-context), or a number as [Parse] does. A SIP URI stays one even if its user part is a number. The error is an
// [AddressError]; with [MaxInput] exceeded or no number in the input it wraps a [ParseError].
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

// parseTel reads a telephone URI behind its scheme. Parameters other than ext and phone-context do not change whom the call reaches
// and are dropped.
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

// dropVisual removes the visual separators of RFC 3966.
func dropVisual(r rune) rune {
	if strings.ContainsRune("-.()", r) {
		return -1
	}
	return r
}

// RawAddress returns a raw dial string such as "5115" or "555-5461206" as an address, without blanks at its ends. It must consist of
// 1 to [MaxRaw] bytes of printable characters. Text that is exactly what [Address.Reveal] gives for another kind is that kind.
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

// RevealedAddress restores the address whose [Address.Reveal] gave s, exactly; "" gives the zero Address. It is for stores, and
// does not understand what people write.
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

// canonical reads text that Reveal gives for a phone number or SIP URI.
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

// ParseE164 restores the number whose [Number.E164] gave s, exactly: a plus sign, a known country code and 2 to 17 national
// digits. Unlike [Parse] it changes nothing. The error is a [ParseError].
func ParseE164(s string) (Number, error) {
	var digits [3 + maxNational]byte
	text, ok := strings.CutPrefix(s, "+")
	if !ok {
		return Number{}, &ParseError{NotANumber}
	}
	if len(text) > len(digits) {
		return Number{}, &ParseError{TooLong}
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return Number{}, &ParseError{NotANumber}
		}
		digits[i] = text[i] - '0'
	}
	country, national := splitCode(digits[:len(text)])
	switch {
	case country == nil:
		return Number{}, &ParseError{UnknownCountryCode}
	case len(national) < minNational:
		return Number{}, &ParseError{TooShort}
	case len(national) > maxNational:
		return Number{}, &ParseError{TooLong}
	}
	return newNumber(country.code, national), nil
}

// Kind returns what the address is.
func (a Address) Kind() AddressKind { return a.kind }

// IsZero reports whether a is no address.
func (a Address) IsZero() bool { return a == Address{} }

// Equal reports whether a and other are the same address, like ==.
func (a Address) Equal(other Address) bool { return a == other }

// Number returns the number of an address of kind Phone.
func (a Address) Number() (Number, bool) { return a.number, a.kind == Phone }

// Ext returns the extension of a phone number, "" if it has none. It reveals the extension.
func (a Address) Ext() string {
	if a.kind != Phone {
		return ""
	}
	return a.value()
}
