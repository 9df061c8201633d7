package manager_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/phonenum"
)

func patterns(t *testing.T, csv string) phonenum.Patterns {
	t.Helper()
	p, err := phonenum.ParsePatterns(csv)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNumberOptions(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*callback.Numbers)
		number string
		rule   string // empty: taken
	}{
		{"exception", func(n *callback.Numbers) { n.Exceptions = patterns(t, "+4178555*") }, swiss, "exception"},
		{"exception, another number", func(n *callback.Numbers) { n.Exceptions = patterns(t, "+4178555*") }, "+41446681800", ""},
		{"country", func(n *callback.Numbers) { n.Countries = nil }, "+12125550123", "country"},
		{"premium", func(*callback.Numbers) {}, "0900 123 456", "premium"},
		{"premium allowed", func(n *callback.Numbers) { n.AllowPremium = true }, "0900 123 456", ""},
		{"missing plus", func(*callback.Numbers) {}, "12125550123", ""},
		{"missing plus kept", func(n *callback.Numbers) { n.KeepMissingPlus = true }, "12125550123", "invalid"},
		{"emergency by SIP", func(*callback.Numbers) {}, "sip:112@pbx.example.com", "emergency"},
		{"premium by SIP", func(*callback.Numbers) {}, "sip:0900123456@pbx.example.com", "premium"},
		{"exception by SIP", func(n *callback.Numbers) { n.Exceptions = patterns(t, "+4178555*") }, "sip:+41785556677@pbx.example.com", "exception"},
		{"a line by SIP", func(n *callback.Numbers) { n.SIPHosts = []string{"pbx.example.com"} }, "sip:2041@pbx.example.com", ""},
		{"premium behind a prefix of its country", func(n *callback.Numbers) { n.AllowImpossible, n.Countries = true, []string{"BY"} }, "+375 8 810 222 0062", "premium"},
		{"emergency where the impossible is allowed", func(n *callback.Numbers) { n.AllowImpossible = true }, "112", "emergency"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, func(s *callback.Service, _ *manager.Config) { c.change(&s.Numbers) })
			_, err := r.try(manager.Request{Number: c.number})
			if c.rule == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wantCode(t, err, callback.ErrInvalidNumber, 40040)
			if number := new(callback.NumberError); !errors.As(err, &number) || number.Rule != c.rule {
				t.Errorf("refused by %q, want %q", number.Rule, c.rule)
			}
			wantNothingStored(t, r)
		})
	}
}

func TestNumbersAreChecked(t *testing.T) {
	for _, c := range []struct{ number, rule string }{
		{"hello", "impossible"}, {"+999123", "impossible"}, {"+41 900 123 456", "premium"}, {"112", "emergency"},
		{"+41 78 555 66", "invalid"}, {"sip:", "impossible"},
	} {
		r := newRig(t, nil)
		_, err := r.try(manager.Request{Number: c.number})
		wantCode(t, err, callback.ErrInvalidNumber, 40040)
		var number *callback.NumberError
		if !errors.As(err, &number) {
			t.Fatalf("error is %T", err)
		}
		if number.Rule != c.rule {
			t.Errorf("%q is refused as %s, want %s", c.number, number.Rule, c.rule)
		}
		if strings.Contains(err.Error(), "900") || strings.Contains(err.Error(), "55566") {
			t.Errorf("the error shows the number: %v", err)
		}
		wantNothingStored(t, r)
	}
}

func TestNumberIsTakenInManySpellings(t *testing.T) {
	for _, spelling := range []string{swiss, "078 555 66 77", "0041785556677", "tel:+41785556677", "tel: +41785556677", "41785556677", "(078) 555-66-77"} {
		r := newRig(t, nil)
		cb := r.start(manager.Request{Number: spelling})
		if got := cb.Customer.Number.Key(); got != swiss {
			t.Errorf("%q is read as %q", spelling, got)
		}
	}
	r := newRig(t, nil)
	if cb := r.start(manager.Request{Number: "sip:hans@example.com"}); cb.Customer.Number.Key() != "sip:hans@example.com" {
		t.Errorf("SIP address is read as %q", cb.Customer.Number.Key())
	}
}

// GMS takes "5115" with _disallow_impossible_phone_numbers = false.
func TestImpossibleNumbersWhereAllowed(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Numbers.AllowImpossible = true })
	if cb := r.start(manager.Request{Number: "5115"}); cb.Customer.Number.Reveal() != "5115" {
		t.Errorf("number is %q", cb.Customer.Number.Reveal())
	}
}
