package phonenum

import "strconv"

// maxNational is the maximum number of digits in a national significant number.
// The ITU allows 15 digits with the country code, but Germany has longer
// numbers.
const maxNational = 17

// Number is a phone number: a country code and a national significant number.
// It is comparable and can be a map key; two numbers are equal exactly if they
// are ==. The zero Number is no number. An extension is not part of a Number;
// see [Address].
//
// Every way of printing a Number masks it. E164, National, International and
// RFC3966 return the digits.
type Number struct {
	// bits holds the first 16 digits of the national number, four bits each,
	// most significant first. It is scrambled so that printing the field by any
	// way around the methods does not show the digits.
	bits   uint64
	code   uint16 // country code
	last   uint8  // the seventeenth digit
	digits uint8  // number of national digits
}

// scramble and its inverse modulo 2^64 obscure the digits in Number.bits. This
// is not encryption; it prevents accidental disclosure.
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

// national unpacks the digits, as values 0 to 9, into buf.
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

// IsZero reports whether n is the zero Number.
func (n Number) IsZero() bool { return n.digits == 0 }

// Equal reports whether n == other.
func (n Number) Equal(other Number) bool { return n == other }

// CountryCode returns the country calling code, such as 41, or 0 for the zero
// Number.
func (n Number) CountryCode() int { return int(n.code) }

// E164 returns the number in E.164 form, such as +41785556677, or "" for the
// zero Number. It reveals the number.
func (n Number) E164() string {
	if n.IsZero() {
		return ""
	}
	var buf [maxE164]byte
	return string(n.appendE164(buf[:0]))
}

// maxE164 is the maximum length of a number in E.164 form.
const maxE164 = 1 + 3 + maxNational

func (n Number) appendE164(b []byte) []byte {
	b = append(b, '+')
	b = strconv.AppendUint(b, uint64(n.code), 10)
	return n.appendNational(b)
}

// appendNational appends the national digits as ASCII.
func (n Number) appendNational(b []byte) []byte {
	var buf [maxNational]byte
	for _, d := range n.national(&buf) {
		b = append(b, '0'+d)
	}
	return b
}

// Type is the kind of service behind a number.
type Type uint8

// Types, as libphonenumber distinguishes them. FixedOrMobile is used in
// countries such as the United States, where the digits do not tell which it
// is. SharedCost divides the price between caller and callee; UAN is a company
// number independent of location; Voicemail reaches a mailbox.
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

// assignment returns the plan that the number belongs to and its type in that
// plan. It returns nil if several regions share the country code and the number
// belongs to none of them.
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

// typeOf converts the output of a types automaton to a Type.
func typeOf(out uint16) Type {
	if out <= generalOnly {
		return Unknown
	}
	return Type(out - generalOnly)
}

// Region returns the ISO 3166 code of the region that the number belongs to,
// "001" for a country code without a region (such as +800), or "" if it is
// unknown. A number can have a region without being valid.
func (n Number) Region() string {
	p, _ := n.assignment()
	if p == nil {
		return ""
	}
	return p.region
}

// Type returns the type of the number, or Unknown if it is not valid.
func (n Number) Type() Type {
	_, t := n.assignment()
	return t
}

// Valid reports whether the number is in a range that its country has assigned.
// It does not tell whether the number is in use.
func (n Number) Valid() bool {
	return n.Type() != Unknown
}

// ValidFor reports whether the number is valid and belongs to region itself: a
// number of Jersey is not valid for Great Britain, although both share a
// country code. The region "001" stands for country codes without a region.
func (n Number) ValidFor(region string) bool {
	p := planOf(region)
	if c := codeOf(n.code); p == nil && c != nil && region == "001" {
		if p = c.plan(0); p.region != "001" {
			return false
		}
	}
	return p != nil && p.code == n.code && !n.IsZero() && typeOf(n.classify(p.types)) != Unknown
}

// Possible reports whether the number of digits is used in its country,
// including lengths used only for local dialling. It does not check the digits.
func (n Number) Possible() bool {
	c := codeOf(n.code)
	if c == nil || n.IsZero() {
		return false
	}
	fit := c.plan(0).check(int(n.digits))
	return fit == lengthPossible || fit == lengthLocal
}

// Zones returns the sorted IANA names of the time zones that the number may
// belong to, or nil if none is known. The zones are candidates, not a location:
// a mobile phone can be anywhere, and +1 800 yields every zone of North
// America.
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
