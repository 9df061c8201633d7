package linearize

import (
	"hash/maphash"
	"time"

	"github.com/anishathalye/porcupine"
)

// Rules are deviations from the specification that a store may show.
type Rules struct {
	// PassOver allows a claim to skip callbacks that overlapping calls may have
	// locked.
	PassOver bool
}

// Check searches for an order of the operations that explains all results. It
// gives up after timeout; zero means never. The result is porcupine.Ok,
// porcupine.Illegal or, after a timeout, porcupine.Unknown.
func (h *History) Check(rules Rules, timeout time.Duration) porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(specification(), h.calls(rules), timeout)
}

// Visualize checks the history and writes an HTML page that shows it, with the
// longest partial orders found.
func (h *History) Visualize(rules Rules, timeout time.Duration, path string) (porcupine.CheckResult, error) {
	model := specification()
	calls := h.calls(rules)
	// A distant end would squeeze the rest of the drawing.
	last := h.clock.Load() + 1
	for i := range calls {
		calls[i].Return = min(calls[i].Return, last)
	}
	result, info := porcupine.CheckOperationsVerbose(model, calls, timeout)
	return result, porcupine.VisualizePath(model, info, path)
}

// calls returns the operations as input of the specification.
func (h *History) calls(rules Rules) []porcupine.Operation {
	list := make([]porcupine.Operation, len(h.operations))
	for i := range h.operations {
		o := &h.operations[i]
		c := &call{Input: o.Input, alone: !rules.PassOver}
		if rules.PassOver && o.Input.Kind.claims() {
			c.pass, c.alone = h.passable(i), h.alone(i)
		}
		list[i] = porcupine.Operation{ClientId: o.Input.Client, Input: c, Call: o.Began, Output: o.Output, Return: o.Ended}
	}
	return list
}

// passable returns the callbacks that a claim may skip.
func (h *History) passable(claim int) set {
	var pass set
	for i := range h.operations {
		if i == claim || !h.operations[i].overlaps(&h.operations[claim]) {
			continue
		}
		pass |= h.touches(i)
		if !h.operations[i].Input.Kind.claims() {
			continue
		}
		// The other claim may have locked callbacks that, once locked, turned
		// out to have changed.
		for j := range h.operations {
			if j != i && j != claim && h.operations[j].overlaps(&h.operations[i]) {
				pass |= h.touches(j)
			}
		}
	}
	return pass
}

// touches returns the callbacks that a call may have locked or created.
func (h *History) touches(i int) set {
	o := &h.operations[i]
	switch {
	case o.Input.Kind.reads():
		return 0
	case !o.Input.Kind.claims():
		return set(0).with(o.Input.ID)
	case o.Output.Outcome != OK:
		return all
	}
	var s set
	for _, r := range o.Output.Rows {
		s = s.with8(r.ID)
	}
	return s
}

// specification returns the model for porcupine.
func specification() porcupine.Model {
	seed := maphash.MakeSeed()
	model := porcupine.NondeterministicModel{
		Init: func() []any { return []any{emptyState()} },
		Step: func(state, input, output any) []any {
			next := state.(State).steps(input.(*call), output.(*Output))
			list := make([]any, len(next))
			for i := range next {
				list[i] = next[i]
			}
			return list
		},
		Equal: func(a, b any) bool { return a.(State) == b.(State) },
		Hash:  func(state any) uint64 { return hashOf(seed, state.(State)) },
		DescribeOperation: func(input, output any) string {
			in := input.(*call).Input
			return describe(in) + " -> " + answer(in, output.(*Output))
		},
		DescribeState: func(state any) string { return state.(State).String() },
	}
	return model.ToModel()
}
