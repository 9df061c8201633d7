package phonenum

// The instructions of the prefix programs. Jump targets are offsets within a program.
const (
	opMatch = iota // the prefix ends here
	opDigit        // mask16: one digit of the mask
	opSplit        // first16 second16: try first, then second
	opJump         // target16
	opSave         // slot8: remember the position
	opEnd          // only at the end of the digits
)

// maxGroups is the most capture groups a prefix has.
const maxGroups = 2

// maxScan is how many digits are kept of an input. The longest number has 17; an international prefix, a country code
// and a national prefix take less than 30 more, so that an input that was cut is too long in any case.
const maxScan = 60

// groups holds the start and end of each capture group of a prefix, -1 for one that did not take part.
type groups [2 * maxGroups]int8

// matchPrefix looks for the prefix of program (an offset plus one, 0 for none) at the start of digits and returns its length.
func matchPrefix(program uint16, digits []byte, g *groups) (end int, ok bool) {
	if program == 0 {
		return 0, false
	}
	for i := range g {
		g[i] = -1
	}
	return runPrefix(programs[program-1:], 0, digits, 0, g)
}

// runPrefix runs a prefix program by backtracking. The programs have no loops and the digits are few, so that the work is bounded.
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

// stripAbroad removes the prefix that leads abroad from the plan's region, such as 00 or 011.
func (p *plan) stripAbroad(digits []byte) (rest []byte, ok bool) {
	var g groups
	end, ok := matchPrefix(p.idd, digits, &g)
	// No country code begins with 0, so that a 0 there says that these digits are something else.
	if !ok || end < len(digits) && digits[end] == 0 {
		return digits, false
	}
	return digits[end:], true
}

// stripNational removes the national prefix and carrier code, or applies the plan's transformation to them, unless that
// makes digits that fitted the plan unfit. It may use buf for the result.
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
