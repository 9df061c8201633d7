package callback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// ContactMode is one way to reach a customer, as a contact directory keeps it
// (LCM GetCallBackModes).
type ContactMode struct {
	ID          string // LCM ModeID
	Description string
	Channel     string // LCM ChannelType; empty means none is given
	// MinLength and MaxLength bound the number of digits of Value; 0 means no
	// bound.
	MinLength, MaxLength int
	Value                string // LCM Cvalue: a number, as the directory writes it
	// Callback: the mode carries a callback strategy; without one it is not
	// called back.
	Callback bool
	// PEWC and CampaignPEWC: the customer has given express written consent, at
	// all and to the campaign.
	PEWC, CampaignPEWC bool
	CampaignID         string
	ContactID          string
}

// ContactModes is a directory of the ways to reach customers. It returns all
// modes of an account, in the directory's order, [ErrNotFound] when it does not
// know the account. It must be safe for concurrent use.
//
// A Manager asks it within the verb that needs the answer, under the verb's
// context, and keeps nothing. A directory that fails or panics fails that verb
// alone, with a [ContactError].
type ContactModes interface {
	Modes(ctx context.Context, tenant, account string) ([]ContactMode, error)
}

// Consent says which consent of the customer a service needs before it calls
// (LCM PEWC, CampaignPEWC).
//
// A service that needs one refuses, with a [ModeError] that is an [ErrConsent],
// an alternative number other than the mode's own, and an update to another
// number; with ConsentCampaign also a request whose CampaignID is not that of
// the mode, where both have one.
type Consent uint8

const (
	ConsentNone     Consent = iota // none
	ConsentPEWC                    // prior express written consent
	ConsentCampaign                // prior express written consent, at all and to the campaign
)

// ContactModes returns the modes of an account that carry a callback strategy,
// in the directory's order. There may be none.
//
// Errors: [ErrInvalidParameter] for an account that is empty, malformed or
// longer than 128 bytes; [ErrConfiguration] without a directory;
// [ErrNotFound] for an account that the directory does not know;
// [ContactError] for a directory that fails or panics.
func (m *Manager) ContactModes(ctx context.Context, tenant, account string) ([]ContactMode, error) {
	if account == "" {
		return nil, invalid("account", "is required")
	}
	if err := checkText("tenant", tenant, maxName); err != nil {
		return nil, err
	}
	if err := checkText("account", account, maxName); err != nil {
		return nil, err
	}
	all, err := m.contactModes(ctx, tenant, account)
	if err != nil {
		return nil, err
	}
	modes := make([]ContactMode, 0, len(all))
	for _, mode := range all {
		if mode.Callback {
			modes = append(modes, mode)
		}
	}
	return modes, nil
}

// contactModes asks the directory for all modes of an account.
func (m *Manager) contactModes(ctx context.Context, tenant, account string) ([]ContactMode, error) {
	directory := m.config.Contacts
	if directory == nil {
		return nil, misconfigured("contacts", "no contact directory is configured")
	}
	var modes []ContactMode
	err := guard("contact directory", func() (err error) {
		modes, err = directory.Modes(ctx, tenant, account)
		return err
	})
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, &FieldError{Field: "account", Rule: "is not known to the contact directory", fact: ErrNotFound}
	case err != nil:
		return nil, &ContactError{Err: err}
	}
	return modes, nil
}

