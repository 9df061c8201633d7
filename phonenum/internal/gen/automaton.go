package gen

import (
	"encoding/binary"
	"fmt"
)

// maxDigits is the maximum number of digits an automaton reads: 17 of a
// national significant number and 3 of a country code in front of it, for the
// zones.
const maxDigits = 20

// node is a state: its output, and the state that each further digit leads to.
// Node 0 is the dead state, without output or transitions.
type node struct {
	out  uint16
	next [10]int32
}

// graph holds the states of acyclic automata. Equal states are stored once for
// all automata, so every automaton is minimal and they share common tails.
type graph struct {
	nodes []node
	index map[node]int32
}

func newGraph() *graph {
	g := &graph{index: map[node]int32{}}
	g.intern(node{})
	return g
}

// intern returns the number of the state equal to n, adding it if there is
// none.
func (g *graph) intern(n node) int32 {
	if id, ok := g.index[n]; ok {
		return id
	}
	id := int32(len(g.nodes))
	g.nodes = append(g.nodes, n)
	g.index[n] = id
	return id
}

// combine returns the product of the automata at roots, with the outputs
// combined by join. The output of an automaton in the dead state is 0.
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

// trie returns the automaton that maps exactly the keys to their values.
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

// packed is a graph in the form that package phonenum walks.
type packed struct {
	states string           // 16-bit little-endian units; a state is named by the unit it starts at
	shapes string           // ten bytes per shape: for each digit the number of its target, 0 for none
	at     map[int32]uint32 // state number to its unit
}

// pack lays out the states reachable from roots.
//
// A state is a header unit, an output unit if the top bit of the header is set,
// and its distinct targets, two units each. The other bits of the header are
// the number of the shape, which selects the target of each digit.
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
