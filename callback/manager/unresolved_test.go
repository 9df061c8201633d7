package manager_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// lostRig is a rig whose first call is lost: the dialer answers with an error that
// leaves open whether it rang.
func lostRig(t *testing.T, change func(*callback.Service, *manager.Config)) (*rig, *callback.Callback) {
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Queueing.Lines, s.Limits.SameNumber = 1, 1
		d := c.Dialer.(*callbacktest.Dialer).On("*", callbacktest.Silent())
		c.Dialer = callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
			_, err := d.Dial(ctx, call)
			if call.To.Key() != swiss {
				return callback.Ended(callback.ResultBridged), nil
			}
			return callback.Outcome{}, errors.Join(err, context.DeadlineExceeded)
		})
		if change != nil {
			change(s, c)
		}
	})
	cb := r.start(manager.Request{})
	r.tick()
	r.wantState(cb.ID, callback.Unresolved)
	return r, cb
}

// callOver is how long after an attempt began a call can be up by default:
// Dialing.MaxCall and DialerLimits.Settle.
const callOver = time.Hour + 32*time.Second

// An unresolved callback ends at its TTL without another call. Long before, it
// holds nothing that others need.
func TestUnresolvedEndsAtItsTTL(t *testing.T) {
	h := &heard{calls: make(map[string]int)}
	var log bytes.Buffer
	r, cb := lostRig(t, func(_ *callback.Service, c *manager.Config) {
		c.Observer, c.Logger = h, slog.New(slog.NewTextHandler(&log, nil))
	})
	if !slices.Contains(h.notes, "unresolved cb000001") {
		t.Errorf("the observer heard %q", h.notes)
	}
	if !strings.Contains(log.String(), "level=WARN msg=\"callback is unresolved\"") || strings.Contains(log.String(), swiss[1:]) {
		t.Errorf("the log is\n%s", log.String())
	}
	page, err := r.m.SearchPage(r.ctx, callback.Query{States: []callback.State{callback.Unresolved}})
	if err != nil || len(page.Callbacks) != 1 || page.Callbacks[0].ID != cb.ID {
		t.Errorf("the list of unresolved callbacks is %v, %v", page.Callbacks, err)
	}

	r.clock.Set(monday().Add(callOver - time.Second))
	r.tick()
	if _, err := r.try(manager.Request{}); callback.Code(err) != 40001 {
		t.Errorf("while a call can be up Start returns %v", err)
	}
	r.clock.Advance(time.Second)
	r.tick()
	if got := r.wantState(cb.ID, callback.Unresolved); slices.ContainsFunc(got.Held, func(h callback.Held) bool {
		return h.Key.Kind == callback.PermitLine || h.Key.Kind == callback.PermitCall || h.Key.Kind == callback.PermitNumber
	}) {
		t.Errorf("it holds %v", got.Held)
	}
	other := r.start(manager.Request{Number: swiss2})
	again := r.start(manager.Request{Desired: monday().Add(48 * time.Hour)})
	r.tick()
	r.wantReason(other.ID, callback.ReasonAgentConnected)
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: again.ID}); err != nil {
		t.Fatal(err)
	}

	expires := r.get(cb.ID).ExpiresAt
	r.clock.Set(expires.Add(-time.Second))
	r.tick()
	r.wantState(cb.ID, callback.Unresolved)
	r.clock.Advance(time.Second)
	r.tick()
	done := r.wantReason(cb.ID, callback.ReasonTimeout)
	if a := done.Current(); a.Live() || a.Outcome.Certainty != callback.MayHaveRung || a.Outcome.Result != callback.ResultUnknown {
		t.Errorf("the attempt ended %+v", a)
	}
	r.run(48 * time.Hour)
	if n := len(r.get(cb.ID).Attempts); n != 1 {
		t.Errorf("%d attempts", n)
	}
}

// Time to live that ends while a call can be up ends the callback afterwards.
func TestUnresolvedOutlivesAShortTTL(t *testing.T) {
	r, cb := lostRig(t, func(s *callback.Service, _ *manager.Config) { s.TTL = 10 * time.Minute })
	r.clock.Set(monday().Add(callOver - time.Second))
	r.tick()
	r.wantState(cb.ID, callback.Unresolved)
	r.clock.Advance(time.Second)
	r.tick()
	r.wantReason(cb.ID, callback.ReasonTimeout)
}

// Look-ups that fail for days hold neither lines nor the customer, and end.
func TestFailingLookUpsHoldNothing(t *testing.T) {
	for name, step := range map[string]callbacktest.Step{
		"fail":     callbacktest.Silent().LookupFails(errors.New("down")),
		"not know": callbacktest.Silent().With(callbacktest.Forgotten),
		"panic":    callbacktest.Lost(nil).LookupFails(errors.New("down")),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.Lines, s.Limits.SameNumber = 1, 1 })
			r.dialer.On(swiss, step)
			r.dialer.On(swiss2, callbacktest.Answered(time.Minute))
			cb := r.start(manager.Request{})
			r.tick()
			r.run(callOver + time.Minute)
			r.wantState(cb.ID, callback.Unresolved)
			other := r.start(manager.Request{Number: swiss2})
			r.run(10 * time.Minute)
			r.wantReason(other.ID, callback.ReasonAgentConnected)
			r.run(30 * 24 * time.Hour)
			r.wantReason(cb.ID, callback.ReasonTimeout)
			if n := len(r.dialer.Dials()); n != 2 {
				t.Errorf("%d dials", n)
			}
		})
	}
}

