package linearize

import "slices"

// call is an operation as input of the specification.
type call struct {
	*Input
	// pass is the set of callbacks that a claim may skip.
	pass set
	// alone means that nothing overlaps the call, so that a claim must return
	// the exact NextAt of the remaining work.
	alone bool
}

// steps returns the states to which a call with this result may lead. There are
// none if the result is wrong.
func (s State) steps(c *call, out *Output) []State {
	switch {
	case out.Outcome == GivenUp:
		return []State{s}
	case out.Outcome == Uncertain:
		return s.eventually(c)
	case c.Kind.claims():
		return one(s.claim(c, out))
	case c.Kind == Get, c.Kind == GetKey, c.Kind == Load, c.Kind == List:
		return one(s, s.reads(c, out))
	}
	next, outcome, refusal, used := s.write(c.Input)
	switch {
	case outcome != out.Outcome:
		return nil
	case outcome == Refused && (refusal != out.Refusal || used != out.InUse):
		return nil
	}
	return []State{next}
}

func one(s State, ok bool) []State {
	if !ok {
		return nil
	}
	return []State{s}
}

// write applies a change or an erasure, or returns why it fails.
func (s State) write(in *Input) (next State, o Outcome, refusal Units, used int64) {
	row := &s.Rows[in.ID]
	if in.Kind == Forget {
		next, o = s.erase(in)
		return next, o, refusal, 0
	}
	switch {
	case row.Life != Live && (row.Life == Erased || in.Kind == Unclaim || in.Row.Revision != 1):
		return s, NotFound, refusal, 0
	case in.Kind == Unclaim && row.Revision != in.Row.Revision,
		in.Kind != Unclaim && row.Revision+1 != in.Row.Revision,
		in.Epoch != 0 && in.Epoch != row.Epoch:
		return s, Conflict, refusal, 0
	case in.Kind == Unclaim:
		next = s
		next.Rows[in.ID] = row.unleased()
		next.Rows[in.ID].NextAt = in.Row.NextAt
		return next, OK, refusal, 0
	}
	if owner := s.ofKey(in.Row.Key); owner >= 0 && owner != in.ID {
		return s, Conflict, refusal, 0
	}
	next = s
	for _, u := range in.Give {
		next.Used[u.Counter] = max(0, next.Used[u.Counter]-u.N)
	}
	for _, u := range in.Take {
		if u.Max >= 0 && next.Used[u.Counter]+u.N > u.Max {
			return s, Refused, u, next.Used[u.Counter]
		}
		next.Used[u.Counter] += u.N
	}
	written := in.Row.unleased()
	written.Life, written.Epoch = Live, row.Epoch
	next.Rows[in.ID] = written
	return next, OK, refusal, 0
}

func (s State) erase(in *Input) (State, Outcome) {
	row := &s.Rows[in.ID]
	switch {
	case row.Life != Live:
		return s, NotFound
	case row.Revision != in.Row.Revision:
		return s, Conflict
	}
	next := s
	for counter, n := range row.Held {
		next.Used[counter] = max(0, next.Used[counter]-int64(n))
	}
	next.Rows[in.ID] = Row{ID: row.ID, Life: Erased}
	return next, OK
}

// claim leases the callbacks that the result contains, if they are the right
// ones.
func (s State) claim(c *call, out *Output) (State, bool) {
	if out.Outcome != OK || len(out.Rows) > c.Limit {
		return s, false
	}
	next := s
	var got set
	taken := 0
	for _, id := range s.candidates(c.Input) {
		leased := s.Rows[id].leased(c.Input)
		switch {
		case taken < len(out.Rows) && out.Rows[taken] == leased:
			next.Rows[id], got = leased, got.with(id)
			taken++
		case taken == c.Limit:
		case c.pass.has(id), c.Kind == ClaimDue && s.tied(id, out, c.Input):
		default:
			return s, false
		}
	}
	if taken != len(out.Rows) {
		return s, false
	}
	if c.Kind == ClaimDue && c.alone && out.Next != s.earliest(got) {
		return s, false
	}
	return next, true
}

// tied reports whether a claim that reached its limit may have left a callback out:
// the last one that it leased was due at the same time.
func (s *State) tied(id int, out *Output, in *Input) bool {
	if len(out.Rows) < in.Limit || len(out.Rows) == 0 {
		return false
	}
	last := out.Rows[len(out.Rows)-1].ID
	return s.Rows[last].NextAt == s.Rows[id].NextAt
}

// eventually returns the states after a call that may have taken effect. That
// it had no effect is modelled as taking effect after everything else.
func (s State) eventually(c *call) []State {
	if !c.Kind.claims() {
		next, _, _, _ := s.write(c.Input)
		return []State{next}
	}
	var list []State
	candidates := s.candidates(c.Input)
	// left is when a callback is due that was left out in favour of others that are due
	// at the same time: of these the claim must then have as many as its limit allows.
	var choose func(next State, from, taken int, left Second)
	choose = func(next State, from, taken int, left Second) {
		if taken == c.Limit || from == len(candidates) {
			if left == Never || taken == c.Limit {
				list = append(list, next)
			}
			return
		}
		id := candidates[from]
		due := s.Rows[id].NextAt
		if left != Never && due != left {
			return
		}
		switch {
		case c.pass.has(id):
			choose(next, from+1, taken, left)
		case c.Kind == ClaimDue:
			choose(next, from+1, taken, due)
		}
		next.Rows[id] = next.Rows[id].leased(c.Input)
		choose(next, from+1, taken+1, left)
	}
	choose(s, 0, 0, Never)
	return list
}

// reads reports whether the result of a read is right.
func (s *State) reads(c *call, out *Output) bool {
	switch c.Kind {
	case Get, GetKey:
		id := c.ID
		if c.Kind == GetKey {
			id = s.ofKey(int8(c.Key))
		}
		if id < 0 || s.Rows[id].Life != Live {
			return out.Outcome == NotFound
		}
		return out.Outcome == OK && len(out.Rows) == 1 && out.Rows[0] == s.Rows[id]
	case Load:
		want := s.Used
		for i := range want {
			if (i != places) != c.Seats {
				want[i] = 0
			}
		}
		return out.Outcome == OK && out.Used == want
	}
	return out.Outcome == OK && slices.Equal(out.Rows, s.live())
}
