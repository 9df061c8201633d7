package manager_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

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
		t.Error("the directory was asked though nobody needs its answer")
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
	for _, s := range []callback.Service{{Name: "front", Redirect: "strict"}, {Name: "strict", Consent: callback.ConsentPEWC}} {
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
	if err := r.services.Set("", callback.Service{Name: "free"}); err != nil {
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
	if _, err := callback.NewPolicy(callback.Service{Name: "x", Consent: callback.ConsentCampaign + 1}); !errors.Is(err, callback.ErrConfiguration) {
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
		"another number beside it":   {callback.ConsentPEWC, manager.Request{Alternative: swiss2}, "alternative"},
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