// A result that comes after the end is noted in the attempt, and nothing else
// changes.
func TestLateResultIsNoted(t *testing.T) {
	r, cb := lostRig(t, nil)
	r.run(30 * 24 * time.Hour)
	before := r.wantReason(cb.ID, callback.ReasonTimeout)
	key := callback.NewAttemptKey(cb.ID, 1)
	tell := func(o callback.Outcome) *callback.Callback {
		t.Helper()
		if err := r.m.Report(r.ctx, callback.Report{Key: key, Outcome: &o}); err != nil {
			t.Fatal(err)
		}
		return r.wantReason(cb.ID, callback.ReasonTimeout)
	}
	if got := tell(callback.Outcome{Result: callback.ResultUnknown, Certainty: callback.MayHaveRung}); got.Revision != before.Revision {
		t.Errorf("an outcome that tells nothing was written")
	}
	busy := tell(callback.Outcome{Result: callback.ResultBusy, Certainty: callback.Known})
	if a := busy.Current(); a.Outcome.Result != callback.ResultBusy || a.Outcome.Certainty != callback.Known {
		t.Errorf("the attempt ended %+v", a.Outcome)
	}
	if second := tell(callback.Outcome{Result: callback.ResultBridged, Certainty: callback.Known}); second.Revision != busy.Revision {
		t.Errorf("a second result was written: %+v", second.Current().Outcome)
	}
	r.run(48 * time.Hour)
	if n := len(r.get(cb.ID).Attempts); n != 1 {
		t.Errorf("%d attempts", n)
	}
}

// The end of a call whose report is lost is found by looking up while the parties
// talk.
func TestLostEndOfACallIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		every    time.Duration
		from, to time.Duration // when it completes
	}{
		"default":    {0, 10 * time.Minute, 11*time.Minute + 10*time.Second},
		"configured": {5 * time.Minute, 10 * time.Minute, 15*time.Minute + 10*time.Second},
		"off":        {callback.Off, time.Hour, time.Hour + 2*time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Dialing.LookupEvery = c.every })
			r.dialer.On(swiss, callbacktest.Answered(10*time.Minute).With(callbacktest.StagesOnly))
			cb := r.start(manager.Request{})
			r.run(2 * time.Hour)
			got := r.wantReason(cb.ID, callback.ReasonAgentConnected)
			if after := got.EndedAt.Sub(got.Attempts[0].Began); after < c.from || after > c.to {
				t.Errorf("it completed after %v, want %v to %v", after, c.from, c.to)
			}
			if n := len(r.dialer.Dials()); n != 1 {
				t.Errorf("%d dials", n)
			}
		})
	}
	t.Run("failing", func(t *testing.T) {
		r := newRig(t, nil)
		r.dialer.On(swiss, callbacktest.Answered(10*time.Minute).With(callbacktest.StagesOnly).LookupFails(errors.New("down")))
		cb := r.start(manager.Request{})
		r.run(2 * time.Hour)
		r.wantReason(cb.ID, callback.ReasonAgentConnected)
		if n := len(r.dialer.Lookups()); n < 50 || n > 65 {
			t.Errorf("%d look-ups in an hour", n)
		}
	})
}

func TestLookupEveryIsChecked(t *testing.T) {
	for every, ok := range map[time.Duration]bool{
		10*time.Second - 1: false, 10 * time.Second: true, time.Hour: true, time.Hour + 1: false, callback.Off: true, 0: true,
	} {
		_, err := callback.NewPolicy(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}, Dialing: callback.DialOptions{LookupEvery: every}})
		if (err == nil) != ok {
			t.Errorf("%v: %v", every, err)
		}
	}
}

// Cancel says what it did to an unresolved callback.
func TestCancelUnresolved(t *testing.T) {
	r, cb := lostRig(t, nil)
	_, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID, Actor: "ann"})
	var pending *callback.PendingError
	if !errors.As(err, &pending) || !errors.Is(err, callback.ErrInFlight) || pending.Reason != callback.ReasonCancelled || pending.HangUp ||
		!pending.Until.Equal(monday().Add(callOver)) {
		t.Fatalf("Cancel returned %v", err)
	}
	r.wantLast(cb.ID, callback.EventUpdated, "ann", "to be cancelled when it is known what became of the call, or no call can be up")
	r.clock.Set(pending.Until.Add(-time.Second))
	r.tick()
	r.wantState(cb.ID, callback.Unresolved)
	r.clock.Advance(time.Second)
	r.tick()
	r.wantReason(cb.ID, callback.ReasonCancelled)

	for name, c := range map[string]struct {
		after  time.Duration
		force  bool
		reason callback.Reason
	}{
		"at once when no call can be up": {after: callOver, reason: callback.ReasonCancelled},
		"by force":                       {force: true, reason: callback.ReasonCancelledByAdmin},
	} {
		t.Run(name, func(t *testing.T) {
			r, cb := lostRig(t, nil)
			r.clock.Advance(c.after)
			got, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID, Force: c.force, Reason: c.reason})
			if err != nil || got.State != callback.Completed || got.Reason != c.reason || got.Current().Live() {
				t.Errorf("Cancel: %+v, %v", got, err)
			}
		})
	}
	t.Run("the parties talked", func(t *testing.T) {
		r, cb := lostRig(t, nil)
		if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID}); !errors.Is(err, callback.ErrInFlight) {
			t.Fatal(err)
		}
		talked := callback.Ended(callback.ResultBridged)
		if err := r.m.Report(r.ctx, callback.Report{Key: callback.NewAttemptKey(cb.ID, 1), Outcome: &talked}); err != nil {
			t.Fatal(err)
		}
		r.wantReason(cb.ID, callback.ReasonAgentConnected)
	})
}
