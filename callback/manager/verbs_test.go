package manager_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

func TestCancel(t *testing.T) {
	t.Run("scheduled and queued", func(t *testing.T) {
		r := newRig(t, nil)
		booked := r.start(manager.Request{Desired: monday().Add(time.Hour)})
		queued := r.start(manager.Request{})
		for _, id := range []callback.ID{booked.ID, queued.ID} {
			cb, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: id, Reason: callback.ReasonCancelledByAdmin, Actor: "ann", Detail: "storm"})
			if err != nil {
				t.Fatal(err)
			}
			if cb.Reason != callback.ReasonCancelledByAdmin || len(cb.Held) != 0 {
				t.Errorf("reason %v, held %v", cb.Reason, cb.Held)
			}
			_, err = r.m.Cancel(r.ctx, manager.CancelRequest{ID: id})
			wantCode(t, err, callback.ErrInvalidOperation, 40020)
		}
		r.run(2 * time.Hour)
		if n := len(r.dialer.Calls()); n != 0 {
			t.Errorf("%d calls after Cancel returned nil", n)
		}
	})
	t.Run("unknown", func(t *testing.T) {
		r := newRig(t, nil)
		_, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: "none"})
		wantCode(t, err, callback.ErrNotFound, 40030)
	})
	t.Run("in flight, not reached", func(t *testing.T) {
		r := newRig(t, nil)
		r.dialer.On(swiss, callbacktest.NoAnswer().Ringing(20*time.Second), callbacktest.Answered(time.Minute))
		cb := r.start(manager.Request{})
		r.tick()
		_, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID})
		wantCode(t, err, callback.ErrInFlight, 40020)
		if len(r.dialer.Hangups()) != 1 {
			t.Errorf("%d hang-ups", len(r.dialer.Hangups()))
		}
		r.run(time.Hour)
		r.wantReason(cb.ID, callback.ReasonCancelled)
		if n := len(r.dialer.Dials()); n != 1 {
			t.Errorf("%d dials", n)
		}
	})
	t.Run("in flight, forced", func(t *testing.T) {
		r := newRig(t, nil)
		r.dialer.On(swiss, callbacktest.Answered(time.Minute))
		cb := r.start(manager.Request{})
		r.tick()
		if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID, Force: true}); err != nil {
			t.Fatal(err)
		}
		r.run(time.Hour) // late reports change nothing
		r.wantReason(cb.ID, callback.ReasonCancelled)
	})
}

func TestReschedule(t *testing.T) {
	at := monday().Add(2 * time.Hour)
	small := func(s *callback.Service, _ *manager.Config) { s.Booking.PerBucket = 1 }
	seats := func(r *rig, at time.Time) int {
		slots, err := r.m.Availability(r.ctx, manager.AvailabilityRequest{Service: "desk",
			Query: availability.Query{Start: at, End: at.Add(5 * time.Minute), ReportBusy: true}})
		if err != nil || len(slots.Slots) != 1 {
			t.Fatalf("availability: %v %v", slots, err)
		}
		return slots.Slots[0].Left
	}
	t.Run("moves the seat", func(t *testing.T) {
		r := newRig(t, small)
		cb := r.start(manager.Request{Desired: at})
		moved, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID, Desired: at.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		if moved.State != callback.Scheduled || !moved.Desired.Equal(at.Add(time.Hour)) {
			t.Errorf("moved to %v, %v", moved.State, moved.Desired)
		}
		if seats(r, at) != 1 || seats(r, at.Add(time.Hour)) != 0 {
			t.Errorf("seats left: %d and %d", seats(r, at), seats(r, at.Add(time.Hour)))
		}
		r.run(10 * time.Hour)
		if calls := r.dialer.Calls(); len(calls) == 0 || calls[0].Started.Before(at.Add(58*time.Minute)) {
			t.Errorf("calls: %v", calls)
		}
	})
	t.Run("within the bucket", func(t *testing.T) {
		r := newRig(t, small)
		cb := r.start(manager.Request{Desired: at})
		if _, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID, Desired: at.Add(3 * time.Minute)}); err != nil {
			t.Fatal(err)
		}
		if seats(r, at) != 0 {
			t.Error("the seat was lost")
		}
	})
	t.Run("full", func(t *testing.T) {
		r := newRig(t, small)
		cb := r.start(manager.Request{Desired: at})
		r.start(manager.Request{Number: swiss2, Desired: at.Add(time.Hour)})
		_, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID, Desired: at.Add(time.Hour)})
		wantCode(t, err, callback.ErrFull, 40051)
		var full *callback.AvailabilityError
		if !errors.As(err, &full) || len(full.Alternatives) != 6 {
			t.Errorf("alternatives %+v", full)
		}
		if got := r.get(cb.ID); !got.Desired.Equal(at) || seats(r, at) != 0 {
			t.Error("the old booking did not stand")
		}
	})
	t.Run("now", func(t *testing.T) {
		r := newRig(t, small)
		cb := r.start(manager.Request{Desired: at})
		moved, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID, Desired: monday().Add(time.Minute)})
		if err != nil || moved.State != callback.Queued || seats(r, at) != 1 {
			t.Errorf("%v, %v", moved, err)
		}
	})
	t.Run("not scheduled", func(t *testing.T) {
		r := newRig(t, small)
		cb := r.start(manager.Request{})
		_, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID, Desired: at})
		wantCode(t, err, callback.ErrInvalidOperation, 40020)
	})
	t.Run("bad", func(t *testing.T) {
		r := newRig(t, small)
		cb := r.start(manager.Request{Desired: at})
		_, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID})
		wantCode(t, err, callback.ErrInvalidParameter, 40010)
		_, err = r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID, Desired: at.AddDate(1, 0, 0)})
		wantCode(t, err, callback.ErrInvalidParameter, 40010)
		_, err = r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID, Desired: at, Revision: 9})
		wantCode(t, err, callback.ErrConflict, 40020)
	})
}

