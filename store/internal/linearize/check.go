package linearize

import (
	"hash/maphash"
	"time"

	"github.com/anishathalye/porcupine"
)

// Rules say what a store may do that the specification would not.
type Rules struct {
	// PassOver lets claims pass over what overlapping calls may have locked.
	PassOver bool
}

// Check looks for an order of the history's operations that explains all
// answers. It gives up after the timeout; zero means never. The result is
// porcupine.Ok, porcupine.Illegal or, out of time, porcupine.Unknown.
func (h *History) Check(rules Rules, timeout time.Duration) porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(specification(), h.calls(rules), timeout)
}

// Visualize checks the history and writes a page that shows it, with the longest
// orders that were found.
func (h *History) Visualize(rules Rules, timeout time.Duration, path string) (porcupine.CheckResult, error) {
	model := specification()
	calls := h.calls(rules)
	// An end that is far away would leave no room for the others.
	last := h.clock.Load() + 1
	for i := range calls {
		calls[i].Return = min(calls[i].Return, last)
	}
	result, info := porcupine.CheckOperationsVerbose(model, calls, timeout)
	return result, porcupine.VisualizePath(model, info, path)
}

// calls are the operations as the specification takes them.
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

// passable are the callbacks that a claim may pass over.
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
		// Another claim may have locked what turned out to have been changed
		// since it looked.
		for j := range h.operations {
			if j != i && j != claim && h.operations[j].overlaps(&h.operations[i]) {
				pass |= h.touches(j)
			}
		}
	}
	return pass
}

// touches are the callbacks that a call may have locked, or brought into being.
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

// specification is the model that porcupine takes.
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
