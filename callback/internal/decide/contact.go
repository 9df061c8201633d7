package decide

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/ringback-go/ringback/callback"
)

// Callable returns the error that says why the number of a mode may not be
// called, or nil.
func Callable(c *callback.ContactMode) error {
	digits := 0
	for _, r := range c.Value {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	refused := func(fact error, format string, args ...any) error {
		return &callback.ModeError{Mode: c.ID, Rule: fmt.Sprintf(format, args...), Fact: fact}
	}
	switch {
	case !c.Callback:
		return refused(callback.ErrInvalidParameter, "carries no callback strategy")
	case strings.TrimSpace(c.Value) == "":
		return refused(callback.ErrInvalidNumber, "has no number")
	case c.MinLength > 0 && digits < c.MinLength:
		return refused(callback.ErrInvalidNumber, "has a number of %d digits, at least %d are required", digits, c.MinLength)
	case c.MaxLength > 0 && digits > c.MaxLength:
		return refused(callback.ErrInvalidNumber, "has a number of %d digits, at most %d are allowed", digits, c.MaxLength)
	}
	return nil
}

// Consented returns the error that names the missing consent, or nil.
func Consented(c *callback.ContactMode, need callback.Consent) error {
	switch {
	case need >= callback.ConsentPEWC && !c.PEWC:
		return &callback.ModeError{Mode: c.ID, Rule: "has no express written consent", Fact: callback.ErrConsent}
	case need >= callback.ConsentCampaign && !c.CampaignPEWC:
		return &callback.ModeError{Mode: c.ID, Rule: "has no express written consent to the campaign", Fact: callback.ErrConsent}
	}
	return nil
}

// Covers returns an error if a request exceeds what the consent of its mode
// covers.
func Covers(c *callback.ContactMode, req *StartInput, p *Policy) error {
	if p.Service.Consent == callback.ConsentCampaign && req.CampaignID != "" && c.CampaignID != "" && req.CampaignID != c.CampaignID {
		return &callback.ModeError{Mode: c.ID, Rule: "has consent to another campaign", Fact: callback.ErrConsent}
	}
	if req.Alternative == "" {
		return nil
	}
	if key := p.Read(req.Alternative).Key(); key == "" || key != p.Read(c.Value).Key() {
		return &callback.ModeError{Mode: c.ID, Rule: "has no consent for the alternative number", Fact: callback.ErrConsent}
	}
	return nil
}
