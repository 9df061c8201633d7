package phonenum

import "strings"

// MaxInput is the maximum length of an input in bytes. Longer inputs are
// refused without being read.
const MaxInput = 250

// minNational is the minimum number of digits in a national number.
const minNational = 2

// Parse parses a phone number as people write it. defaultRegion is an ISO 3166
// code, such as "CH", in either case. A number without a plus sign or the
// international prefix of defaultRegion is a number of defaultRegion; if the
// region is empty or unknown, only numbers with a plus sign are accepted.
//
// Parse accepts separators, brackets, national prefixes and carrier codes,
// three or more keypad letters ("1-800-FLOWERS"), digits of any script, tel:
// URIs with a phone-context, and an extension ("ext. 12", ";ext=12", ",,12"),
// which it drops; see [ParseExtension]. It skips text before the first digit or
// plus sign.
//
// The result may be impossible or invalid; see [Number.Possible] and
// [Number.Valid]. The error is a [ParseError].
func Parse(raw, defaultRegion string) (Number, error) {
	n, _, err := ParseExtension(raw, defaultRegion)
	return n, err
}

// ParseExtension is like [Parse] but also returns the extension, up to 20 ASCII
// digits, or "" if there is none.
func ParseExtension(raw, defaultRegion string) (Number, string, error) {
	var in input
	if reason := in.read(raw); reason != 0 {
		return Number{}, "", &ParseError{reason}
	}
	region := planOf(defaultRegion)
	if region == nil && !in.plus {
		return Number{}, "", &ParseError{UnknownCountryCode}
	}
	n, reason := resolve(in.digits[:in.count], in.plus, region)
	if reason != 0 {
		return Number{}, "", &ParseError{reason}
	}
	return n, in.extension, nil
}

// input is a scanned number whose country is not yet known.
type input struct {
	plus      bool
	count     int
	digits    [maxScan]byte // values 0 to 9; digits beyond maxScan are dropped
	extension string
}

func (in *input) add(d byte) {
	if in.count < len(in.digits) {
		in.digits[in.count] = d
		in.count++
	}
}

// Classes of the ASCII characters that numbers mostly consist of.
const (
	classOther = iota // leaves the fast path
	classDigit
	classPunct
	classPlus
)

// classes maps an ASCII character to its class.
const classes = "" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x02\x00\x00\x00\x00\x00\x00\x00\x02\x02\x00\x03\x00\x02\x02\x02\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x02\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// read scans raw. ASCII digits and plain separators, which are nearly all
// inputs, take one pass; other inputs go through readText.
func (in *input) read(raw string) Reason {
	if len(raw) > MaxInput {
		return TooLong
	}
	first, last := -1, -1 // offsets of the first character of the number and of its last digit
	for i := range len(raw) {
		c := raw[i]
		if c >= 0x80 {
			return in.readText(raw)
		}
		switch classes[c] {
		case classDigit:
			if first < 0 {
				first = i
			}
			last = i
			in.add(c - '0')
		case classPunct:
		case classPlus:
			if first < 0 {
				first = i
				in.plus = true
			} else if !in.plus || i == 0 || raw[i-1] != '+' || in.count > 0 {
				return in.readText(raw)
			}
		default:
			return in.readText(raw)
		}
	}
	// Two digits are a number only if the input contains nothing else.
	if in.count < minNational || in.count == minNational && (in.plus || last != first+1) {
		return NotANumber
	}
	return 0
}

// resolve splits the digits into country code and national number. region may
// be nil if plus is set.
func resolve(digits []byte, plus bool, region *plan) (Number, Reason) {
	var buf [maxScan + 8]byte
	var country *code
	var national []byte
	if plus {
		if len(digits) <= minNational {
			return Number{}, TooShortAbroad
		}
		country, national = splitCode(digits)
	}
	if country == nil {
		// A plus sign without a country code may be a typing error: the digits
		// may start with the international prefix of the region.
		var reason Reason
		if country, national, reason = dialled(digits, region, &buf); reason != 0 {
			return Number{}, reason
		}
	}
	p := region
	switch {
	case country != nil:
		p = country.plan(0)
	case plus:
		return Number{}, UnknownCountryCode
	}
	if len(national) < minNational {
		return Number{}, TooShort
	}
	// Strip a national prefix only if the rest has a length of the plan;
	// otherwise this may be a short number.
	var stripBuf [maxScan + 8]byte
	stripped := p.stripNational(national, &stripBuf)
	if fit := p.check(len(stripped)); fit == lengthPossible || fit == lengthTooLong {
		national = stripped
	}
	if len(national) < minNational {
		return Number{}, TooShort
	}
	if len(national) > maxNational {
		return Number{}, TooLong
	}
	return newNumber(p.code, national), 0
}

// splitCode splits the country code off the digits. It returns nil if there is
// none.
func splitCode(digits []byte) (*code, []byte) {
	if len(digits) == 0 || digits[0] == 0 {
		return nil, digits
	}
	number := uint16(0)
	for i := range min(3, len(digits)) {
		number = number*10 + uint16(digits[i])
		if c := codeOf(number); c != nil {
			return c, digits[i+1:]
		}
	}
	return nil, digits
}

// dialled interprets digits without a plus sign as dialled in the region. It
// returns the country code if the digits contain one: after an international
// prefix, or the region's own code in front of a number that is invalid with
// it.
func dialled(digits []byte, region *plan, buf *[maxScan + 8]byte) (*code, []byte, Reason) {
	if region == nil {
		return nil, digits, 0
	}
	if rest, ok := region.stripAbroad(digits); ok {
		if len(rest) <= minNational {
			return nil, nil, TooShortAbroad
		}
		country, national := splitCode(rest)
		if country == nil {
			return nil, nil, UnknownCountryCode
		}
		return country, national, 0
	}
	rest, ok := cutCode(digits, region.code)
	if !ok {
		return nil, digits, 0
	}
	rest = region.stripNational(rest, buf)
	if !region.general(digits) && region.general(rest) || region.check(len(digits)) == lengthTooLong {
		return codeOf(region.code), rest, 0
	}
	return nil, digits, 0
}

// cutCode cuts the country code from the start of the digits.
func cutCode(digits []byte, number uint16) (rest []byte, ok bool) {
	size := 1
	switch {
	case number >= 100:
		size = 3
	case number >= 10:
		size = 2
	}
	if len(digits) < size {
		return digits, false
	}
	value := uint16(0)
	for _, d := range digits[:size] {
		value = value*10 + uint16(d)
	}
	if value != number {
		return digits, false
	}
	return digits[size:], true
}

// ParseE164 is the inverse of [Number.E164]: it parses a plus sign, a known
// country code and 2 to 17 national digits. Unlike [Parse] it accepts no other
// form. The error is a [ParseError].
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
