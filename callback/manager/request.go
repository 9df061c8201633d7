package manager

import (
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// Request asks for a callback. Service and, unless the service's mandatory
// lookup keys say otherwise, Number are required.
type Request struct {
	Service string

	// Number is whom to call: a number in any common spelling, a tel: or a
	// sip: URI. The property _customer_number is read when it is empty.
	Number string
	// Alternative is called instead of Number when set (LUCS
	// AlternativeTarget). A service that requires consent takes only the number
	// of the contact mode.
	Alternative string

	// Desired is when the customer wants to be called. Zero means now. GMS:
	// _desired_time.
	Desired time.Time
	// Local names the time on the wall clock of Zone instead of by an instant.
	// A time that does not exist becomes the first instant after the gap; one
	// that exists twice is the first of the two. Local needs Zone, an IANA name;
	// Zone alone has no effect.
	Local *availability.LocalTime
	Zone  string
	// Until is the latest instant at which an attempt may begin. Zero means
	// none but the service's TTL.
	Until time.Time
	// State is the first state of the callback. It is for hosts that keep the life
	// cycle themselves; see [Manager.ReportState]. Zero lets the Manager choose
	// Scheduled or Queued. GMS: _callback_state.
	State callback.State

	// Key makes the request safe to repeat: the same key with the same request
	// returns the callback it made the first time, even if the contact directory
	// has changed since. At most 128 bytes.
	Key string
	// CopyFrom redials a completed callback: its properties, user data and
	// number are taken where the request has none of its own, a contact mode
	// standing for a number; its Account, and within the same account its ModeID,
	// CampaignID and ContactID; its Priority, Agent and Interaction where the
	// request's are zero as a whole.
	CopyFrom callback.ID

	Priority   scheduler.Priority
	Retry      *callback.RetryLimits
	CustomerID string
	// Account is the customer's account in the contact directory (LCM
	// AccountNumber). ModeID names one of its modes: without a Number that
	// mode's is called; see [callback.ContactModes].
	Account string
	ModeID  string
	// CampaignID and ContactID are LCM's. They default to those of the contact mode
	// that supplied the number. A request without them keeps its digest: omitempty.
	CampaignID  string `json:",omitempty"`
	ContactID   string `json:",omitempty"`
	Agent       callback.Agent
	Origin      callback.Origin
	Interaction callback.Interaction
	SessionID   string

	// Properties are any keys and JSON values: those without a leading
	// underscore are user data.
	Properties callback.Values
	// Parameters are further values that the daily limit may count, such as HTTP
	// headers; they win over a property of the same name.
	Parameters map[string]string
	// Overrides replace options of the service that it lists as overwritable:
	// _redirect, _target.
	Overrides map[string]string

	// Trace is the trace context of the host's request. It is kept with the
	// callback, is in the context of Dial, and is no part of what makes a repeated
	// request the same.
	Trace callback.Trace
	// Source is who asks: address, key and session of the client. It is no part
	// of what makes a repeated request the same.
	Source callback.Source

	Actor string // who asks, for the history
}
