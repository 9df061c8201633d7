package callback

import (
	"context"
	"fmt"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// ContactMode is one way to reach a customer, from a contact directory (LCM
// GetCallBackModes).
type ContactMode struct {
	ID          string // LCM ModeID
	Description string
	Channel     string // LCM ChannelType; may be empty
	// MinLength and MaxLength bound the number of digits of Value. 0 sets no
	// bound.
	MinLength, MaxLength int
	Value                string // LCM Cvalue: a number, in the form of the directory
	// Callback is true if the mode has a callback strategy. Other modes are not
	// called back.
	Callback     bool
	PEWC         bool // the customer gave prior express written consent
	CampaignPEWC bool // the customer gave it for the campaign
	CampaignID   string
	ContactID    string
}

// ContactModes is a directory of the ways to reach customers. Modes returns all
// modes of an account in the directory's order, or [ErrNotFound] if the account
// is unknown. It must be safe for concurrent use.
//
// A Manager calls Modes with the context of the request that needs the answer and
// does not cache it. If Modes fails or panics, that request fails with a
// [ContactError].
type ContactModes interface {
	Modes(ctx context.Context, tenant, account string) ([]ContactMode, error)
}

// Consent is the consent that a service requires from a customer before it calls
// (LCM PEWC, CampaignPEWC).
//
// Consent is given for the number of a contact mode. A service that requires it
// refuses a different alternative number and an update of the number, both with
// a [ModeError] that unwraps to [ErrConsent]. With ConsentCampaign it also refuses
// a request whose CampaignID differs from that of the mode, if both are set.
type Consent uint8

// The levels of consent.
const (
	ConsentNone     Consent = iota // no consent is required
	ConsentPEWC                    // prior express written consent
	ConsentCampaign                // prior express written consent, in general and for the campaign
)

// ModeError says why a contact mode cannot be used. It unwraps to [ErrConsent] if
// consent is missing, to [ErrInvalidNumber] if the number of the mode is missing
// or its length is out of bounds, and to [ErrInvalidParameter] otherwise. It never
// contains the number.
type ModeError struct {
	Mode string // ID in the request; empty if it had none
	Rule string // what is wrong with the mode
	Fact error  // sentinel that the error unwraps to
}

func (e *ModeError) Error() string {
	if e.Mode == "" {
		return "contact mode " + e.Rule
	}
	return fmt.Sprintf("contact mode %q %s", text.Redact(e.Mode), e.Rule)
}

// Unwrap returns the sentinel.
func (e *ModeError) Unwrap() error { return e.Fact }

// ContactError reports a failure of the contact directory. It unwraps to the
// directory's error or to a [PanicError]. Its text shows no number, and [Code]
// reports it as the error that it unwraps to.
type ContactError struct{ Err error }

func (e *ContactError) Error() string { return "contact directory failed: " + text.RedactError(e.Err) }

// Unwrap returns the directory's error.
func (e *ContactError) Unwrap() error { return e.Err }
