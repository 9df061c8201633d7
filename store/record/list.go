package record

import (
	"github.com/ringback-go/ringback/callback"
)

// A list is written also when it is empty: nil is what is left out.

func (e *encoder) lookups(list []callback.Lookup) {
	if list == nil {
		return
	}
	all := e.list(callbackLookups, "Lookups", len(list))
	for i := range list {
		l, start := &list[i], e.item()
		e.text(lookupKey, l.Key)
		e.text(lookupValue, l.Value)
		e.bool(lookupFormer, l.Former)
		e.end(start)
	}
	e.end(all)
}

func (d *decoder) lookups() []callback.Lookup {
	all := d.enter()
	list := make([]callback.Lookup, d.count())
	for i := range list {
		l, around := &list[i], d.item()
		for number := d.next(); number != 0; number = d.next() {
			switch number {
			case lookupKey:
				l.Key = d.text()
			case lookupValue:
				l.Value = d.text()
			case lookupFormer:
				l.Former = d.bool()
			default:
				d.skip()
			}
		}
		d.leave(around)
	}
	d.leave(all)
	return list
}

func (e *encoder) held(list []callback.Held) {
	if list == nil {
		return
	}
	all := e.list(callbackHeld, "Held", len(list))
	for i := range list {
		h, start := &list[i], e.item()
		e.text(heldKind, string(h.Key.Kind))
		e.text(heldService, h.Key.Service)
		e.text(heldName, h.Key.Name)
		e.text(heldSubject, h.Key.Subject)
		e.int(heldSlot, h.Key.Slot)
		e.int(heldN, h.N)
		e.end(start)
	}
	e.end(all)
}

func (d *decoder) held() []callback.Held {
	all := d.enter()
	list := make([]callback.Held, d.count())
	for i := range list {
		h, around := &list[i], d.item()
		for number := d.next(); number != 0; number = d.next() {
			switch number {
			case heldKind:
				h.Key.Kind = callback.PermitKind(d.text())
			case heldService:
				h.Key.Service = d.text()
			case heldName:
				h.Key.Name = d.text()
			case heldSubject:
				h.Key.Subject = d.text()
			case heldSlot:
				h.Key.Slot = d.int64()
			case heldN:
				h.N = d.int64()
			default:
				d.skip()
			}
		}
		d.leave(around)
	}
	d.leave(all)
	return list
}

func (e *encoder) attempts(list []callback.Attempt) {
	if list == nil {
		return
	}
	all := e.list(callbackAttempts, "Attempts", len(list))
	for i := range list {
		a, start := &list[i], e.item()
		e.int(attemptN, int64(a.N))
		e.text(attemptKey, string(a.Key))
		e.int(attemptEpoch, a.Epoch)
		e.text(attemptRef, string(a.Ref))
		e.uint(attemptStage, uint64(a.Stage))
		e.text(attemptAgent, a.Agent)
		e.time(attemptBegan, "Attempts.Began", a.Began)
		e.time(attemptPlaced, "Attempts.Placed", a.Placed)
		e.time(attemptEnded, "Attempts.Ended", a.Ended)
		if a.Outcome != (callback.Outcome{}) {
			outcome := e.begin(attemptOutcome)
			e.outcome(&a.Outcome)
			e.end(outcome)
		}
		e.int(attemptLookups, int64(a.Lookups))
		e.end(start)
	}
	e.end(all)
}

func (d *decoder) attempts() []callback.Attempt {
	all := d.enter()
	list := make([]callback.Attempt, d.count())
	for i := range list {
		a, around := &list[i], d.item()
		for number := d.next(); number != 0; number = d.next() {
			switch number {
			case attemptN:
				a.N = d.int()
			case attemptKey:
				a.Key = callback.AttemptKey(d.text())
			case attemptEpoch:
				a.Epoch = d.int64()
			case attemptRef:
				a.Ref = callback.Ref(d.text())
			case attemptStage:
				a.Stage = callback.Stage(d.small())
			case attemptAgent:
				a.Agent = d.text()
			case attemptBegan:
				a.Began = d.time()
			case attemptPlaced:
				a.Placed = d.time()
			case attemptEnded:
				a.Ended = d.time()
			case attemptOutcome:
				d.outcome(&a.Outcome)
			case attemptLookups:
				a.Lookups = d.int()
			default:
				d.skip()
			}
		}
		d.leave(around)
	}
	d.leave(all)
	return list
}

func (e *encoder) outcome(o *callback.Outcome) {
	e.uint(outcomeResult, uint64(o.Result))
	e.uint(outcomeCertainty, uint64(o.Certainty))
	e.uint(outcomeReached, uint64(o.Reached))
	e.uint(outcomeBy, uint64(o.By))
	e.int(outcomeSIP, int64(o.SIP))
	e.int(outcomeQ850, int64(o.Q850))
	e.text(outcomeRaw, o.Raw)
	e.int(outcomeRing, int64(o.Ring))
	e.int(outcomeTalk, int64(o.Talk))
	e.int(outcomeRetryAfter, int64(o.RetryAfter))
}

func (d *decoder) outcome(o *callback.Outcome) {
	around := d.enter()
	for number := d.next(); number != 0; number = d.next() {
		switch number {
		case outcomeResult:
			o.Result = callback.CallResult(d.small())
		case outcomeCertainty:
			o.Certainty = callback.Certainty(d.small())
		case outcomeReached:
			o.Reached = callback.Stage(d.small())
		case outcomeBy:
			o.By = callback.Party(d.small())
		case outcomeSIP:
			o.SIP = d.int()
		case outcomeQ850:
			o.Q850 = d.int()
		case outcomeRaw:
			o.Raw = d.text()
		case outcomeRing:
			o.Ring = d.duration()
		case outcomeTalk:
			o.Talk = d.duration()
		case outcomeRetryAfter:
			o.RetryAfter = d.duration()
		default:
			d.skip()
		}
	}
	d.leave(around)
}
