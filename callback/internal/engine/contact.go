package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// ContactModes returns all contact modes of an account from the directory.
func (m *Intake) ContactModes(ctx context.Context, tenant, account string) ([]callback.ContactMode, error) {
	directory := m.Config.Contacts
	if directory == nil {
		return nil, decide.Misconfigured("contacts", "no contact directory is configured")
	}
	var modes []callback.ContactMode
	err := guard.Call("contact directory", func() (err error) {
		modes, err = directory.Modes(ctx, tenant, account)
		return err
	})
	switch {
	case errors.Is(err, callback.ErrNotFound):
		return nil, &callback.FieldError{Field: "account", Rule: "is not known to the contact directory", Fact: callback.ErrNotFound}
	case err != nil:
		return nil, &callback.ContactError{Err: err}
	}
	return modes, nil
}

// consents asks the directory again whether the customer of a callback consents
// to a call, because the consent or the service may have changed since it was
// accepted. The error unwraps to [callback.ErrConsent] if not; after any other it
// is not known.
func (m *Intake) consents(ctx context.Context, cb *callback.Callback, p *decide.Policy) error {
	if p.Service.Consent == callback.ConsentNone {
		return nil
	}
	c := cb.Customer
	modes, err := m.ContactModes(ctx, cb.Tenant, c.Account)
	if err != nil && !errors.Is(err, callback.ErrNotFound) {
		return err
	}
	i := slices.IndexFunc(modes, func(mode callback.ContactMode) bool { return mode.ID == c.ModeID })
	if i < 0 {
		return &callback.ModeError{Mode: c.ModeID, Rule: "has no consent any more", Fact: callback.ErrConsent}
	}
	if err := decide.Consented(&modes[i], p.Service.Consent); err != nil {
		return err
	}
	return decide.Covers(&modes[i], &decide.StartInput{CampaignID: c.CampaignID, Alternative: c.Alternative.Reveal()}, p)
}

// fillFromContact fills in the number of the contact mode that a request names,
// and checks the consent that the service requires.
func (m *Intake) fillFromContact(ctx context.Context, req *decide.Start, p *decide.Policy) error {
	_, inProperties := callback.TextOf(req.Properties[callback.PropertyNumber])
	given := req.Number != "" || inProperties
	consent := p.Service.Consent
	switch {
	case req.ModeID == "" && consent != callback.ConsentNone:
		return &callback.ModeError{Rule: "is required, because the service requires consent", Fact: callback.ErrConsent}
	case req.ModeID == "", given && consent == callback.ConsentNone:
		return nil
	case m.Config.Contacts != nil && req.Account == "":
		return decide.Invalid("account", "is required with a contact mode")
	}
	modes, err := m.ContactModes(ctx, req.Tenant, req.Account)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(modes, func(mode callback.ContactMode) bool { return mode.ID == req.ModeID })
	if i < 0 {
		return &callback.ModeError{Mode: req.ModeID, Rule: "is not known", Fact: callback.ErrInvalidParameter}
	}
	mode := &modes[i]
	if !given {
		if err := decide.Callable(mode); err != nil {
			return err
		}
	}
	if err := decide.Consented(mode, consent); err != nil {
		return err
	}
	if consent != callback.ConsentNone {
		if err := decide.Covers(mode, &req.StartInput, p); err != nil {
			return err
		}
	}
	if !given {
		req.Number = mode.Value
	}
	req.CampaignID = cmp.Or(req.CampaignID, mode.CampaignID)
	req.ContactID = cmp.Or(req.ContactID, mode.ContactID)
	if err := decide.CheckText("contact mode: campaign_id", req.CampaignID, text.MaxName); err != nil {
		return err
	}
	return decide.CheckText("contact mode: contact_id", req.ContactID, text.MaxName)
}
