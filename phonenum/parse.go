package phonenum

// MaxInput is the most bytes of an input that are looked at; a longer one is refused before any work.
const MaxInput = 250

// minNational is the fewest digits of a national number.
const minNational = 2

// Parse reads a phone number as people write it. A number that does not start with a plus sign or with the prefix that leads abroad
// from defaultRegion (an ISO 3166 code such as "CH", in either case) is one of defaultRegion; with "" or an unknown
// region only the plus form is understood.
//
// It understands separators, brackets, national prefixes and carrier codes, letters on the keypad ("1-800-FLOWERS", from three
// letters on), digits of any script, tel: URIs with a phone-context, and an extension ("ext. 12", ";ext=12", ",,12"), which it
// drops; see [ParseExtension]. What comes before the first digit or plus sign is skipped.
//
// A result need not be possible or valid, see [Number.Possible] and [Number.Valid]. The error is a [ParseError].
func Parse(raw, defaultRegion string) (Number, error) {
	n, _, err := ParseExtension(raw, defaultRegion)
	return n, err
}

// ParseExtension is [Parse] and returns the extension as well, up to 20 ASCII digits, "" if there is none.
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

// input is a number as it was written, before anything is known about its country.
type input struct {
	plus      bool
	count     int
	digits    [maxScan]byte // values 0 to 9; more than maxScan are too many anyway and dropped
	extension string
}

func (in *input) add(d byte) {
	if in.count < len(in.digits) {
		in.digits[in.count] = d
		in.count++
	}
}

// The classes of the bytes that numbers mostly consist of.
const (
	classOther = iota // leaves the fast path
	classDigit
	classPunct
	classPlus
)

// classes holds the class of each ASCII byte.
const classes = "" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x02\x00\x00\x00\x00\x00\x00\x00\x02\x02\x00\x03\x00\x02\x02\x02\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x02\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// read scans raw. Inputs of ASCII digits and plain separators, nearly all, take one pass; the others go through readText.
func (in *input) read(raw string) Reason {
	if len(raw) > MaxInput {
		return TooLong
	}
	first, last := -1, -1 // the first sign of the number, its last digit
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
	// Two digits are a number only if they are all there is.
	if in.count < minNational || in.count == minNational && (in.plus || last != first+1) {
		return NotANumber
	}
	return 0
}

// resolve finds the country code and the national number among the digits. The region may be nil if there is a plus sign.
func resolve(digits []byte, plus bool, region *plan) (Number, Reason) {
	var buf [maxScan + 8]byte
	var country *code
	national := digits
	if plus {
		if len(digits) <= minNational {
			return Number{}, TooShortAbroad
		}
		if country, national = splitCode(digits); country == nil {
			// The plus sign may be a slip: try the rest as a number dialled in the region, with a prefix that leads abroad.
			var reason Reason
			if country, national, reason = dialled(digits, region, &buf); reason != 0 {
				return Number{}, reason
			}
			if country == nil {
				return Number{}, UnknownCountryCode
			}
		}
	} else {
		var reason Reason
		if country, national, reason = dialled(digits, region, &buf); reason != 0 {
			return Number{}, reason
		}
	}
	p := region
	if country != nil {
		p = country.plan(0)
	} else {
		national = digits
	}
	if len(national) < minNational {
		return Number{}, TooShort
	}
	// A national prefix is one only if what remains has a length of the plan; otherwise this may be a short number.
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

// splitCode splits a country code from the start of the digits; nil if there is none.
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

// dialled reads digits that do not start with a plus sign the way they would be dialled in the region. It returns the country code
// if the digits have one: after a prefix that leads abroad, or the region's own code in front of a number that makes no
// sense with it.
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

// cutCode removes the country code from the start of the digits.
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
