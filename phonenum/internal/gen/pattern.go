package gen

import (
	"encoding/binary"
	"fmt"
	"regexp/syntax"
	"slices"
)

// compile compiles a metadata pattern with Perl's leftmost-first semantics.
func compile(pattern string) (*syntax.Prog, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("gen: pattern %q: %w", pattern, err)
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil, fmt.Errorf("gen: pattern %q: %w", pattern, err)
	}
	return prog, nil
}

// digitMask returns the digits that the instruction accepts, one bit each.
func digitMask(in *syntax.Inst) uint16 {
	var mask uint16
	for d := range 10 {
		if in.MatchRune(rune('0' + d)) {
			mask |= 1 << d
		}
	}
	return mask
}

// match returns the automaton of the digit strings that pattern matches
// entirely and whose length is in lengths, or any length if lengths is empty;
// its output for them is 1. With open it is enough that pattern matches a
// prefix.
func (g *graph) match(pattern string, lengths []int32, open bool) (int32, error) {
	prog, err := compile(pattern)
	if err != nil {
		return 0, err
	}
	type key struct {
		set   string
		depth int
	}
	memo := map[key]int32{}
	// closure follows empty transitions. It returns the reachable consuming
	// instructions and whether the match instruction is reachable.
	closure := func(starts []uint32) (consuming []uint32, matched bool, err error) {
		seen := map[uint32]bool{}
		stack := slices.Clone(starts)
		for len(stack) > 0 {
			pc := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if seen[pc] {
				continue
			}
			seen[pc] = true
			in := &prog.Inst[pc]
			switch in.Op {
			case syntax.InstAlt, syntax.InstAltMatch:
				stack = append(stack, in.Out, in.Arg)
			case syntax.InstCapture, syntax.InstNop:
				stack = append(stack, in.Out)
			case syntax.InstMatch:
				matched = true
			case syntax.InstFail:
			case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
				consuming = append(consuming, pc)
			default:
				return nil, false, fmt.Errorf("gen: pattern %q: unexpected instruction %v", pattern, in.Op)
			}
		}
		slices.Sort(consuming)
		return consuming, matched, nil
	}
	var build func(starts []uint32, depth int, satisfied bool) (int32, error)
	build = func(starts []uint32, depth int, satisfied bool) (int32, error) {
		consuming, matched, err := closure(starts)
		if err != nil {
			return 0, err
		}
		satisfied = satisfied || open && matched
		if satisfied {
			consuming, matched = nil, true
		}
		set := make([]byte, 0, 4*len(consuming)+1)
		for _, pc := range consuming {
			set = binary.LittleEndian.AppendUint32(set, pc)
		}
		if matched {
			set = append(set, 1)
		}
		k := key{string(set), depth}
		if id, ok := memo[k]; ok {
			return id, nil
		}
		var n node
		if matched && (len(lengths) == 0 || slices.Contains(lengths, int32(depth))) {
			n.out = 1
		}
		for d := range 10 {
			var following []uint32
			for _, pc := range consuming {
				if digitMask(&prog.Inst[pc])&(1<<d) != 0 {
					following = append(following, prog.Inst[pc].Out)
				}
			}
			if len(following) == 0 && !satisfied {
				continue
			}
			if depth == maxDigits {
				if satisfied {
					continue
				}
				return 0, fmt.Errorf("gen: pattern %q matches more than %d digits", pattern, maxDigits)
			}
			if n.next[d], err = build(following, depth+1, satisfied); err != nil {
				return 0, err
			}
		}
		id := g.intern(n)
		memo[k] = id
		return id, nil
	}
	return build([]uint32{uint32(prog.Start)}, 0, false)
}

// Opcodes of the prefix programs that package phonenum runs. Jump targets are
// byte offsets within the program.
const (
	opMatch = iota // the prefix ends here
	opDigit        // mask16: one digit that is in the mask
	opSplit        // first16 second16: try first, then second
	opJump         // target16
	opSave         // slot8: save the position
	opEnd          // match only at the end of the digits
)

// prefixProgram assembles the program that matches a prefix pattern at the
// start of a number, and returns its number of capture groups. Prefix patterns
// need captures and leftmost-first semantics, which automata cannot express.
// They are short, so backtracking is cheap.
func prefixProgram(pattern string) (code string, groups int, err error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", 0, fmt.Errorf("gen: pattern %q: %w", pattern, err)
	}
	groups = re.MaxCap()
	prog, err := compile(pattern)
	if err != nil {
		return "", 0, err
	}
	var (
		out    []byte
		placed = map[uint32]int{}
		fixes  = map[int]uint32{}
	)
	jumpTo := func(pc uint32) {
		fixes[len(out)] = pc
		out = append(out, 0, 0)
	}
	pending := []uint32{uint32(prog.Start)}
	for len(pending) > 0 {
		pc := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if _, ok := placed[pc]; ok {
			continue
		}
		// Code that is executed next follows directly; a jump is needed only
		// where paths join.
		for {
			if at, ok := placed[pc]; ok {
				out = append(out, opJump, byte(at), byte(at>>8))
				break
			}
			placed[pc] = len(out)
			in := &prog.Inst[pc]
			stop := false
			switch in.Op {
			case syntax.InstMatch:
				out = append(out, opMatch)
				stop = true
			case syntax.InstAlt, syntax.InstAltMatch:
				out = append(out, opSplit)
				jumpTo(in.Out)
				jumpTo(in.Arg)
				pending = append(pending, in.Arg, in.Out)
				stop = true
			case syntax.InstCapture:
				if in.Arg >= 2 {
					out = append(out, opSave, byte(in.Arg-2))
				}
			case syntax.InstNop:
			case syntax.InstEmptyWidth:
				if syntax.EmptyOp(in.Arg) != syntax.EmptyEndText {
					return "", 0, fmt.Errorf("gen: pattern %q: unexpected assertion %d", pattern, in.Arg)
				}
				out = append(out, opEnd)
			case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
				mask := digitMask(in)
				out = append(out, opDigit, byte(mask), byte(mask>>8))
			default:
				return "", 0, fmt.Errorf("gen: pattern %q: unexpected instruction %v", pattern, in.Op)
			}
			if stop {
				break
			}
			pc = in.Out
		}
	}
	if len(out) > 1<<16-1 {
		return "", 0, fmt.Errorf("gen: pattern %q: program too long", pattern)
	}
	for at, pc := range fixes {
		binary.LittleEndian.PutUint16(out[at:], uint16(placed[pc]))
	}
	return string(out), groups, nil
}
