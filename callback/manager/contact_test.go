package manager_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// account is the account of the LCM documentation's sample call.
const account = "5|3|1|0|0|44|1"

// directory is a contact directory that a test scripts. It has one tenant, "".
type directory struct {
	accounts map[string][]callback.ContactMode
	asked    int
	fail     func() error
}

func (d *directory) Modes(_ context.Context, tenant, account string) ([]callback.ContactMode, error) {
	d.asked++
	if d.fail != nil {
		return nil, d.fail()
	}
	if modes, ok := d.accounts[account]; ok && tenant == "" {
		return modes, nil
	}
	return nil, fmt.Errorf("account of tenant %q: %w", tenant, callback.ErrNotFound)
}

// sample has a mode for each rule; mode 3 may be called by everybody.
func sample() *directory {
	return &directory{accounts: map[string][]callback.ContactMode{
		account: {
			{ID: "3", Description: "Mobile", Value: "078 555 66 77", Callback: true, PEWC: true, CampaignPEWC: true, CampaignID: "camp", ContactID: "44"},
			{ID: "2", Description: "Office", Value: "+41 44 668 18 00", Callback: true, PEWC: true},
			{ID: "1", Description: "Home", Value: "+41 44 668 18 00", Callback: true},
			{ID: "mail", Value: "ann@example.com", PEWC: true, CampaignPEWC: true},
			{ID: "short", Value: "044 668 18 00", MinLength: 11, Callback: true},
			{ID: "long", Value: "044 668 18 00", MaxLength: 9, Callback: true},
			{ID: "exact", Value: "044 668 18 00", MinLength: 10, MaxLength: 10, Callback: true},
			{ID: "none", Value: " ", Callback: true},
			{ID: "bad", Value: "044 668", Callback: true},
			{ID: "3", Value: "+41 44 668 18 00"}, // the first of a name counts
		},
		"empty": nil,
	}}
}

func newContactRig(t *testing.T, d *directory, consent callback.Consent) *rig {
	t.Helper()
	return newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Consent = consent
		if d != nil {
			c.Contacts = d
		}
	})
}

func TestContactModesListsWhatMayBeCalledBack(t *testing.T) {
	d := sample()
	r := newContactRig(t, d, callback.ConsentNone)
	modes, err := r.m.ContactModes(r.ctx, account)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, m := range modes {
		ids = append(ids, m.ID)
	}
	if got := strings.Join(ids, " "); got != "3 2 1 short long exact none bad" {
		t.Errorf("modes are %s", got)
	}
	if d := cmp.Diff(d.accounts[account][0], modes[0]); d != "" {
		t.Errorf("mode differs (-want +got):\n%s", d)
	}
	// What was handed out is the caller's.
	modes[0].Value = ""
	if d.accounts[account][0].Value == "" {
		t.Error("changing the answer changed the directory")
	}
	if modes, err := r.m.ContactModes(r.ctx, "empty"); err != nil || len(modes) != 0 {
		t.Errorf("an account without modes: %v, %v", modes, err)
	}
}

func TestContactModesRefuses(t *testing.T) {
	d := sample()
	r := newContactRig(t, d, callback.ConsentNone)
	for _, bad := range []string{"", strings.Repeat("x", 129), "a\nb", "\xff"} {
		_, err := r.m.ContactModes(r.ctx, bad)
		wantCode(t, err, callback.ErrInvalidParameter, 40010)
	}
	if d.asked != 0 {
		t.Error("the directory was asked for a malformed account")
	}
	_, err := r.m.ContactModes(r.ctx, "5|3|1")
	wantCode(t, err, callback.ErrNotFound, 40030)
	if strings.Contains(err.Error(), "callback not found") {
		t.Errorf("the error speaks of a callback: %v", err)
	}
	_, err = r.m.Tenant("other").ContactModes(r.ctx, account)
	wantCode(t, err, callback.ErrNotFound, 40030)
	_, err = newContactRig(t, nil, callback.ConsentNone).m.ContactModes(r.ctx, account)
	wantCode(t, err, callback.ErrConfiguration, 50020)
}

