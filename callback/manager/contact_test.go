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

// A directory that fails or panics fails only the method that asked it.
func TestContactDirectoryIsContained(t *testing.T) {
	broken := errors.New("no answer for +41 78 555 66 77")
	for name, fail := range map[string]func() error{
		"panic": func() error { panic("boom " + swiss) },
		"error": func() error { return broken },
	} {
		d := sample()
		d.fail = fail
		r := newContactRig(t, d, callback.ConsentNone)
		for method, do := range map[string]func() error{
			"ContactModes": func() error { _, err := r.m.ContactModes(r.ctx, account); return err },
			"Start": func() error {
				_, err := r.m.Start(r.ctx, manager.Request{Service: "desk", Account: account, ModeID: "3"})
				return err
			},
		} {
			err := do()
			var contact *callback.ContactError
			if !errors.As(err, &contact) || callback.Code(err) != callback.CodeUnexpected {
				t.Errorf("%s, %s: error is %v", name, method, err)
			}
			var panicked *callback.PanicError
			if name == "panic" && (!errors.As(err, &panicked) || panicked.In != "contact directory") {
				t.Errorf("%s: a panic became %v", method, err)
			}
			if name == "error" && !errors.Is(err, broken) {
				t.Errorf("%s: the directory's error is lost in %v", method, err)
			}
			if strings.Contains(strings.ReplaceAll(fmt.Sprint(err), " ", ""), "785556677") {
				t.Errorf("%s, %s: the error shows a number: %v", name, method, err)
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

// Neither a mode nor an error about one prints its number.
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

// A number that is given wins: of its mode only the consent is asked, and that
// only where the service needs it.
func TestGivenNumberWinsOverTheMode(t *testing.T) {
	d := sample()
	r := newContactRig(t, d, callback.ConsentNone)
	for _, req := range []manager.Request{
		{Number: swiss2},
		{Properties: callback.Values{"_customer_number": swiss2}},
	} {
		req.Service, req.Account, req.ModeID = "desk", account, "no such mode"
		cb, err := r.m.Start(r.ctx, req)
		if err != nil {
			t.Fatal(err)
		}
		if cb.Customer.Number.Reveal() != swiss2 || cb.Customer.ModeID != "no such mode" || cb.Customer.Account != account {
			t.Errorf("customer is %v, mode %q", cb.Customer, cb.Customer.ModeID)
		}
	}
	if d.asked != 0 {
		t.Error("the directory was asked although the request does not need it")
	}
	r = newContactRig(t, d, callback.ConsentCampaign)
	cb, err := r.m.Start(r.ctx, manager.Request{Service: "desk", Account: account, ModeID: "mail", Number: swiss2})
	if err != nil {
		t.Fatal(err)
	}
	if cb.Customer.Number.Reveal() != swiss2 || cb.Customer.ModeID != "mail" {
		t.Errorf("customer is %v, mode %q", cb.Customer, cb.Customer.ModeID)
	}
}

// The consent that counts is that of the service that gets the callback.
func TestConsentOfTheRedirectedService(t *testing.T) {
	r := newContactRig(t, sample(), callback.ConsentNone)
	for _, s := range []callback.Service{{Name: "front", Numbers: callback.Numbers{Country: "US", Countries: []string{"CH"}}, Redirect: "strict"}, {Name: "strict", Numbers: callback.Numbers{Country: "US"}, Consent: callback.ConsentPEWC}} {
		if err := r.services.Set("", s); err != nil {
			t.Fatal(err)
		}
	}
	_, err := r.m.Start(r.ctx, manager.Request{Service: "front", Account: account, ModeID: "1"})
	wantCode(t, err, callback.ErrConsent, 40040)
}

// The same request with the same key is the same callback, whatever the
// directory says by then.
func TestRepeatedStartDoesNotAskTheDirectory(t *testing.T) {
	d := sample()
	r := newContactRig(t, d, callback.ConsentPEWC)
	req := manager.Request{Service: "desk", Account: account, ModeID: "3", Key: "k"}
	first, err := r.m.Start(r.ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(){
		"another number": func() {
			d.accounts[account] = []callback.ContactMode{{ID: "3", Value: swiss3, Callback: true, PEWC: true, CampaignID: "x"}}
		},
		"consent withdrawn": func() { d.accounts[account] = []callback.ContactMode{{ID: "3", Value: swiss, Callback: true}} },
		"account gone":      func() { delete(d.accounts, account) },
		"directory down":    func() { d.fail = func() error { panic("down") } },
	} {
		change()
		asked := d.asked
		again, err := r.m.Start(r.ctx, req)
		if err != nil || again.ID != first.ID || again.Customer.Number != first.Customer.Number || d.asked != asked {
			t.Errorf("%s: %v, %v, asked %d times", name, again, err, d.asked-asked)
		}
	}
	req.ModeID = "2"
	_, err = r.m.Start(r.ctx, req)
	wantCode(t, err, callback.ErrKeyReuse, 40010)
}

// A key that an earlier release took is known to this one: fields that it did
// not have do not count where they are empty.
func TestDigestOfEarlierReleases(t *testing.T) {
	r := newContactRig(t, nil, callback.ConsentNone)
	cb := r.start(manager.Request{
		Key: "k", Number: swiss, CustomerID: "c-1", Account: "5|3|1", ModeID: "3",
		Origin: callback.Origin{Creator: "API", ExternalID: "e-1"}, Properties: callback.Values{"vip": true},
	})
	if want := "382cd9500c582f232c703896a4466842fef2311ae5482b3af346ba79d4c271a0"; cb.Idempotency.Hash != want {
		t.Errorf("digest is %s, was %s", cb.Idempotency.Hash, want)
	}
	for _, change := range []func(*manager.Request){
		func(r *manager.Request) { r.CampaignID = "x" },
		func(r *manager.Request) { r.ContactID = "x" },
		func(r *manager.Request) { r.Origin.RetryType = "x" },
	} {
		req := manager.Request{Service: "desk", Number: swiss2, Key: "other"}
		r.start(req)
		change(&req)
		_, err := r.try(req)
		wantCode(t, err, callback.ErrKeyReuse, 40010)
	}
}

func TestCopyKeepsTheContact(t *testing.T) {
	r := newContactRig(t, sample(), callback.ConsentCampaign)
	source, err := r.m.Start(r.ctx, manager.Request{Service: "desk", Account: account, ModeID: "3", State: callback.Completed})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		req  manager.Request
		want callback.Customer // its Number aside
		same bool              // as the source's
		fact error
	}{
		"all of it":       {req: manager.Request{}, want: source.Customer, same: true},
		"another number":  {req: manager.Request{Number: swiss3}, want: source.Customer},
		"the same mode":   {req: manager.Request{ModeID: "3"}, want: source.Customer, same: true},
		"another mode":    {req: manager.Request{ModeID: "2"}, fact: callback.ErrConsent},
		"another account": {req: manager.Request{Account: "empty"}, fact: callback.ErrConsent},
	} {
		c.req.Service, c.req.CopyFrom = "desk", source.ID
		cb, err := r.m.Start(r.ctx, c.req)
		if !errors.Is(err, c.fact) {
			t.Errorf("%s: error is %v, want %v", name, err, c.fact)
		}
		if err != nil {
			continue
		}
		if got := cb.Customer; got.Account != c.want.Account || got.ModeID != c.want.ModeID || got.CampaignID != c.want.CampaignID || got.ContactID != c.want.ContactID {
			t.Errorf("%s: mode %q of account %q", name, got.ModeID, got.Account)
		} else if (got.Number == source.Customer.Number) != c.same {
			t.Errorf("%s: number is the source's: %v", name, !c.same)
		}
		if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID}); err != nil {
			t.Fatal(err)
		}
	}
	// Without a word on the number the mode that is named is called.
	if err := r.services.Set("", callback.Service{Name: "free", Numbers: callback.Numbers{Country: "US", Countries: []string{"CH"}}}); err != nil {
		t.Fatal(err)
	}
	cb, err := r.m.Start(r.ctx, manager.Request{Service: "free", CopyFrom: source.ID, ModeID: "2"})
	if err != nil {
		t.Fatal(err)
	}
	if c := cb.Customer; c.Number.Reveal() != "+41446681800" || c.ModeID != "2" || c.CampaignID != "" || c.Account != account {
		t.Errorf("mode %q, campaign %q, account %q", c.ModeID, c.CampaignID, c.Account)
	}
}

func TestContactTextsAreBounded(t *testing.T) {
	long := strings.Repeat("x", 129)
	d := sample()
	r := newContactRig(t, d, callback.ConsentNone)
	for field, req := range map[string]manager.Request{
		"campaign_id":       {CampaignID: long},
		"contact_id":        {ContactID: "\xff"},
		"origin.retry_type": {Origin: callback.Origin{RetryType: "a\nb"}},
		"mode_id":           {ModeID: long},
		"account":           {Account: long},
	} {
		_, err := r.try(req)
		wantCode(t, err, callback.ErrInvalidParameter, 40010)
		if !strings.HasPrefix(err.Error(), field+":") {
			t.Errorf("%s: error is %v", field, err)
		}
	}
	d.accounts[account] = []callback.ContactMode{{ID: "3", Value: swiss, Callback: true, ContactID: long}}
	_, err := r.m.Start(r.ctx, manager.Request{Service: "desk", Account: account, ModeID: "3"})
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
	if _, err := callback.NewPolicy(callback.Service{Name: "x", Numbers: callback.Numbers{Country: "US", Countries: []string{"CH"}}, Consent: callback.ConsentCampaign + 1}); !errors.Is(err, callback.ErrConfiguration) {
		t.Errorf("an undefined consent: %v", err)
	}
}

// Consent is for the number of the mode and for its campaign, and for no other.
func TestConsentCoversNoMoreThanTheMode(t *testing.T) {
	for name, c := range map[string]struct {
		consent callback.Consent
		req     manager.Request
		rule    string
	}{
		"its own campaign":           {callback.ConsentCampaign, manager.Request{CampaignID: "camp"}, ""},
		"another campaign":           {callback.ConsentCampaign, manager.Request{CampaignID: "other"}, "another campaign"},
		"a campaign of no matter":    {callback.ConsentPEWC, manager.Request{CampaignID: "other"}, ""},
		"an alternative number":      {callback.ConsentPEWC, manager.Request{Alternative: swiss2}, "alternative"},
		"its own number twice":       {callback.ConsentPEWC, manager.Request{Alternative: "+41 78 555 66 77"}, ""},
		"no consent needed":          {callback.ConsentNone, manager.Request{Alternative: swiss2, CampaignID: "other"}, ""},
		"an alternative that is not": {callback.ConsentPEWC, manager.Request{Alternative: "?"}, "alternative"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newContactRig(t, sample(), c.consent)
			req := c.req
			req.Service, req.Account, req.ModeID = "desk", account, "3"
			cb, err := r.m.Start(r.ctx, req)
			if c.rule == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wantCode(t, err, callback.ErrConsent, 40040)
			var mode *callback.ModeError
			if !errors.As(err, &mode) || mode.Mode != "3" || !strings.Contains(mode.Rule, c.rule) || cb != nil {
				t.Errorf("%v, %v", cb, err)
			}
		})
	}
}

// An update must not lead the consent to another number.
func TestConsentStaysWithItsNumber(t *testing.T) {
	for _, consent := range []callback.Consent{callback.ConsentNone, callback.ConsentPEWC} {
		r := newContactRig(t, sample(), consent)
		cb, err := r.m.Start(r.ctx, manager.Request{Service: "desk", Account: account, ModeID: "3"})
		if err != nil {
			t.Fatal(err)
		}
		set := func(number string) error {
			_, err := r.m.Update(r.ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"_customer_number": number, "color": "red"}})
			return err
		}
		if err := set("+41 78 555 66 77"); err != nil {
			t.Error(err)
		}
		before := r.get(cb.ID).Revision
		err = set(swiss2)
		if consent == callback.ConsentNone {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		wantCode(t, err, callback.ErrConsent, 40040)
		if got := r.get(cb.ID); got.Revision != before {
			t.Errorf("it was changed: %v", got)
		}
	}
}
