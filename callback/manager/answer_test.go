package manager_test

import (
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// An offer ends with the Until of its callback.
func TestOfferAfterUntil(t *testing.T) {
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Preview.On, s.Preview.Timeout = true, 30*time.Minute
	})
	until := monday().Add(5 * time.Minute)
	cb := r.start(manager.Request{Until: until})
	r.tick()
	r.wantState(cb.ID, callback.Offered)
	r.clock.Advance(20 * time.Minute)
	r.tick()
	_, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: cb.ID, Answer: callback.AnswerAccept})
	wantCode(t, err, callback.ErrInvalidOperation, 40020)
	r.tick()
	r.wantReason(cb.ID, callback.ReasonTimeout)
	if n := len(r.dialer.Dials()); n != 0 {
		t.Errorf("attempt began %v after Until", r.clock.Now().Sub(until))
	}
}

func TestUnansweredPreviewSetsTheAgentNotReady(t *testing.T) {
	router := &deskRouter{free: func() (int, error) { return 1, nil }, reserve: agent}
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Router = router
		s.Preview = callback.Preview{On: true, NotReady: true, Reason: "7", ReasonKey: "Why", ReasonAttribute: true}
	})
	r.start(manager.Request{})
	r.tick()
	r.clock.Advance(30 * time.Second)
	r.tick()
	if len(router.released) == 0 {
		t.Fatal("the agent was not given back")
	}
	if rel := router.released[0]; !rel.NotReady || rel.Reason != "7" || rel.ReasonKey != "Why" || !rel.ReasonAttribute {
		t.Errorf("released as %+v", rel)
	}
}

func TestRejectedPreviewWaits(t *testing.T) {
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Router = callbacktest.NewRouter(1)
		s.Preview = callback.Preview{On: true, Rejects: 3, RejectRetry: time.Minute}
	})
	cb := r.start(manager.Request{})
	r.tick()
	if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: cb.ID, Answer: callback.AnswerReject}); err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(59 * time.Second)
	r.tick()
	r.wantState(cb.ID, callback.Queued)
	r.clock.Advance(time.Second)
	r.tick()
	r.wantState(cb.ID, callback.Offered)
}

func TestPreview(t *testing.T) {
	preview := func(s *callback.Service, c *manager.Config) {
		s.Preview = callback.Preview{On: true, Rejects: 2, NotReady: true, Reason: "7"}
		s.Dialing.AgentFirst = true
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
		r.wantReason(cb.ID, "AGENT_PREVIEW_CANCEL_AFTER_2REJECTS")
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

// A service may change between an offer and its answer.
func TestServiceChangesDuringAnOffer(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Confirm.On = true })
	r.dialer.On(swiss, callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.tick()
	r.wantState(cb.ID, callback.Offered)
	if err := r.services.Set("", callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "US", Countries: []string{"CH"}}, Inbound: callback.Inbound{
		On: true, AccessNumbers: []string{"+41445550001"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: cb.ID, Answer: callback.AnswerAccept}); err != nil {
		t.Fatal(err)
	}
	r.run(time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
}

// An answer for another kind of offer is refused.
func TestAnswerOfAKind(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Confirm = callback.Confirm{On: true, Strict: true} })
	cb := r.start(manager.Request{})
	r.tick()
	for _, kind := range []callback.OfferKind{callback.OfferPreview, callback.OfferBooking, 9} {
		_, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: cb.ID, Answer: callback.AnswerAccept, Kind: kind})
		wantCode(t, err, callback.ErrInvalidOperation, 40020)
	}
	if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: cb.ID, Answer: callback.AnswerAccept, Kind: callback.OfferConfirm}); err != nil {
		t.Error(err)
	}
}
