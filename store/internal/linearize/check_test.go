package linearize

import (
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/ringback-go/ringback/callback"
)

// booked returns a callback that is due at 0 and has a place and a seat of
// bucket 1.
func booked(id int8) Row {
	r := Row{ID: id, State: callback.Scheduled, Revision: 1, QueuedAt: Never, Until: Never, Tag: int32(id)}
	r.Held[places], r.Held[1] = 1, 1
	return r
}

// live returns the callback as a store returns it.
func live(r Row, edits ...func(*Row)) Row {
	r.Life = Live
	for _, edit := range edits {
		edit(&r)
	}
	return r
}

// leasedBy is an edit: a lease of a client from 1 to 3 under an epoch.
func leasedBy(client int, epoch int64) func(*Row) {
	return func(r *Row) { r.Owner, r.Epoch, r.Until, r.NextAt = int8(client+1), epoch, 3, 3 }
}

func start(id int8) *Input {
	return &Input{Kind: Start, ID: int(id), Row: booked(id), Take: []Units{{Counter: places, N: 1, Max: 9}, {Counter: 1, N: 1, Max: 1}}}
}

// reserve is a start that needs no seat.
func reserve(id int8) *Input {
	in := start(id)
	in.Take, in.Row.Held[1] = in.Take[:1], 0
	return in
}

// dueLater is a reserve that is due at 1.
func dueLater(id int8) *Input {
	in := reserve(id)
	in.Row.NextAt = 1
	return in
}

// next is a change to revision 2.
func next(kind Kind, id int8, edits ...func(*Input)) *Input {
	in := &Input{Kind: kind, ID: int(id), Row: booked(id)}
	in.Row.Revision, in.Row.Tag = 2, 100
	for _, edit := range edits {
		edit(in)
	}
	return in
}

func claimDue(client int, now Second) *Input {
	return &Input{Kind: ClaimDue, Client: client, Now: now, Lease: 2, Limit: 1}
}

func forget(id int8) *Input { return &Input{Kind: Forget, ID: int(id), Row: Row{ID: id, Revision: 1}} }
func get(id int8) *Input    { return &Input{Kind: Get, ID: int(id)} }
func seats() *Input         { return &Input{Kind: Load, Seats: true} }

func ended(o Outcome) *Output { return &Output{Outcome: o, Next: Never} }
func shows(rows ...Row) *Output {
	return &Output{Outcome: OK, Rows: rows, Next: Never}
}
func full(used int64) *Output {
	return &Output{Outcome: Refused, Refusal: Units{Counter: 1, N: 1, Max: 1}, InUse: used, Next: Never}
}
func used(n int64) *Output {
	out := ended(OK)
	out.Used[1] = n
	return out
}

func underEpoch(epoch int64) func(*Input) { return func(in *Input) { in.Epoch = epoch } }

// moved takes a seat of the same bucket without giving one back.
func moved(in *Input) { in.Take = []Units{{Counter: 1, N: 1, Max: 1}} }

// at returns an operation with its start and end; 0 means no end.
func at(began, end int64, in *Input, out *Output) Operation {
	if end == 0 {
		end = endless
	}
	return Operation{Input: in, Output: out, Began: began, Ended: end}
}

const (
	yes = porcupine.Ok
	no  = porcupine.Illegal
)

type judged struct {
	name          string
	strict, loose porcupine.CheckResult
	operations    []Operation
}

func TestCheck(t *testing.T) {
	for _, list := range [][]judged{changesJudged(), claimsJudged(), passingJudged(), uncertainJudged()} {
		for _, c := range list {
			t.Run(c.name, func(t *testing.T) {
				h := &History{operations: c.operations}
				if got := h.Check(Rules{}, time.Minute); got != c.strict {
					t.Errorf("strict: %s, want %s\n%v", got, c.strict, h)
				}
				if got := h.Check(Rules{PassOver: true}, time.Minute); got != c.loose {
					t.Errorf("with PassOver: %s, want %s\n%v", got, c.loose, h)
				}
			})
		}
	}
}