func TestUpdate(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.SearchKeys = []string{"_customer_number", "_account"}
		s.Limits.SameNumber = callback.CheckStrict
	})
	cb := r.start(manager.Request{Properties: callback.Values{"_account": "A1", "note": "x", "gone": "y"}})
	got, err := r.m.Update(r.ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{
		"_account": "A2", "gone": "", "new": map[string]any{"k": []any{1, "v"}}, "_customer_number": swiss2,
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := callback.Values{"note": "x", "new": map[string]any{"k": []any{1, "v"}}}
	if diff := cmp.Diff(want, got.UserData); diff != "" {
		t.Error(diff)
	}
	if got.Customer.Number.Key() != swiss2 || got.State != callback.Queued {
		t.Errorf("number %q, state %v", got.Customer.Number.Key(), got.State)
	}
	for _, match := range []callback.Match{{Key: "_account", Value: "A1"}, {Key: "_account", Value: "A2"}, {Key: "_customer_number", Value: "078 555 66 77"}, {Key: "_customer_number", Value: swiss2}} {
		page, err := r.m.SearchPage(r.ctx, callback.Query{Services: []string{"desk"}, SearchValues: []callback.Match{match}})
		if err != nil || len(page.Callbacks) != 1 {
			t.Errorf("%v finds %d (%v)", match.Key, len(page.Callbacks), err)
		}
	}
	r.start(manager.Request{}) // the first number is free again
	_, err = r.try(manager.Request{Number: swiss2})
	wantCode(t, err, callback.ErrNumberLimit, 40001)
	_, err = r.m.Update(r.ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"_customer_number": ""}})
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
	_, err = r.m.Update(r.ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"_customer_number": "+41900123456"}})
	wantCode(t, err, callback.ErrInvalidNumber, 40040)
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	r.run(time.Hour)
	_, err = r.m.Update(r.ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"a": "b"}})
	wantCode(t, err, callback.ErrInvalidOperation, 40020)
}

func TestReportState(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Paused = true })
	cb := r.start(manager.Request{})
	for _, state := range []callback.State{callback.Routing, callback.Processing} {
		if _, err := r.m.ReportState(r.ctx, manager.StateReport{ID: cb.ID, State: state, Actor: "ors"}); err != nil {
			t.Fatal(err)
		}
		r.wantState(cb.ID, state)
	}
	_, err := r.m.ReportState(r.ctx, manager.StateReport{ID: cb.ID, State: callback.Routing})
	wantCode(t, err, callback.ErrInvalidOperation, 40020)
	_, err = r.m.ReportState(r.ctx, manager.StateReport{ID: cb.ID, State: callback.Dialing})
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
	if _, err := r.m.ReportState(r.ctx, manager.StateReport{ID: cb.ID, State: callback.Completed, Reason: callback.ReasonAgentConnected}); err != nil {
		t.Fatal(err)
	}
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
	_, err = r.m.ReportState(r.ctx, manager.StateReport{ID: cb.ID, State: callback.Queued})
	wantCode(t, err, callback.ErrInvalidOperation, 40020)
}

