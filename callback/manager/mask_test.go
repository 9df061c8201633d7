package manager_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store/record"
)

// holder starts a request that carries personal data in every field that can.
func (r *rig) holder() *callback.Callback {
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	return r.start(manager.Request{
		Key: "k", Alternative: swiss2, CustomerID: "customer-7", Account: "a-1",
		Properties:  callback.Values{"_note": "secret", "name": "secret"},
		Agent:       callback.Agent{Comments: "secret", Description: "secret"},
		Interaction: callback.Interaction{Subject: "secret", Text: "secret", MediaType: "voice"},
		Actor:       "ann",
	})
}

const day = 24 * time.Hour

func TestMaskRemovesNumberAndProperties(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.SearchKeys = []string{"_customer_number", "name"} })
	cb := r.holder()
	if _, err := r.m.Update(r.ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"name": "secret too"}, Actor: "bob", Detail: "secret"}); err != nil {
		t.Fatal(err)
	}
	r.run(time.Hour)
	done := r.wantReason(cb.ID, callback.ReasonAgentConnected)
	if want := done.EndedAt.Add(7 * day); !done.MaskAt.Equal(want) || !done.NextAt.Equal(want) || !done.MaskedAt.IsZero() {
		t.Fatalf("masked at %v, next at %v, want %v", done.MaskAt, done.NextAt, want)
	}
	r.clock.Set(done.MaskAt.Add(-time.Second))
	r.tick()
	if cb := r.get(cb.ID); cb.Revision != done.Revision || cb.Customer.Number.IsZero() {
		t.Fatal("masked too early")
	}
	r.clock.Set(done.MaskAt)
	if p := r.tick(); p.Masked != 1 || p.Ended != 0 || p.Erased != 0 {
		t.Errorf("progress is %+v", p)
	}
	masked := r.wantReason(cb.ID, callback.ReasonAgentConnected)
	if masked.Revision != done.Revision+1 || !masked.MaskedAt.Equal(done.MaskAt) || !masked.MaskAt.IsZero() {
		t.Errorf("revision %d, masked at %v, due %v", masked.Revision, masked.MaskedAt, masked.MaskAt)
	}
	if want := done.EndedAt.Add(90 * day); !masked.DeadlineAt.Equal(want) || !masked.NextAt.Equal(want) {
		t.Errorf("erased at %v, next at %v, want %v", masked.DeadlineAt, masked.NextAt, want)
	}
	body, err := record.AppendCallback(nil, masked)
	if err != nil {
		t.Fatal(err)
	}
	history, err := r.m.History(r.ctx, cb.ID)
	if err != nil {
		t.Fatal(err)
	}
	events, err := json.Marshal(history)
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"record": string(body), "history": string(events)} {
		for _, secret := range []string{"secret", swiss[1:], swiss2[1:]} {
			if strings.Contains(text, secret) {
				t.Errorf("the %s still has %q", where, secret)
			}
		}
	}
	last := history[len(history)-1]
	if last.Type != callback.EventMasked || last.From != callback.Completed || last.To != callback.Completed ||
		last.Reason != callback.ReasonAgentConnected || last.Actor != "n1" || last.Seq != masked.Revision {
		t.Errorf("the last event is %+v", last)
	}
	// What is not personal stays.
	if masked.Customer.ID != "customer-7" || len(masked.Attempts) != 1 || masked.Interaction.MediaType != "voice" || history[1].Actor != "bob" {
		t.Errorf("customer %q, %d attempts, medium %q, updated by %q", masked.Customer.ID, len(masked.Attempts), masked.Interaction.MediaType, history[1].Actor)
	}
	for name, q := range map[string]callback.Query{
		"number": {Number: swiss}, "alternative": {Number: swiss2}, "name": {SearchValues: []callback.Match{{Key: "name", Value: "secret"}}},
	} {
		if page, err := r.m.SearchPage(r.ctx, q); err != nil || len(page.Callbacks) != 0 {
			t.Errorf("search by %s finds %d, %v", name, len(page.Callbacks), err)
		}
	}
	// The same request is still the same callback.
	if again := r.holder(); again.ID != cb.ID {
		t.Errorf("the key made %s of %s", again.ID, cb.ID)
	}
	r.run(91 * day)
	if _, err := r.m.Get(r.ctx, cb.ID); !errors.Is(err, callback.ErrNotFound) {
		t.Errorf("after the retention: %v", err)
	}
}

func TestMaskedCallbackIsNotRedialed(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.MaskAfter = time.Hour })
	cb := r.holder()
	r.run(30 * time.Minute)
	r.start(manager.Request{CopyFrom: cb.ID, Number: swiss3})
	r.run(2 * time.Hour)
	_, err := r.try(manager.Request{CopyFrom: cb.ID, Number: swiss3})
	wantCode(t, err, callback.ErrInvalidOperation, 40020)
	var masked *callback.MaskedError
	if !errors.As(err, &masked) || masked.ID != cb.ID || masked.MaskedAt.IsZero() {
		t.Errorf("error is %v", err)
	}
}

// A callback is masked and erased when its service is gone.
func TestMaskNeedsNoService(t *testing.T) {
	r := newRig(t, nil)
	cb := r.holder()
	r.run(time.Hour)
	r.services.Remove("", "desk")
	r.run(8 * day)
	if cb := r.get(cb.ID); cb.MaskedAt.IsZero() || !cb.Customer.Number.IsZero() {
		t.Error("a callback of a service that was removed is not masked")
	}
	r.run(90 * day)
	if _, err := r.m.Get(r.ctx, cb.ID); !errors.Is(err, callback.ErrNotFound) {
		t.Errorf("after the retention: %v", err)
	}
}

func TestMaskOff(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.MaskAfter = callback.Off })
	cb := r.holder()
	r.run(89 * day)
	if cb := r.get(cb.ID); !cb.MaskAt.IsZero() || cb.Customer.Number.IsZero() || cb.UserData["name"] != "secret" {
		t.Error("masked although MaskAfter is Off")
	}
}

// A record that ends before its mask is due is erased, not masked.
func TestMaskAfterRetention(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Retention = day })
	cb := r.holder()
	r.run(2 * day)
	history, err := r.m.History(r.ctx, cb.ID)
	if err != nil || len(history) != 1 || history[0].Type != callback.EventErased {
		t.Errorf("history is %v, %v", history, err)
	}
}

// A masked callback is neither masked again nor changed.
func TestMaskTwice(t *testing.T) {
	r := newRig(t, nil)
	cb := r.holder()
	r.run(time.Hour)
	r.clock.Set(r.get(cb.ID).MaskAt)
	if p := r.tick(); p.Masked != 1 {
		t.Fatalf("progress is %+v", p)
	}
	if p := r.tick(); p.Masked != 0 {
		t.Errorf("masked again: %+v", p)
	}
	if _, err := r.m.Update(r.ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"name": "back"}}); !errors.Is(err, callback.ErrInvalidOperation) {
		t.Errorf("update of a masked callback: %v", err)
	}
}
