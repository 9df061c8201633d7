package callback

import (
	"context"
	"fmt"

	"github.com/ringback-go/ringback/callback/internal/text"
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

// ModeError says why a contact mode cannot be used. It unwraps to [ErrConsent]
// where consent is missing, to [ErrInvalidNumber] where the mode's number is
// missing or has too few or too many digits, else to [ErrInvalidParameter].
// It never holds the number.
type ModeError struct {
	Mode string // as it was asked for; empty where the request named none
	Rule string // what is wrong with it
	Fact error  // the sentinel it unwraps to
}

func (e *ModeError) Error() string {
	if e.Mode == "" {
		return "contact mode " + e.Rule
	}
	return fmt.Sprintf("contact mode %q %s", text.Redact(e.Mode), e.Rule)
}

// Unwrap returns the sentinel.
func (e *ModeError) Unwrap() error { return e.Fact }

// ContactError says that the contact directory failed. It unwraps to what the
// directory said, or to a [PanicError]; its text shows no number. It has no
// code of its own.
type ContactError struct{ Err error }

func (e *ContactError) Error() string { return "contact directory failed: " + text.RedactError(e.Err) }

// Unwrap returns the directory's error.
func (e *ContactError) Unwrap() error { return e.Err }