func TestBadReports(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Answered(time.Hour))
	cb := r.start(manager.Request{})
	r.tick()
	key := callback.NewAttemptKey(cb.ID, 1)
	for _, bad := range []callback.Report{
		{}, {Key: "x", Stage: callback.StageRinging}, {Key: key}, {Key: key, Stage: 99},
		{Key: key, Outcome: &callback.Outcome{Result: 54}}, {Key: key, Outcome: &callback.Outcome{Certainty: 9}},
	} {
		wantCode(t, r.m.Report(r.ctx, bad), callback.ErrInvalidParameter, 40010)
	}
	wantCode(t, r.m.Report(r.ctx, callback.Report{Key: "none.1", Stage: callback.StageRinging}), callback.ErrNotFound, 40030)
	wantCode(t, r.m.Report(r.ctx, callback.Report{Key: callback.NewAttemptKey(cb.ID, 2), Stage: callback.StageRinging}), callback.ErrNotFound, 40030)
	wantCode(t, r.m.Report(r.ctx, callback.Report{Key: key, Stage: callback.StageRinging, Epoch: 99}), callback.ErrConflict, 40020)
	if n := len(r.get(cb.ID).Attempts); n != 1 {
		t.Errorf("%d attempts", n)
	}
}

func TestPreview(t *testing.T) {
	preview := func(s *callback.Service, c *manager.Config) {
		s.Preview = callback.Preview{On: true, Rejects: 2, NotReady: true, Reason: "7"}
		s.Dialing.First = callback.AgentFirst
		c.Router = callbacktest.NewRouter(1)
	}
	answer := func(r *rig, id callback.ID, a callback.OfferAnswer) error {
		_, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: id, Answer: a, Actor: "agent"})
		return err
	}
	t.Run("accept", func(t *testing.T) {
		r := newRig(t, preview)
		r.dialer.On(swiss, callbacktest.Answered(time.Minute))
		cb := r.start(manager.Request{})
		r.tick()
		r.wantState(cb.ID, callback.Offered)
		if err := answer(r, cb.ID, callback.AnswerAccept); err != nil {
			t.Fatal(err)
		}
		wantCode(t, answer(r, cb.ID, callback.AnswerAccept), callback.ErrInvalidOperation, 40020) // a second answer
		r.run(time.Hour)
		r.wantReason(cb.ID, callback.ReasonAgentConnected)
	})
	t.Run("reject until the limit", func(t *testing.T) {
		r := newRig(t, preview)
		cb := r.start(manager.Request{})
		for range 2 {
			r.tick()
			r.wantState(cb.ID, callback.Offered)
			if err := answer(r, cb.ID, callback.AnswerReject); err != nil {
				t.Fatal(err)
			}
		}
		r.wantReason(cb.ID, callback.ReasonAfterRejects(2))
	})
	t.Run("cancel", func(t *testing.T) {
		r := newRig(t, preview)
		cb := r.start(manager.Request{})
		r.tick()
		if err := answer(r, cb.ID, callback.AnswerCancel); err != nil {
			t.Fatal(err)
		}
		r.wantReason(cb.ID, callback.ReasonPreviewCancel)
	})
	t.Run("no answer", func(t *testing.T) {
		r := newRig(t, preview)
		cb := r.start(manager.Request{})
		r.tick()
		r.clock.Advance(30 * time.Second)
		wantCode(t, answer(r, cb.ID, callback.AnswerAccept), callback.ErrInvalidOperation, 40020) // too late
		r.tick()
		if got := r.get(cb.ID); got.Rejects != 0 {
			t.Errorf("a time-out counts as a rejection")
		}
	})
	t.Run("reject where none is allowed", func(t *testing.T) {
		r := newRig(t, func(s *callback.Service, c *manager.Config) {
			preview(s, c)
			s.Preview.Rejects = 0
		})
		cb := r.start(manager.Request{})
		r.tick()
		wantCode(t, answer(r, cb.ID, callback.AnswerReject), callback.ErrInvalidOperation, 40020)
	})
}

