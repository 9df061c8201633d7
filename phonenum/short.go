package phonenum

import (
	"strconv"
	"strings"
)

// ShortKind is the kind of a number that works only within its country, such as
// 112 or 1811.
type ShortKind uint8

// Kinds of short numbers. ShortCode is any that is not one of the later kinds.
const (
	NotShort ShortKind = iota
	ShortCode
	ShortPremium
	ShortTollFree
	Emergency
)

var shortNames = [...]string{"not-short", "short-code", "short-premium", "short-toll-free", "emergency"}

// String returns the name of the kind, such as "emergency".
func (k ShortKind) String() string {
	if int(k) < len(shortNames) {
		return shortNames[k]
	}
	return "short-kind(" + strconv.Itoa(int(k)) + ")"
}

// Output bits of the short-number automata.
const (
	shortCode = 1 << iota
	shortPremium
	shortTollFree
	shortEmergency
)

// Short returns the kind of raw when dialled as is in region. A number with a
// plus sign is never short, because short numbers cannot be reached through a
// country code.
func Short(raw, region string) ShortKind {
	var digits [maxScan]byte
	count, ok := shortDigits(raw, &digits)
	p := planOf(region)
	if !ok || p == nil {
		return NotShort
	}
	out := classify(p.short, digits[:count])
	switch {
	case out&shortEmergency != 0:
		return Emergency
	case out&shortPremium != 0:
		return ShortPremium
	case out&shortTollFree != 0:
		return ShortTollFree
	case out&shortCode != 0:
		return ShortCode
	}
	return NotShort
}

// exactEmergency lists the regions in which an emergency number followed by
// more digits does not reach the emergency service.
const exactEmergency = "BR CL NI"

// ConnectsToEmergency reports whether dialling raw in region may reach an
// emergency service: it is an emergency number, or starts with one in a region
// whose network does not wait for more digits. It returns true for more inputs
// than [Short] classifies as [Emergency], including some complete telephone
// numbers.
func ConnectsToEmergency(raw, region string) bool {
	var digits [maxScan]byte
	count, ok := shortDigits(raw, &digits)
	p := planOf(region)
	if !ok || p == nil {
		return false
	}
	return p.connectsToEmergency(digits[:count])
}

func (p *plan) connectsToEmergency(digits []byte) bool {
	exact := strings.Contains(exactEmergency, p.region)
	s := p.short
	for _, d := range digits {
		if s = step(s, d); s == 0 {
			return false
		}
		if !exact && output(s)&shortEmergency != 0 {
			return true
		}
	}
	return output(s)&shortEmergency != 0
}

// shortDigits returns the digits of raw as they would be dialled, or false if
// it has a plus sign or no digits.
func shortDigits(raw string, digits *[maxScan]byte) (count int, ok bool) {
	if len(raw) > MaxInput {
		return 0, false
	}
	for _, r := range raw {
		if isPlus(r) {
			return 0, false
		}
		d, ok := digitValue(r)
		if !ok {
			continue
		}
		if count == len(digits) {
			return 0, false
		}
		digits[count] = d
		count++
	}
	return count, count > 0
}
