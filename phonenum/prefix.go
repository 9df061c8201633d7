package phonenum

// Opcodes of the prefix programs, followed by their operands. Jump targets are
// offsets within a program.
const (
	opMatch = iota // the prefix ends here
	opDigit        // mask16: one digit that is in the mask
	opSplit        // first16 second16: try first, then second
	opJump         // target16
	opSave         // slot8: save the position
	opEnd          // match only at the end of the digits
)

// maxGroups is the maximum number of capture groups in a prefix.
const maxGroups = 2

// maxScan is the maximum number of digits kept of an input. The longest number
// has 17 digits, and an international prefix, a country code and a national
// prefix together have fewer than 30, so a truncated input is too long in any
// case.
const maxScan = 60

// groups holds the start and end of each capture group of a prefix, or -1 for a
// group that took no part in the match.
type groups [2 * maxGroups]int8

// matchPrefix matches a prefix program at the start of digits and returns the
// length of the match. program is the offset of the program plus one, or 0 for
// none.
func matchPrefix(program uint16, digits []byte, g *groups) (end int, ok bool) {
	if program == 0 {
		return 0, false
	}
	for i := range g {
		g[i] = -1
	}
	return runPrefix(programs[program-1:], 0, digits, 0, g)
}

// runPrefix runs a prefix program by backtracking. Programs have no loops and
// the digits are few, so the work is bounded.
func runPrefix(code string, pc int, digits []byte, at int, g *groups) (end int, ok bool) {
	for {
		switch code[pc] {
		case opMatch:
			return at, true
		case opDigit:
			if at == len(digits) || word(code, pc+1)>>digits[at]&1 == 0 {
				return 0, false
			}
			at++
			pc += 3
		case opSplit:
			before := *g
			if end, ok := runPrefix(code, word(code, pc+1), digits, at, g); ok {
				return end, true
			}
			*g = before
			pc = word(code, pc+3)
		case opJump:
			pc = word(code, pc+1)
		case opSave:
			g[code[pc+1]] = int8(at)
			pc += 2
		case opEnd:
			if at != len(digits) {
				return 0, false
			}
			pc++
		default:
			return 0, false
		}
	}
}

// word returns the 16-bit operand at an offset of a program.
func word(code string, at int) int {
	return int(code[at]) | int(code[at+1])<<8
}

// stripAbroad strips the international prefix of the region, such as 00 or 011.
func (p *plan) stripAbroad(digits []byte) (rest []byte, ok bool) {
	var g groups
	end, ok := matchPrefix(p.idd, digits, &g)
	// No country code starts with 0: if a 0 follows, the match was not an
	// international prefix.
	if !ok || end < len(digits) && digits[end] == 0 {
		return digits, false
	}
	return digits[end:], true
}

// stripNational strips the national prefix and carrier code, or applies the
// transformation of the plan to them. It returns digits unchanged if they match
// the plan and the result would not. It may use buf for the result.
func (p *plan) stripNational(digits []byte, buf *[maxScan + 8]byte) []byte {
	if len(digits) == 0 {
		return digits
	}
	var g groups
	end, ok := matchPrefix(p.prefix, digits, &g)
	if !ok || end == 0 && p.transform == "" {
		return digits
	}
	stripped := digits[end:]
	if p.transform != "" && (p.groups == 0 || g[2*p.groups-2] >= 0) {
		out := buf[:0]
		for i := range len(p.transform) {
			if c := p.transform[i]; c > maxGroups {
				out = append(out, c-'0')
			} else if from := g[2*c-2]; from >= 0 {
				out = append(out, digits[from:g[2*c-1]]...)
			}
		}
		stripped = append(out, stripped...)
	}
	if p.general(digits) && !p.general(stripped) {
		return digits
	}
	return stripped
}
