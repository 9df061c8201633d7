package manager_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// addressBook is a NumberResolver of a host that knows its customers by e-mail address.
type addressBook struct {
	numbers map[string]string
	err     error
	asked   int
}

func (b *addressBook) ResolveNumber(_ context.Context, cb *callback.Callback) (string, error) {
	b.asked++
	if b.err != nil {
		return "", b.err
	}
	email, _ := callback.TextOf(cb.Properties["_email"])
	number, ok := b.numbers[email]
	cb.Customer.Account = "changed" // a copy
	if !ok {
		return "", fmt.Errorf("%w: not in the book", callback.ErrNoNumber)
	}
	return number, nil
}

func emailRig(t *testing.T, b *addressBook) *rig {
	return newRig(t, func(s *callback.Service, c *manager.Config) {
		s.SearchKeys, s.RequiredKeys = []string{"_customer_number", "_email"}, []string{"_email"}
		if b != nil {
			c.Resolver = b
		}
	})
}

// Another required key replaces the number, which the host finds when the callback
// is dialed.
func TestAnotherKeyReplacesTheNumber(t *testing.T) {
	b := &addressBook{numbers: map[string]string{"ann@example.com": "078 555 66 77", "eve@example.com": "112", "fay@example.com": "0900 123 456"}}
	r := emailRig(t, b)
	r.dialer.On(swiss, callbacktest.Answered(time.Minute))
	start := func(address string) (*callback.Callback, error) {
		return r.m.Start(r.ctx, manager.Request{Service: "desk", Properties: callback.Values{"_email": address}})
	}
	for address, want := range map[string]callback.Reason{
		"ann@example.com": callback.ReasonAgentConnected,
		"bob@example.com": callback.ReasonNoNumber, // not in the book
		"eve@example.com": callback.ReasonNoNumber, // emergency
		"fay@example.com": callback.ReasonNoNumber, // premium
	} {
		cb, err := start(address)
		if err != nil {
			t.Fatal(address, err)
		}
		if !cb.Customer.Number.IsZero() {
			t.Errorf("%s: %v", address, cb.Customer.Number)
		}
		r.run(time.Hour)
		r.wantReason(cb.ID, want)
		got := r.get(cb.ID)
		if want == callback.ReasonAgentConnected && (got.Customer.Number.Key() != swiss || got.Customer.Account != "") {
			t.Errorf("%s: %v, account %q", address, got.Customer.Number, got.Customer.Account)
		}
		if want == callback.ReasonNoNumber && len(got.Attempts) > 0 {
			t.Errorf("%s: %d attempts", address, len(got.Attempts))
		}
		page, err := r.m.SearchPage(r.ctx, callback.Query{SearchValues: []callback.Match{{Key: "_email", Value: address}}})
		if err != nil || len(page.Callbacks) != 1 {
			t.Errorf("%s finds %d callbacks, %v", address, len(page.Callbacks), err)
		}
	}
	if n := len(r.dialer.Calls()); n != 1 {
		t.Errorf("%d calls", n)
	}
	_, err := r.m.Start(r.ctx, manager.Request{Service: "desk"})
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
	_, err = r.m.Start(r.ctx, manager.Request{Service: "desk", Number: swiss})
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
}

// Without a resolver a request to be called needs a number, whatever is required.
func TestNoResolver(t *testing.T) {
	r := emailRig(t, nil)
	_, err := r.m.Start(r.ctx, manager.Request{Service: "desk", Properties: callback.Values{"_email": "ann@example.com"}})
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
}

// The limits count a customer without a number by the required key.
func TestLimitsByAnotherKey(t *testing.T) {
	r := emailRig(t, &addressBook{})
	for i, want := range []bool{true, true, false} { // Limits.SameNumber is 2
		_, err := r.m.Start(r.ctx, manager.Request{Service: "desk", Properties: callback.Values{"_email": "ann@example.com"}})
		if (err == nil) != want {
			t.Errorf("callback %d: %v", i+1, err)
		}
	}
	if _, err := r.m.Start(r.ctx, manager.Request{Service: "desk", Properties: callback.Values{"_email": "bob@example.com"}}); err != nil {
		t.Errorf("another customer: %v", err)
	}
}

// A resolver that fails is asked again, and the callbacks behind get their turn.
func TestResolverFails(t *testing.T) {
	b := &addressBook{numbers: map[string]string{"ann@example.com": swiss}, err: errors.New("no connection")}
	r := emailRig(t, b)
	r.dialer.On(callbacktest.AnyNumber, callbacktest.Answered(time.Minute))
	first, err := r.m.Start(r.ctx, manager.Request{Service: "desk", Properties: callback.Values{"_email": "ann@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.m.Start(r.ctx, manager.Request{Service: "desk", Number: swiss2, Properties: callback.Values{"_email": "bob@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	r.run(10 * time.Minute)
	r.wantReason(second.ID, callback.ReasonAgentConnected)
	if cb := r.wantState(first.ID, callback.Queued); len(cb.Attempts) > 0 {
		t.Errorf("%d attempts", len(cb.Attempts))
	}
	b.err = nil
	r.run(10 * time.Minute)
	r.wantReason(first.ID, callback.ReasonAgentConnected)
}

// slowBook takes its time for each number.
type slowBook struct {
	takes time.Duration
	clock *callbacktest.Clock
}

func (b *slowBook) ResolveNumber(_ context.Context, cb *callback.Callback) (string, error) {
	b.clock.Advance(b.takes)
	email, _ := callback.TextOf(cb.Properties["_email"])
	return "+4178555" + email, nil
}

// However long the host takes to find the numbers, the leases of the callbacks that wait
// for theirs do not end all, and each is dialed.
func TestSlowResolver(t *testing.T) {
	for _, batch := range []bool{false, true} {
		b := &slowBook{takes: 3 * time.Second}
		r := newRig(t, func(s *callback.Service, c *manager.Config) {
			s.SearchKeys, s.RequiredKeys = []string{"_email"}, []string{"_email"}
			c.Resolver = b
			if batch {
				c.Router = chooser{personal{callbacktest.NewRouter(40), "absent"}}
			}
		})
		b.clock = r.clock
		r.dialer.On(callbacktest.AnyNumber, callbacktest.Answered(time.Minute))
		const n = 40
		for i := range n {
			if _, err := r.m.Start(r.ctx, manager.Request{Service: "desk", Properties: callback.Values{"_email": fmt.Sprintf("%04d", i+1000)}}); err != nil {
				t.Fatal(err)
			}
		}
		r.run(time.Hour)
		if calls := len(r.dialer.Calls()); calls != n {
			t.Errorf("batch %v: %d calls in an hour, want %d", batch, calls, n)
		}
	}
}
