package gen

import (
	"encoding/binary"
	"fmt"
)

// maxDigits is the longest string an automaton reads. A national significant number has at most 17 digits, a country code
// in front of it (zones) three more.
const maxDigits = 20

// node is one state of a classifier: what the digits read so far mean, and where each further digit leads. Node 0 is
// the dead state: no output, no way on.
type node struct {
	out  uint16
	next [10]int32
}

// graph holds states of finite, hence acyclic, automata. Equal states are stored once, whichever automaton they belong
// to, so that every automaton of the graph is minimal and all of them share their common tails.
type graph struct {
	nodes []node
	index map[node]int32
}

func newGraph() *graph {
	g := &graph{index: map[node]int32{}}
	g.intern(node{})
	return g
}

// intern returns the number of the state equal to n, adding it if it is new.
func (g *graph) intern(n node) int32 {
	if id, ok := g.index[n]; ok {
		return id
	}
	id := int32(len(g.nodes))
	g.nodes = append(g.nodes, n)
	g.index[n] = id
	return id
}

// combine returns the automaton that runs all the given ones at once and joins their outputs with join. The outputs of
// automata that have died are 0.
func (g *graph) combine(roots []int32, join func(outs []uint16) uint16) int32 {
	memo := map[string]int32{}
	outs := make([]uint16, len(roots))
	var build func(ids []int32) int32
	build = func(ids []int32) int32 {
		key := make([]byte, 0, 4*len(ids))
		alive := false
		for _, id := range ids {
			key = binary.LittleEndian.AppendUint32(key, uint32(id))
			alive = alive || id != 0
		}
		if !alive {
			return 0
		}
		if id, ok := memo[string(key)]; ok {
			return id
		}
		var n node
		for i, id := range ids {
			outs[i] = g.nodes[id].out
		}
		n.out = join(outs)
		for d := range n.next {
			following := make([]int32, len(ids))
			for i, id := range ids {
				following[i] = g.nodes[id].next[d]
			}
			n.next[d] = build(following)
		}
		id := g.intern(n)
		memo[string(key)] = id
		return id
	}
	return build(roots)
}

// trie returns the automaton whose output after exactly the digits of a key is that key's value.
func (g *graph) trie(values map[string]uint16) int32 {
	type branch struct {
		out  uint16
		next [10]*branch
	}
	root := &branch{}
	for key, value := range values {
		at := root
		for i := range len(key) {
			d := key[i] - '0'
			if at.next[d] == nil {
				at.next[d] = &branch{}
			}
			at = at.next[d]
		}
		at.out = value
	}
	var build func(b *branch) int32
	build = func(b *branch) int32 {
		if b == nil {
			return 0
		}
		n := node{out: b.out}
		for d, child := range b.next {
			n.next[d] = build(child)
		}
		return g.intern(n)
	}
	return build(root)
}

// packed is an automaton store in the form the package phonenum walks.
type packed struct {
	states string           // 16-bit little-endian units; a state is named by the unit it starts at
	shapes string           // ten bytes a shape: for each digit the unit, counted from the targets, or 0 for none
	at     map[int32]uint32 // state number to its unit
}

// pack lays out the states reachable from roots.
//
// A state is a header unit, then an output unit if the header's top bit is set, then its distinct targets, two units each.
// The header's other bits number the shape, which says for every digit which target it takes.
func (g *graph) pack(roots []int32) (packed, error) {
	shapeOf := map[[10]byte]uint16{}
	var shapes []byte
	at := map[int32]uint32{0: 0}
	units := []uint16{0}
	dead := [10]byte{}
	shapeOf[dead] = 0
	shapes = append(shapes, dead[:]...)

	var place func(id int32) (uint32, error)
	place = func(id int32) (uint32, error) {
		if unit, ok := at[id]; ok {
			return unit, nil
		}
		n := g.nodes[id]
		var shape [10]byte
		var targets []uint32
		slot := map[int32]byte{}
		for d, child := range n.next {
			if child == 0 {
				continue
			}
			s, ok := slot[child]
			if !ok {
				unit, err := place(child)
				if err != nil {
					return 0, err
				}
				targets = append(targets, unit)
				s = byte(len(targets))
				slot[child] = s
			}
			shape[d] = s
		}
		number, ok := shapeOf[shape]
		if !ok {
			number = uint16(len(shapes) / 10)
			if number >= 1<<15 {
				return 0, fmt.Errorf("gen: more than %d state shapes", 1<<15)
			}
			shapeOf[shape] = number
			shapes = append(shapes, shape[:]...)
		}
		unit := uint32(len(units))
		at[id] = unit
		if n.out != 0 {
			units = append(units, number|1<<15, n.out)
		} else {
			units = append(units, number)
		}
		for _, target := range targets {
			units = append(units, uint16(target), uint16(target>>16))
		}
		return unit, nil
	}
	for _, root := range roots {
		if _, err := place(root); err != nil {
			return packed{}, err
		}
	}
	states := make([]byte, 0, 2*len(units))
	for _, u := range units {
		states = binary.LittleEndian.AppendUint16(states, u)
	}
	return packed{states: string(states), shapes: string(shapes), at: at}, nil
}
