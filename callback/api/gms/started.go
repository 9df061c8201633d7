package gms

import (
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/callback/manager"
)

// startedBody is the response to a start. For a scheduled callback it contains
// the identifier only.
type startedBody struct {
	Dialog  string `json:"_dialog_id,omitempty"`
	Action  string `json:"_action,omitempty"`
	Text    string `json:"_text,omitempty"`
	OK      string `json:"_ok_title,omitempty"`
	Label   string `json:"_label,omitempty"`
	TelURL  string `json:"_tel_url,omitempty"`
	Number  string `json:"_access_number,omitempty"`
	Code    string `json:"_access_code,omitempty"`
	Expires string `json:"_expiration_time,omitempty"`
	ID      string `json:"_id"`
}

// started returns what the customer's device should show. It depends on the
// request and on immutable fields of the callback, so that a repeated request
// gets the same response, except for the expiry of a booking.
func started(req *manager.Request, cb *callback.Callback, callsIn bool) startedBody {
	b := startedBody{ID: string(cb.ID)}
	switch {
	case cb.AccessNumber != "":
		b.Dialog, b.Action = "0", "DialNumber"
		b.Label, b.TelURL = "Call "+cb.AccessNumber, telURL(cb.AccessNumber)
		b.Number, b.Code = cb.AccessNumber, cb.AccessCode
		if cb.Offer != nil && cb.Offer.Kind == callback.OfferBooking {
			b.Expires = wire.Time(cb.Offer.Until)
		}
	case cb.Immediate && (req.State == 0 || req.State == callback.Queued):
		b.Dialog, b.Action, b.OK = "0", "ConfirmationDialog", "Ok"
		b.Text = "You will receive the call shortly"
		if callsIn {
			b.Text = "You will receive the number to call shortly"
		}
	}
	return b
}

// telURL returns the tel: URI of an access number.
func telURL(number string) string {
	if strings.HasPrefix(number, "tel:") || strings.HasPrefix(number, "sip:") {
		return number
	}
	return "tel:" + strings.ReplaceAll(number, " ", "")
}
