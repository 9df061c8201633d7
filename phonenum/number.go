package phonenum

import "strconv"

// maxNational is the most digits of a national significant number: the ITU allows 15 with the country code, Germany has longer ones.
const maxNational = 17

// Number is a phone number: a country code and a national significant number. It is a value: two numbers are the same number exactly
// if they are ==, so that a Number can be a map key. The zero Number is no number.
//
// A Number prints itself masked, whatever prints it; E164, National, International and RFC3966 give the digits. An extension is
// not part of a Number, see [Address].
type Number struct {
	// bits holds 16 digits of the national number, four bits each, the first one on top, scrambled so that a debugger, a %x of
	// an enclosing unexported field or any other way around the methods does not show them.
	bits   uint64
	code   uint16 // country code
	last   uint8  // the seventeenth digit
	digits uint8  // how many digits the national number has
}

// scramble and its inverse modulo 2^64 hide the digits in Number.bits. This is no cipher: it keeps digits from being printed by
// accident.
const (
	scramble   = 0x9e3779b97f4a7c15
	unscramble = 0xf1de83e19937733d
)

// newNumber packs a national number of 1 to maxNational digits.
func newNumber(code uint16, national []byte) Number {
	n := Number{code: code, digits: uint8(len(national))}
	var bits uint64
	for i, d := range national {
		if i == 16 {
			n.last = d
			break
		}
		bits |= uint64(d) << (60 - 4*i)
	}
	n.bits = bits * scramble
	return n
}

// national unpacks the digits (values 0 to 9) into buf.
func (n Number) national(buf *[maxNational]byte) []byte {
	bits := n.bits * unscramble
	for i := range min(n.digits, 16) {
		buf[i] = byte(bits >> 60)
		bits <<= 4
	}
	buf[16] = n.last
	return buf[:min(n.digits, maxNational)]
}

// classify runs an automaton over the national number.
func (n Number) classify(root uint32) uint16 {
	s, bits := root, n.bits*unscramble
	for i := range n.digits {
		d := byte(bits >> 60)
		if i == 16 {
			d = n.last
		}
		if s = step(s, d); s == 0 {
			return 0
		}
		bits <<= 4
	}
	return output(s)
}

// IsZero reports whether n is no number.
func (n Number) IsZero() bool { return n.digits == 0 }

// Equal reports whether n and other are the same number, like ==.
func (n Number) Equal(other Number) bool { return n == other }

// CountryCode returns the country calling code, such as 41; 0 for no number.
func (n Number) CountryCode() int { return int(n.code) }

// E164 returns the digits in the international form without separators, such as +41785556677; "" for no number. It reveals
// the number.
func (n Number) E164() string {
	if n.IsZero() {
		return ""
	}
	var buf [1 + 3 + maxNational]byte
	return string(n.appendE164(buf[:0]))
}

// appendE164 appends the E.164 form.
func (n Number) appendE164(b []byte) []byte {
	b = append(b, '+')
	b = strconv.AppendUint(b, uint64(n.code), 10)
	return n.appendNational(b)
}

// appendNational appends the digits of the national number as text.
func (n Number) appendNational(b []byte) []byte {
	var buf [maxNational]byte
	for _, d := range n.national(&buf) {
		b = append(b, '0'+d)
	}
	return b
}

// Type is the kind of service a number reaches.
type Type uint8

// The types, as libphonenumber tells them apart. In some countries, such as the United States, the digits do not say whether a line
// is fixed or mobile. SharedCost divides the price between the two ends; UAN is a company's number wherever its offices are;
// Voicemail reaches a mailbox, not its owner.
const (
	Unknown Type = iota
	FixedLine
	Mobile
	FixedOrMobile
	TollFree
	Premium
	SharedCost
	VoIP
	Personal
	Pager
	UAN
	Voicemail
)

var typeNames = [...]string{"unknown", "fixed-line", "mobile", "fixed-or-mobile", "toll-free", "premium", "shared-cost", "voip",
	"personal", "pager", "uan", "voicemail"}

// String returns the name of the type, such as "toll-free".
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "type(" + strconv.Itoa(int(t)) + ")"
}

// assignment returns the plan the number belongs to and its type there; nil if its country code is shared by several regions and
// it belongs to none of them.
func (n Number) assignment() (*plan, Type) {
	c := codeOf(n.code)
	if c == nil || n.IsZero() {
		return nil, Unknown
	}
	if c.count == 1 {
		p := c.plan(0)
		return p, typeOf(n.classify(p.types))
	}
	out := n.classify(c.pick)
	if out == 0 {
		return nil, Unknown
	}
	return c.plan(int(out>>pickShift) - 1), Type(out & (1<<pickShift - 1))
}

// typeOf turns the output of a types automaton into a Type.
func typeOf(out uint16) Type {
	if out <= generalOnly {
		return Unknown
	}
	return Type(out - generalOnly)
}

// Region returns the ISO 3166 code of the region that has the number, "001" for a country code that belongs to no region (such as +800),
// "" if it is not known. A number need not be valid to have a region.
func (n Number) Region() string {
	p, _ := n.assignment()
	if p == nil {
		return ""
	}
	return p.region
}

// Type returns the type of the number, Unknown for one that is not valid.
func (n Number) Type() Type {
	_, t := n.assignment()
	return t
}

// Valid reports whether the number lies in a range that its country has assigned. It does not say that somebody answers there.
func (n Number) Valid() bool {
	return n.Type() != Unknown
}

// ValidFor reports whether the number is valid and region's own: a number of Jersey is not one of Great Britain, although they share
// a country code. The region "001" stands for country codes without region.
func (n Number) ValidFor(region string) bool {
	p := planOf(region)
	if c := codeOf(n.code); p == nil && c != nil && region == "001" {
		if p = c.plan(0); p.region != "001" {
			return false
		}
	}
	return p != nil && p.code == n.code && !n.IsZero() && typeOf(n.classify(p.types)) != Unknown
}

// Possible reports whether the number has a length that its country uses, for some numbers only inside an area. It says nothing
// about the digits.
func (n Number) Possible() bool {
	c := codeOf(n.code)
	if c == nil || n.IsZero() {
		return false
	}
	fit := c.plan(0).check(int(n.digits))
	return fit == lengthPossible || fit == lengthLocal
}

// Zones returns the IANA names of the time zones the number can be in, sorted, nil if they are not known. A mobile phone can
// be anywhere, and +1 800 gives every zone of North America: treat the result as candidates, never as a place.
func (n Number) Zones() []string {
	if n.IsZero() {
		return nil
	}
	var buf [1 + 3 + maxNational]byte
	s, set := uint32(zoneRoot), uint16(0)
	for _, c := range n.appendE164(buf[:0])[1:] {
		if s = step(s, c-'0'); s == 0 {
			break
		}
		if out := output(s); out != 0 {
			set = out
		}
	}
	if set == 0 {
		return nil
	}
	from, to := zoneSetAt[set-1], zoneSetAt[set]
	zones := make([]string, 0, (to-from)/2)
	for ; from < to; from += 2 {
		zones = append(zones, zoneNames[int(zoneSets[from])|int(zoneSets[from+1])<<8])
	}
	return zones
}
