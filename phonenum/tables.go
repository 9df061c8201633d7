package phonenum

//go:generate go -C internal/gen run ./generate ../..

// plan is the numbering plan of a region, or of a country code without a
// region.
type plan struct {
	region    string // "001" for a country code without a region
	transform string // replaces the matched prefix if the prefix's last group matched; bytes 1 to 9 stand for groups
	lengths   uint32 // possible numbers of digits, one bit each
	local     uint32 // numbers of digits possible only for local dialling
	types     uint32 // automaton: 0, generalOnly, or generalOnly plus the Type
	short     uint32 // automaton of short numbers
	code      uint16 // country code
	idd       uint16 // program of the international prefixes plus one, 0 for none
	prefix    uint16 // program of the national prefixes plus one, 0 for none
	groups    uint8  // number of capture groups in the national prefix
}

// code is a country calling code.
type code struct {
	pick       uint32 // automaton: (position of the plan + 1) << pickShift | Type in that plan; 0 if there is only one plan
	natl, intl uint32 // automata: format record plus one
	code       uint16
	plans      uint16 // offset of its plans in codePlans, the main one first
	count      uint8
}

// generalOnly is the output of a types automaton for digits that match the
// general description of the plan but no type or length.
const generalOnly = 1

// pickShift separates the position from the type in the output of a pick
// automaton.
const pickShift = 4

// unit returns a 16-bit unit of the automata.
func unit(i uint32) uint32 {
	at := 2 * uint(i)
	_ = states[at+1]
	return uint32(states[at]) | uint32(states[at+1])<<8
}

// step returns the state that digit d leads to from state s, or 0, the dead
// state.
func step(s uint32, d byte) uint32 {
	header := unit(s)
	slot := uint32(shapes[header&0x7fff*10+uint32(d)])
	if slot == 0 {
		return 0
	}
	at := 2 * uint(s+2*slot-1+header>>15)
	_ = states[at+3]
	return uint32(states[at]) | uint32(states[at+1])<<8 | uint32(states[at+2])<<16 | uint32(states[at+3])<<24
}

// output returns the output of state s, or 0 if it has none.
func output(s uint32) uint16 {
	if unit(s)>>15 == 0 {
		return 0
	}
	return uint16(unit(s + 1))
}

// classify runs the automaton at root over digits, given as values 0 to 9.
func classify(root uint32, digits []byte) uint16 {
	s := root
	for _, d := range digits {
		if s = step(s, d); s == 0 {
			return 0
		}
	}
	return output(s)
}

// planOf returns the plan of a region, named by two letters in either case, or
// nil.
func planOf(region string) *plan {
	if len(region) != 2 {
		return nil
	}
	a, b := region[0]|0x20-'a', region[1]|0x20-'a'
	if a > 25 || b > 25 {
		return nil
	}
	i := regionIndex[int(a)*26+int(b)]
	if i == 0 {
		return nil
	}
	return &plans[i-1]
}

// codeOf returns the entry of a country code, or nil if it is not assigned.
func codeOf(number uint16) *code {
	if int(number) >= len(codeIndex) || codeIndex[number] == 0 {
		return nil
	}
	return &codes[codeIndex[number]-1]
}

// plan returns the i-th plan of the country code.
func (c *code) plan(i int) *plan {
	return &plans[codePlans[int(c.plans)+i]]
}

// KnownRegion reports whether there is a numbering plan for region, an ISO 3166
// code of two letters in either case.
func KnownRegion(region string) bool {
	return planOf(region) != nil
}

// CountryCode returns the country calling code of region, an ISO 3166 code in
// either case, or 0 if there is no numbering plan for it.
func CountryCode(region string) int {
	p := planOf(region)
	if p == nil {
		return 0
	}
	return int(p.code)
}

// length classifies a number of digits in a plan.
type length uint8

const (
	lengthPossible length = iota
	lengthLocal
	lengthTooShort
	lengthTooLong
	lengthInvalid // between two possible lengths
)

// check classifies a number of digits.
func (p *plan) check(digits int) length {
	switch bit := uint32(1) << min(digits, 31); {
	case p.local&bit != 0:
		return lengthLocal
	case p.lengths&bit != 0:
		return lengthPossible
	case bit > p.lengths:
		return lengthTooLong
	case p.lengths&(bit-1) == 0:
		return lengthTooShort
	}
	return lengthInvalid
}

// general reports whether the digits match the general description of the plan.
func (p *plan) general(digits []byte) bool {
	return classify(p.types, digits) != 0
}
