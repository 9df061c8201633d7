package linearize

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
)

// endless is the end of a call that may still take effect at any later time.
const endless = math.MaxInt64

// Operation is one call of a history. Began and Ended are positions in the
// total order of all starts and ends.
type Operation struct {
	Input        *Input
	Output       *Output
	Began, Ended int64
}

func (o *Operation) overlaps(p *Operation) bool { return o.Began < p.Ended && p.Began < o.Ended }

// History is the record of a workload's calls.
type History struct {
	Workload   Workload
	clock      atomic.Int64
	operations []Operation
}

func (h *History) sort() {
	slices.SortFunc(h.operations, func(a, b Operation) int { return cmp.Compare(a.Began, b.Began) })
}

// Operations returns the calls in the order of their starts.
func (h *History) Operations() []Operation { return slices.Clone(h.operations) }

// Overlapping returns the number of calls that overlap another call.
func (h *History) Overlapping() int {
	n := 0
	for i := range h.operations {
		if h.anyOverlaps(i, func(*Operation) bool { return true }) {
			n++
		}
	}
	return n
}

// alone reports whether no other change or claim overlaps call i.
func (h *History) alone(i int) bool {
	return !h.anyOverlaps(i, func(o *Operation) bool { return !o.Input.Kind.reads() })
}

// settled reports whether the outcome of every call is known.
func (h *History) settled() bool {
	return !slices.ContainsFunc(h.operations, func(o Operation) bool { return o.Output.Outcome == Uncertain })
}

// anyOverlaps reports whether another call that satisfies sort overlaps call i.
func (h *History) anyOverlaps(i int, sort func(*Operation) bool) bool {
	for j := range h.operations {
		if o := &h.operations[j]; j != i && o.overlaps(&h.operations[i]) && sort(o) {
			return true
		}
	}
	return false
}

// String returns the workload and then the calls, one per line.
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