func changesJudged() []judged {
	return []judged{
		{"one of two starts gets the seat", yes, yes, []Operation{at(1, 3, start(0), full(1)), at(2, 4, start(1), ended(OK))}},
		{"two starts get one seat", no, no, []Operation{at(1, 3, start(0), ended(OK)), at(2, 4, start(1), ended(OK))}},
		{"refused although nothing is in use", no, no, []Operation{at(1, 2, start(0), full(1)), at(3, 4, start(1), ended(OK))}},
		{"refused with the wrong number in use", no, no, []Operation{at(1, 2, start(0), ended(OK)), at(3, 4, start(1), full(2))}},
		{"stale read", no, no, []Operation{at(1, 2, start(0), ended(OK)), at(3, 4, get(0), ended(NotFound))}},
		{"concurrent read", yes, yes, []Operation{at(1, 4, start(0), ended(OK)), at(2, 3, get(0), ended(NotFound))}},
		{"a refused change changes nothing", yes, yes, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 4, next(Reschedule, 0, moved), full(1)), at(5, 6, seats(), used(1)),
			at(7, 8, get(0), shows(live(booked(0)))),
		}},
		{"a refused change gives back", no, no, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 4, next(Reschedule, 0, moved), full(1)), at(5, 6, seats(), used(0)),
		}},
		{"two writes of a revision", no, no, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 5, next(Release, 0), ended(OK)), at(4, 6, next(Release, 0), ended(OK)),
		}},
		{"one of two writes of a revision", yes, yes, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 5, next(Release, 0), ended(OK)), at(4, 6, next(Release, 0), ended(Conflict)),
		}},
		{"an erased callback stays erased", yes, yes, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 4, forget(0), ended(OK)), at(5, 6, start(0), ended(NotFound)),
			at(7, 8, next(Cancel, 0), ended(NotFound)), at(9, 10, forget(0), ended(NotFound)), at(11, 12, seats(), used(0)),
		}},
		{"an erased callback is changed", no, no, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 4, forget(0), ended(OK)), at(5, 6, next(Release, 0), ended(OK)),
		}},
		{"an erased callback is created again", no, no, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 4, forget(0), ended(OK)), at(5, 6, start(0), ended(OK)),
		}},
		{"an erasure keeps the seat", no, no, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 4, forget(0), ended(OK)), at(5, 6, seats(), used(1)),
		}},
		{"erasure of another revision", yes, yes, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 4, next(Release, 0), ended(OK)), at(5, 6, forget(0), ended(Conflict)),
		}},
	}
}

func claimsJudged() []judged {
	one, again := live(booked(0), leasedBy(1, 1)), live(booked(0), leasedBy(2, 2))
	again.Until, again.NextAt = 5, 5
	early := again
	early.Until, early.NextAt = 4, 4
	return []judged{
		{"a lease", yes, yes, []Operation{at(1, 2, start(0), ended(OK)), at(3, 4, claimDue(1, 1), shows(one)), at(5, 6, get(0), shows(one))}},
		{"two owners at once", no, no, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 5, claimDue(1, 1), shows(one)), at(4, 6, claimDue(2, 1), shows(live(booked(0), leasedBy(2, 1)))),
		}},
		{"two owners in turn", yes, yes, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 4, claimDue(1, 1), shows(one)), at(5, 6, claimDue(2, 3), shows(again)),
		}},
		{"second owner before the lease ends", no, no, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 4, claimDue(1, 1), shows(one)), at(5, 6, claimDue(2, 2), shows(early)),
		}},
		{"late write by the first holder is refused", yes, yes, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 4, claimDue(1, 1), shows(one)), at(5, 6, claimDue(2, 3), shows(again)),
			at(7, 8, next(Complete, 0, underEpoch(1)), ended(Conflict)), at(9, 10, next(Complete, 0, underEpoch(2)), ended(OK)),
		}},
		{"late write by the first holder is accepted", no, no, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 4, claimDue(1, 1), shows(one)), at(5, 6, claimDue(2, 3), shows(again)),
			at(7, 8, next(Complete, 0, underEpoch(1)), ended(OK)),
		}},
		{"one of two that were due at one time", yes, yes, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 4, reserve(1), ended(OK)), at(5, 6, claimDue(1, 1), &Output{Outcome: OK,
				Rows: []Row{live(reserve(1).Row, leasedBy(1, 1))}, Next: 0}),
		}},
		{"the second of two", no, no, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 4, dueLater(1), ended(OK)), at(5, 6, claimDue(1, 1), &Output{Outcome: OK,
				Rows: []Row{live(reserve(1).Row, leasedBy(1, 1))}, Next: 0}),
		}},
		{"wrong NextAt", no, no, []Operation{
			at(1, 2, reserve(1), ended(OK)), at(3, 4, claimDue(1, -1), &Output{Outcome: OK, Next: 7}),
		}},
	}
}

