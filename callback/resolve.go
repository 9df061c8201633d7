package callback

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// lookUp asks the dialer what became of an unresolved attempt. It only ever
// reads: nothing is placed.
func (m *Manager) lookUp(ctx context.Context, now time.Time, cb *Callback, policy *Policy) error {
	lookuper, ok := m.dialer.(Lookuper)
	a := cb.Current()
	if !ok || a == nil || m.flights.free() == 0 {
		var b batch
		b.unclaim(cb, policy, now)
		return m.applyBatch(ctx, now, &b, func(*draft) {})
	}
	m.flights.begin(nil)
	ask := func() {
		defer m.Wake()
		defer m.flights.end("", "")
		ctx, cancel := context.WithTimeout(m.life.ctx, policy.service.Dialing.PlaceTimeout)
		defer cancel()
		var found Found
		err := guard("dialer", func() (err error) {
			found, err = lookuper.Lookup(ctx, cb.Tenant, a.Key, a.Ref)
			return err
		})
		if err != nil {
			found = Found{}
			m.log.LogAttrs(ctx, slog.LevelWarn, "looking an attempt up failed",
				slog.String("attempt", string(a.Key)), slog.String("error", redact(err)))
		}
		m.noteFound(cb, a.Key, found, err == nil)
	}
	if m.config.Synchronous {
		ask()
	} else {
		go ask()
	}
	return nil
}

// noteFound writes what a look-up found; answered is false when the platform
// could not be asked.
func (m *Manager) noteFound(cb *Callback, key AttemptKey, found Found, answered bool) {
	ctx, cancel := m.detached(m.life.ctx)
	defer cancel()
	_, err := m.mutate(ctx, cb.Tenant, cb.ID, func(cb *Callback, p *Policy, now time.Time) (*draft, error) {
		if a := cb.Current(); cb.State != Unresolved || a == nil || a.Key != key {
			return nil, nil
		}
		return decideFound(cb, p, now, m.rules, found, answered, m.config.Node), nil
	})
	if err != nil {
		m.log.LogAttrs(ctx, slog.LevelError, "what a look-up found was not written",
			slog.String("attempt", string(key)), slog.String("error", redact(err)))
	}
}

// How often the dialer is asked again that cannot tell: after 30 s, then twice
// as long each time up to an hour, 24 times; after that only an operator or a
// late result resolves the attempt.
const (
	lookAgain  = 30 * time.Second
	lookAtMost = time.Hour
	maxLookups = 24
)

func decideFound(cb *Callback, p *Policy, now time.Time, rules dialRules, found Found, answered bool, actor string) *draft {
	report := Report{Ref: found.Ref, Actor: actor, Stage: found.Stage}
	switch {
	case found.State == FoundLive:
		report.Stage = max(found.Stage, StagePlaced)
		return decideProgress(cb, p, now, now, report)
	case found.State == FoundEnded && !rules.doubted(cb, found.Outcome):
		report.Outcome = &found.Outcome
		return decideOutcome(cb, p, now, now, rules, report)
	case found.State == FoundNotPlaced && cb.Current().Stage < StageRinging:
		report.Outcome = &Outcome{Result: SystemError, Certainty: NotPlaced}
		return decideOutcome(cb, p, now, now, rules, report)
	}
	d := newDraft(cb, p, now, EventLookedUp, actor)
	a := d.cb.Current()
	a.Lookups++
	if answered || a.Lookups >= maxLookups {
		d.dropCall()
	}
	d.cb.DeadlineAt = time.Time{}
	if a.Lookups < maxLookups {
		wait := lookAgain
		for i := 1; i < a.Lookups && wait < lookAtMost; i++ {
			wait *= 2
		}
		d.cb.DeadlineAt = now.Add(min(wait, lookAtMost))
	}
	d.note("the dialer cannot tell what became of the call")
	return d
}

// Resolution is an operator's word on an unresolved callback.
type Resolution struct {
	Tenant string
	ID     ID
	// Outcome is what happened to the attempt: Known or NotPlaced.
	Outcome Outcome
	// Redial queues the callback for another attempt, whatever the retry
	// policy says. The operator takes it on himself that the customer may be
	// called twice.
	Redial bool
	Actor  string // required
	Detail string
}

// Resolve ends the doubt about an unresolved callback: with the outcome, as if
// the dialer had reported it, or with another attempt. It is an
// [ErrInvalidOperation] in every other state, and so is another attempt at a
// callback whose time is over.
func (m *Manager) Resolve(ctx context.Context, r Resolution) (*Callback, error) {
	if err := m.life.check(); err != nil {
		return nil, err
	}
	if err := checkNote(r.Actor, r.Detail, ""); err != nil {
		return nil, err
	}
	if r.Actor == "" {
		return nil, invalid("actor", "is required")
	}
	report := Report{Outcome: &r.Outcome, Actor: r.Actor, trusted: true}
	if !r.Redial {
		if err := report.check(); err != nil {
			return nil, err
		}
		if r.Outcome.Certainty == MayHaveRung {
			return nil, invalid("outcome.certainty", "must be known or not placed")
		}
	}
	return m.mutate(ctx, r.Tenant, r.ID, func(cb *Callback, p *Policy, now time.Time) (*draft, error) {
		if cb.State != Unresolved {
			return nil, &StateError{ID: cb.ID, State: cb.State, Operation: "resolve"}
		}
		if last := lastChance(cb); r.Redial && !last.IsZero() && !now.Before(last) {
			return nil, fmt.Errorf("callback %s is past its time: %w", cb.ID, ErrInvalidOperation)
		}
		return decideResolution(cb, p, now, m.rules, r, report), nil
	})
}

func decideResolution(cb *Callback, p *Policy, now time.Time, rules dialRules, r Resolution, report Report) *draft {
	a := cb.Current()
	if !r.Redial && a != nil && a.Live() {
		d := decideOutcome(cb, p, now, now, rules, report)
		if r.Detail != "" {
			d.note(r.Detail)
		}
		return d
	}
	d := newDraft(cb, p, now, EventAttemptEnded, r.Actor)
	d.endAttempt(Outcome{Result: Unknown, Certainty: Known}, now)
	d.cb.LostLeases = 0
	if !r.Redial && a == nil {
		// Set aside before anything was dialled.
		d.note(fmt.Sprintf("put back by %s", r.Actor))
	}
	d.enqueue(now)
	if d.cb.State == Queued {
		// It waited for the operator, not for an agent.
		d.cb.DeadlineAt = p.queueEndFrom(now)
		d.note(r.Detail)
	}
	return d
}