// fillFromContact takes what a request leaves to the contact directory: the
// number of the mode it names, and whether the customer has consented to be
// called by the service.
func (m *Manager) fillFromContact(ctx context.Context, req *Request, p *Policy) error {
	_, inProperties := TextOf(req.Properties[propertyNumber])
	given := req.Number != "" || inProperties
	consent := p.service.Consent
	switch {
	case req.ModeID == "" && consent != ConsentNone:
		return &ModeError{Rule: "is required, because the service requires consent", fact: ErrConsent}
	case req.ModeID == "", given && consent == ConsentNone:
		return nil
	case m.config.Contacts != nil && req.Account == "":
		return invalid("account", "is required with a contact mode")
	}
	modes, err := m.contactModes(ctx, req.Tenant, req.Account)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(modes, func(mode ContactMode) bool { return mode.ID == req.ModeID })
	if i < 0 {
		return &ModeError{Mode: req.ModeID, Rule: "is not known", fact: ErrInvalidParameter}
	}
	mode := &modes[i]
	if !given {
		if err := mode.callable(); err != nil {
			return err
		}
	}
	if err := mode.consented(consent); err != nil {
		return err
	}
	if consent != ConsentNone {
		if err := mode.covers(req, p); err != nil {
			return err
		}
	}
	if !given {
		req.Number = mode.Value
	}
	setDefault(&req.CampaignID, mode.CampaignID)
	setDefault(&req.ContactID, mode.ContactID)
	if err := checkText("contact mode: campaign_id", req.CampaignID, maxName); err != nil {
		return err
	}
	return checkText("contact mode: contact_id", req.ContactID, maxName)
}

// callable reports why the mode's number may not be called.
func (c *ContactMode) callable() error {
	digits := 0
	for _, r := range c.Value {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	refused := func(fact error, format string, args ...any) error {
		return &ModeError{Mode: c.ID, Rule: fmt.Sprintf(format, args...), fact: fact}
	}
	switch {
	case !c.Callback:
		return refused(ErrInvalidParameter, "carries no callback strategy")
	case strings.TrimSpace(c.Value) == "":
		return refused(ErrInvalidNumber, "has no number")
	case c.MinLength > 0 && digits < c.MinLength:
		return refused(ErrInvalidNumber, "has a number of %d digits, at least %d are required", digits, c.MinLength)
	case c.MaxLength > 0 && digits > c.MaxLength:
		return refused(ErrInvalidNumber, "has a number of %d digits, at most %d are allowed", digits, c.MaxLength)
	}
	return nil
}

// consented reports which consent is missing.
func (c *ContactMode) consented(need Consent) error {
	switch {
	case need >= ConsentPEWC && !c.PEWC:
		return &ModeError{Mode: c.ID, Rule: "has no express written consent", fact: ErrConsent}
	case need >= ConsentCampaign && !c.CampaignPEWC:
		return &ModeError{Mode: c.ID, Rule: "has no express written consent to the campaign", fact: ErrConsent}
	}
	return nil
}

// covers reports where a request goes beyond what the consent of the mode was
// given for.
func (c *ContactMode) covers(req *Request, p *Policy) error {
	if p.service.Consent == ConsentCampaign && req.CampaignID != "" && c.CampaignID != "" && req.CampaignID != c.CampaignID {
		return &ModeError{Mode: c.ID, Rule: "has consent to another campaign", fact: ErrConsent}
	}
	if req.Alternative == "" {
		return nil
	}
	if key := p.read(req.Alternative).Key(); key == "" || key != p.read(c.Value).Key() {
		return &ModeError{Mode: c.ID, Rule: "has no consent for the alternative number", fact: ErrConsent}
	}
	return nil
}

// ModeError says why a contact mode cannot be used. It unwraps to [ErrConsent]
// where consent is missing, to [ErrInvalidNumber] where the mode's number is
// missing or has too few or too many digits, else to [ErrInvalidParameter].
// It never holds the number.
type ModeError struct {
	Mode string // as it was asked for; empty where the request named none
	Rule string // what is wrong with it
	fact error
}

func (e *ModeError) Error() string {
	if e.Mode == "" {
		return "contact mode " + e.Rule
	}
	return fmt.Sprintf("contact mode %q %s", redactText(e.Mode), e.Rule)
}

// Unwrap returns the sentinel.
func (e *ModeError) Unwrap() error { return e.fact }

// ContactError says that the contact directory failed. It unwraps to what the
// directory said, or to a [PanicError]; its text shows no number. It has no
// code of its own.
type ContactError struct{ Err error }

func (e *ContactError) Error() string { return "contact directory failed: " + redact(e.Err) }

// Unwrap returns the directory's error.
func (e *ContactError) Unwrap() error { return e.Err }