// A directory that breaks fails the verb that asks it, and nothing else.
func TestContactDirectoryIsContained(t *testing.T) {
	broken := errors.New("no answer for +41 78 555 66 77")
	for name, fail := range map[string]func() error{
		"panic": func() error { panic("boom " + swiss) },
		"error": func() error { return broken },
	} {
		d := sample()
		d.fail = fail
		r := newContactRig(t, d, callback.ConsentNone)
		for verb, do := range map[string]func() error{
			"ContactModes": func() error { _, err := r.m.ContactModes(r.ctx, account); return err },
			"Start": func() error {
				_, err := r.m.Start(r.ctx, manager.Request{Service: "desk", Account: account, ModeID: "3"})
				return err
			},
		} {
			err := do()
			var contact *callback.ContactError
			if !errors.As(err, &contact) || callback.Code(err) != callback.CodeUnexpected {
				t.Errorf("%s, %s: error is %v", name, verb, err)
			}
			var panicked *callback.PanicError
			if name == "panic" && (!errors.As(err, &panicked) || panicked.In != "contact directory") {
				t.Errorf("%s: a panic became %v", verb, err)
			}
			if name == "error" && !errors.Is(err, broken) {
				t.Errorf("%s: the directory's error is lost in %v", verb, err)
			}
			if strings.Contains(strings.ReplaceAll(fmt.Sprint(err), " ", ""), "785556677") {
				t.Errorf("%s, %s: the error shows a number: %v", name, verb, err)
			}
		}
		if page, err := r.m.SearchPage(r.ctx, callback.Query{}); err != nil || len(page.Callbacks) != 0 {
			t.Errorf("%s: stored %d callbacks, %v", name, len(page.Callbacks), err)
		}
		d.fail = nil
		if _, err := r.m.Start(r.ctx, manager.Request{Service: "desk", Account: account, ModeID: "3"}); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
}

func TestStartTakesTheNumberOfAMode(t *testing.T) {
	r := newContactRig(t, sample(), callback.ConsentNone)
	got, err := r.m.Start(r.ctx, manager.Request{
		Service: "desk", Account: account, ModeID: "3", CustomerID: "ann", Origin: callback.Origin{RetryType: "SingleSession"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := r.start(manager.Request{Number: "078 555 66 77"})
	if got.Customer.Number != want.Customer.Number || !cmp.Equal(got.SearchValues, want.SearchValues) {
		t.Errorf("the number is not written like one that is given: %v, lookups of %v", got.Customer, got.SearchValues)
	}
	stored := r.get(got.ID)
	if c := stored.Customer; c.Account != account || c.ModeID != "3" || c.CampaignID != "camp" || c.ContactID != "44" || c.ID != "ann" || stored.Origin.RetryType != "SingleSession" {
		t.Errorf("the record has account %q, mode %q, campaign %q, contact %q", c.Account, c.ModeID, c.CampaignID, c.ContactID)
	}
	r.tick()
	if calls := r.dialer.Calls(); len(calls) == 0 || calls[0].To != want.Customer.Number {
		t.Errorf("dialled %v", calls)
	}
	// The mode's own bounds, met exactly; what the request says of campaign and
	// contact wins.
	got, err = r.m.Start(r.ctx, manager.Request{Service: "desk", Account: account, ModeID: "exact", CampaignID: "other", ContactID: "45"})
	if err != nil {
		t.Fatal(err)
	}
	if c := got.Customer; c.CampaignID != "other" || c.ContactID != "45" || c.Number.Reveal() != "+41446681800" {
		t.Errorf("campaign %q, contact %q", c.CampaignID, c.ContactID)
	}
}

func TestStartRefusesAMode(t *testing.T) {
	const office = "044 668 18 00"
	for _, c := range []struct {
		consent     callback.Consent
		acc, mode   string
		number      string
		fact        error
		code        int
		rule        string // of the ModeError; empty when it is another error
		noDirectory bool
	}{
		{acc: account, mode: "9", fact: callback.ErrInvalidParameter, code: 40010, rule: "is not known"},
		{acc: "empty", mode: "3", fact: callback.ErrInvalidParameter, code: 40010, rule: "is not known"},
		{acc: account, mode: "mail", fact: callback.ErrInvalidParameter, code: 40010, rule: "carries no callback strategy"},
		{acc: account, mode: "short", fact: callback.ErrInvalidNumber, code: 40040, rule: "has a number of 10 digits, at least 11 are required"},
		{acc: account, mode: "long", fact: callback.ErrInvalidNumber, code: 40040, rule: "has a number of 10 digits, at most 9 are allowed"},
		{acc: account, mode: "none", fact: callback.ErrInvalidNumber, code: 40040, rule: "has no number"},
		{acc: account, mode: "bad", fact: callback.ErrInvalidNumber, code: 40040},
		{acc: "5|3|2", mode: "3", fact: callback.ErrNotFound, code: 40030},
		{acc: "", mode: "3", fact: callback.ErrInvalidParameter, code: 40010},
		{acc: account, mode: "3", noDirectory: true, fact: callback.ErrConfiguration, code: 50020},

		{consent: callback.ConsentPEWC, acc: account, mode: "1", fact: callback.ErrConsent, code: 40040, rule: "has no express written consent"},
		{consent: callback.ConsentPEWC, acc: account, mode: "1", number: office, fact: callback.ErrConsent, code: 40040, rule: "has no express written consent"},
		{consent: callback.ConsentCampaign, acc: account, mode: "1", fact: callback.ErrConsent, code: 40040, rule: "has no express written consent"},
		{consent: callback.ConsentCampaign, acc: account, mode: "2", fact: callback.ErrConsent, code: 40040, rule: "has no express written consent to the campaign"},
		{consent: callback.ConsentCampaign, acc: account, mode: "2", number: office, fact: callback.ErrConsent, code: 40040, rule: "has no express written consent to the campaign"},
		{consent: callback.ConsentPEWC, acc: account, mode: "9", number: office, fact: callback.ErrInvalidParameter, code: 40010, rule: "is not known"},
		{consent: callback.ConsentPEWC, acc: account, number: office, fact: callback.ErrConsent, code: 40040, rule: "is required, because the service requires consent"},
		{consent: callback.ConsentPEWC, number: office, fact: callback.ErrConsent, code: 40040, rule: "is required, because the service requires consent"},
		{consent: callback.ConsentPEWC, mode: "3", number: office, fact: callback.ErrInvalidParameter, code: 40010},
		{consent: callback.ConsentPEWC, acc: account, mode: "3", number: office, noDirectory: true, fact: callback.ErrConfiguration, code: 50020},
	} {
		d := sample()
		if c.noDirectory {
			d = nil
		}
		r := newContactRig(t, d, c.consent)
		_, err := r.m.Start(r.ctx, manager.Request{Service: "desk", Account: c.acc, ModeID: c.mode, Number: c.number})
		name := fmt.Sprintf("consent %d, account %q, mode %q, number given %v", c.consent, c.acc, c.mode, c.number != "")
		if !errors.Is(err, c.fact) || callback.Code(err) != c.code {
			t.Errorf("%s: error is %v with code %d", name, err, callback.Code(err))
			continue
		}
		var mode *callback.ModeError
		if errors.As(err, &mode) != (c.rule != "") || c.rule != "" && (mode.Rule != c.rule || mode.Mode != c.mode) {
			t.Errorf("%s: error is %v", name, err)
		}
		if page, err := r.m.SearchPage(r.ctx, callback.Query{}); err != nil || len(page.Callbacks) != 0 {
			t.Errorf("%s: stored %d callbacks, %v", name, len(page.Callbacks), err)
		}
	}
}

// Whoever prints a mode, or an error that names one, shows no number.
func TestModesHideTheirNumbers(t *testing.T) {
	mode := sample().accounts[account][0]
	text, err := json.Marshal(mode)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	out.Write(text)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		fmt.Fprintf(&out, verb, mode)
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "mode", mode)
	r := newContactRig(t, sample(), callback.ConsentNone)
	_, err = r.m.Start(r.ctx, manager.Request{Service: "desk", Account: account, ModeID: swiss})
	fmt.Fprint(&out, err)
	if squeezed := strings.ReplaceAll(out.String(), " ", ""); strings.Contains(squeezed, "785556677") {
		t.Errorf("the number shows: %s", out.String())
	}
}