func passingJudged() []judged {
	touch := next(Complete, 0, underEpoch(9))
	return []judged{
		{"skipped without a reason", no, no, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 5, claimDue(1, 1), shows()), at(4, 6, get(0), shows(live(booked(0)))),
		}},
		{"skipped during a change of another", no, no, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 5, claimDue(1, 1), shows()), at(4, 6, reserve(1), ended(OK)),
		}},
		{"skipped during a failing change", no, yes, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 5, claimDue(1, 1), shows()), at(4, 6, touch, ended(Conflict)),
		}},
		{"skipped during a claim that overlaps a failing change", no, yes, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 5, touch, ended(Conflict)), at(4, 8, claimDue(1, -5), &Output{Outcome: OK, Next: 0}),
			at(7, 9, claimDue(2, 1), shows()),
		}},
		{"skipped during a claim that overlaps no change", no, no, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 5, claimDue(1, -5), &Output{Outcome: OK, Next: 0}), at(4, 6, claimDue(2, 1), shows()),
		}},
	}
}

func uncertainJudged() []judged {
	seen, unseen := shows(live(booked(0))), ended(NotFound)
	other := live(reserve(1).Row, leasedBy(1, 1))
	touch := next(Complete, 0, underEpoch(9))
	return []judged{
		{"took effect", yes, yes, []Operation{at(1, 0, start(0), ended(Uncertain)), at(3, 4, get(0), seen)}},
		{"had no effect", yes, yes, []Operation{at(1, 0, start(0), ended(Uncertain)), at(3, 4, get(0), unseen)}},
		{"took effect later", yes, yes, []Operation{at(1, 0, start(0), ended(Uncertain)), at(3, 4, get(0), unseen), at(5, 6, get(0), seen)}},
		{"took effect and was undone", no, no, []Operation{at(1, 0, start(0), ended(Uncertain)), at(3, 4, get(0), seen), at(5, 6, get(0), unseen)}},
		{"was cancelled", yes, yes, []Operation{at(1, 2, start(0), ended(GivenUp)), at(3, 4, get(0), unseen)}},
		{"was cancelled and took effect", no, no, []Operation{at(1, 2, start(0), ended(GivenUp)), at(3, 4, get(0), seen)}},
		{"an uncertain claim leased the first", yes, yes, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 0, claimDue(1, 1), ended(Uncertain)), at(5, 6, get(0), shows(live(booked(0), leasedBy(1, 1)))),
		}},
		{"an uncertain claim leased one of two that were due at one time", yes, yes, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 4, reserve(1), ended(OK)), at(5, 0, claimDue(1, 1), ended(Uncertain)), at(7, 8, get(1), shows(other)),
			at(9, 10, get(0), seen),
		}},
		{"an uncertain claim leased the second", no, no, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 4, dueLater(1), ended(OK)), at(5, 0, claimDue(1, 1), ended(Uncertain)), at(7, 8, get(1), shows(other)),
			at(9, 10, get(0), seen),
		}},
		{"an uncertain claim skipped the first", no, yes, []Operation{
			at(1, 2, start(0), ended(OK)), at(3, 4, dueLater(1), ended(OK)), at(5, 0, claimDue(1, 1), ended(Uncertain)), at(6, 7, touch, ended(Conflict)),
			at(8, 9, get(1), shows(other)), at(10, 11, get(0), seen),
		}},
	}
}
