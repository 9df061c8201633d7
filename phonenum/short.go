package phonenum

import (
	"strconv"
	"strings"
)

// ShortKind says what a number is that only works inside its country, such as 112 or 1811.
type ShortKind uint8

// The kinds. A ShortCode is any other than the ones that follow.
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

// The outputs of the short automata, a set.
const (
	shortCode = 1 << iota
	shortPremium
	shortTollFree
	shortEmergency
)

// Short reports what raw is when it is dialled as it stands in region. A number with a plus sign is never short: the short numbers of a
// country cannot be reached through its country code.
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

// exactEmergency lists the regions where an emergency number with further digits behind it does not reach the emergency service.
const exactEmergency = "BR CL NI"

// ConnectsToEmergency reports whether dialling raw in region may reach an emergency service: it is an emergency number, or starts with one
// in a region where the network does not wait for more digits. It is true for more inputs than [Short] calls [Emergency], complete
// telephone numbers among them.
func ConnectsToEmergency(raw, region string) bool {
	var digits [maxScan]byte
	count, ok := shortDigits(raw, &digits)
	p := planOf(region)
	if !ok || p == nil {
		return false
	}
	exact := strings.Contains(exactEmergency, p.region)
	s := p.short
	for _, d := range digits[:count] {
		if s = step(s, d); s == 0 {
			return false
		}
		if !exact && output(s)&shortEmergency != 0 {
			return true
		}
	}
	return output(s)&shortEmergency != 0
}

// shortDigits returns the digits of raw from the first digit on, as they would be dialled; false if there is a plus sign or nothing to
// dial.
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
