package phonenum

import "strconv"

// National returns the number as it is written within its country, such as "078
// 555 66 77", or "" for the zero Number. It reveals the number.
func (n Number) National() string {
	c := codeOf(n.code)
	if c == nil || n.IsZero() {
		return ""
	}
	var buf [64]byte
	return string(n.appendFormatted(buf[:0], c.natl, true))
}

// International returns the number as it is written abroad, such as "+41 78 555
// 66 77", or "" for the zero Number. It reveals the number.
func (n Number) International() string {
	c := codeOf(n.code)
	if c == nil || n.IsZero() {
		return ""
	}
	var buf [64]byte
	b := append(buf[:0], '+')
	b = strconv.AppendUint(b, uint64(n.code), 10)
	b = append(b, ' ')
	return string(n.appendFormatted(b, c.intl, false))
}

// RFC3966 returns the number as a telephone URI, such as
// "tel:+41-78-555-66-77", or "" for the zero Number. It reveals the number.
func (n Number) RFC3966() string {
	c := codeOf(n.code)
	if c == nil || n.IsZero() {
		return ""
	}
	var text, buf [64]byte
	b := append(buf[:0], telScheme+"+"...)
	b = strconv.AppendUint(b, uint64(n.code), 10)
	pending := true
	for _, d := range n.appendFormatted(text[:0], c.intl, false) {
		if d < '0' || d > '9' {
			pending = true
			continue
		}
		if pending {
			b = append(b, '-')
			pending = false
		}
		b = append(b, d)
	}
	return string(b)
}

// appendFormatted appends the national number in the format that the automaton
// selects, or as plain digits if it selects none.
func (n Number) appendFormatted(b []byte, root uint32, national bool) []byte {
	var buf [maxNational]byte
	digits := n.national(&buf)
	record := classify(root, digits)
	if record == 0 {
		return n.appendNational(b)
	}
	at := int(record) - 1
	groups := int(formats[at])
	at++
	// Each group takes as many digits as possible while leaving enough for the
	// later groups.
	var ends [10]int
	later := 0
	for g := range groups {
		later += int(formats[at+g] >> 4)
	}
	for g := range groups {
		later -= int(formats[at+g] >> 4)
		ends[g+1] = min(ends[g]+int(formats[at+g]&15), len(digits)-later)
	}
	at += groups
	size := int(formats[at])
	if !national {
		at += 1 + size
		size = int(formats[at])
	}
	for _, c := range []byte(formats[at+1 : at+1+size]) {
		if int(c) > groups {
			b = append(b, c)
			continue
		}
		for _, d := range digits[ends[c-1]:ends[c]] {
			b = append(b, '0'+d)
		}
	}
	return b
}
