package linearize

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
)

// endless is the end of a call that may happen at any later time.
const endless = math.MaxInt64

// Operation is one call of a history. Began and Ended are places in one order of
// all beginnings and ends.
type Operation struct {
	Input        *Input
	Output       *Output
	Began, Ended int64
}

func (o *Operation) overlaps(p *Operation) bool { return o.Began < p.Ended && p.Began < o.Ended }

// History is what a workload did.
type History struct {
	Workload   Workload
	clock      atomic.Int64
	operations []Operation
}

func (h *History) sort() {
	slices.SortFunc(h.operations, func(a, b Operation) int { return cmp.Compare(a.Began, b.Began) })
}

// Operations lists the calls by their beginnings.
func (h *History) Operations() []Operation { return slices.Clone(h.operations) }

// Overlapping is how many of the calls overlap another one.
func (h *History) Overlapping() int {
	n := 0
	for i := range h.operations {
		if h.anyOverlaps(i, func(*Operation) bool { return true }) {
			n++
		}
	}
	return n
}

// alone reports whether no other change or claim overlaps a call.
func (h *History) alone(i int) bool {
	return !h.anyOverlaps(i, func(o *Operation) bool { return !o.Input.Kind.reads() })
}

// settled reports whether no call is still under way.
func (h *History) settled() bool {
	return !slices.ContainsFunc(h.operations, func(o Operation) bool { return o.Output.Outcome == Uncertain })
}

// anyOverlaps reports whether another call of some sort overlaps a call.
func (h *History) anyOverlaps(i int, sort func(*Operation) bool) bool {
	for j := range h.operations {
		if o := &h.operations[j]; j != i && o.overlaps(&h.operations[i]) && sort(o) {
			return true
		}
	}
	return false
}

// String lists the calls, one per line, after the workload.
func (h *History) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%+v\n", h.Workload)
	for _, o := range h.operations {
		ended := fmt.Sprint(o.Ended)
		if o.Ended == endless {
			ended = "..."
		}
		fmt.Fprintf(&b, "%4d-%-4s client %d: %s -> %s\n", o.Began, ended, o.Input.Client, describe(o.Input), answer(o.Input, o.Output))
	}
	return b.String()
}