func TestConfirm(t *testing.T) {
	for _, c := range []struct {
		name   string
		strict bool
		answer callback.OfferAnswer
		want   callback.Reason
	}{
		{"yes", true, callback.AnswerAccept, callback.ReasonAgentConnected},
		{"no", false, callback.AnswerCancel, callback.ReasonNoConfirm},
		{"silence, connect anyway", false, 0, callback.ReasonAgentConnected},
		{"silence, strict", true, 0, callback.ReasonNoConfirm},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, func(s *callback.Service, _ *manager.Config) {
				s.Confirm = callback.Confirm{On: true, Strict: c.strict}
			})
			r.dialer.On(swiss, callbacktest.Answered(time.Minute))
			cb := r.start(manager.Request{})
			r.tick()
			r.wantState(cb.ID, callback.Offered)
			if c.answer != 0 {
				if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: cb.ID, Answer: c.answer}); err != nil {
					t.Fatal(err)
				}
			}
			r.run(time.Hour)
			r.wantReason(cb.ID, c.want)
		})
	}
}

func TestUserOriginated(t *testing.T) {
	inbound := func(s *callback.Service, _ *manager.Config) {
		s.Inbound = callback.Inbound{Direction: callback.UserOriginated, NoWait: true, AccessNumbers: []string{"+41445550001", "+41445550002"}}
		s.Limits.SameNumber = callback.CheckNone
	}
	t.Run("at once", func(t *testing.T) {
		r := newRig(t, inbound)
		first, second := r.start(manager.Request{}), r.start(manager.Request{})
		if first.State != callback.Offered || first.AccessNumber == second.AccessNumber {
			t.Errorf("%v: %q and %q", first.State, first.AccessNumber, second.AccessNumber)
		}
		_, err := r.try(manager.Request{})
		wantCode(t, err, callback.ErrQueueLimit, 40002)
		if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: first.ID, Answer: callback.AnswerCalledIn}); err != nil {
			t.Fatal(err)
		}
		r.wantState(first.ID, callback.Routing)
		r.run(30 * time.Second)
		r.wantReason(second.ID, callback.ReasonInboundTimeout) // GMS _booking_expiration_timeout
	})
	t.Run("when an agent is free", func(t *testing.T) {
		r := newRig(t, func(s *callback.Service, c *manager.Config) {
			inbound(s, c)
			s.Inbound.NoWait = false
		})
		cb := r.start(manager.Request{})
		if cb.State != callback.Queued || cb.AccessNumber != "" {
			t.Fatalf("%v with %q", cb.State, cb.AccessNumber)
		}
		r.tick()
		if got := r.wantState(cb.ID, callback.Offered); got.AccessNumber == "" || got.Offer.Kind != callback.OfferBooking {
			t.Errorf("offer %+v of %q", got.Offer, got.AccessNumber)
		}
	})
	t.Run("codes", func(t *testing.T) {
		r := newRig(t, func(s *callback.Service, c *manager.Config) {
			inbound(s, c)
			s.Inbound.Codes, s.Inbound.AccessNumbers = true, []string{"+41445550001"}
		})
		a, b := r.start(manager.Request{}), r.start(manager.Request{})
		if len(a.AccessCode) != 6 || a.AccessCode == b.AccessCode || a.AccessNumber != b.AccessNumber {
			t.Errorf("codes %q %q for %q %q", a.AccessCode, b.AccessCode, a.AccessNumber, b.AccessNumber)
		}
	})
}

// A service may change while somebody answers an offer of the old one.
func TestServiceChangesDuringAnOffer(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Confirm.On = true })
	r.dialer.On(swiss, callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.tick()
	r.wantState(cb.ID, callback.Offered)
	if err := r.services.Set("", callback.Service{Name: "desk", Inbound: callback.Inbound{
		Direction: callback.UserOriginated, AccessNumbers: []string{"+41445550001"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: cb.ID, Answer: callback.AnswerAccept}); err != nil {
		t.Fatal(err)
	}
	r.run(time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
}

func TestCancelDoesNotHangUpOnPeopleWhoTalk(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Answered(10*time.Minute))
	cb := r.start(manager.Request{})
	r.run(2 * time.Minute)
	r.wantState(cb.ID, callback.Processing)
	_, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID})
	wantCode(t, err, callback.ErrInFlight, 40020)
	if n := len(r.dialer.Hangups()); n != 0 {
		t.Errorf("%d hang-ups", n)
	}
	r.run(time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
}
