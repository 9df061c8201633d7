package callback

import (
	"crypto/subtle"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/scheduler"
)

// ID identifies a callback within its tenant: 1 to 128 letters, digits, '_' and
// '-'. A Manager makes UUIDs of version 7 unless Config.NewID says otherwise.
type ID string

// Valid reports whether id can identify a callback.
func (id ID) Valid() bool {
	return id != "" && len(id) <= text.MaxName && !strings.ContainsFunc(string(id), func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '_' && r != '-'
	})
}

// Values holds properties or user data: a JSON value under each key. The Manager takes
// nil, string, bool, int, int64, float64, [encoding/json.Number], []any,
// map[string]any and Values. What it returns and gives to a store are strings,
// booleans, nil, lists, maps, and json.Number for every number, with the digits that
// it was given. A nested value must not be changed in place, because copies of a
// callback share it: replace it with a changed copy.
//
// Printing and encoding/json show the keys only; [Values.Reveal] returns a map that
// they show.
type Values map[string]any

// Callback is the record of one request to be called back: the request, its
// state and its attempts. A Manager returns copies; changing one does not change
// the stored record.
type Callback struct {
	Tenant  string // may be empty, which is a tenant of its own
	ID      ID
	Service string // the service that accepted it, after redirection
	// Revision is 1 at creation and grows by one with each change. Each change
	// has exactly one event, whose Seq is the new revision.
	Revision int64

	State    State
	Priority scheduler.Priority
	// Immediate is true if Start accepted it for now, not for a later time.
	Immediate bool
	// Ready is true if the callback is Queued and an attempt may begin.
	// Store.Claim returns only ready callbacks from the queues.
	Ready  bool
	Reason Reason // why it is Completed; empty before
	// Detail explains the present state where State and Reason do not suffice. It
	// never contains a number.
	Detail string

	Customer Customer
	Agent    Agent
	Origin   Origin
	// Interaction is nil if the request had none of its fields.
	Interaction *Interaction

	// Properties are the values whose keys begin with an underscore, UserData the
	// others.
	Properties Values
	UserData   Values
	// SearchValues are the present and former values by which Search finds the
	// callback.
	SearchValues []SearchValue

	// Desired is when the customer wants to be called. GMS: _desired_time.
	Desired time.Time
	// Until is the latest instant at which an attempt may begin (Callback
	// Interaction end_time). If it is zero, only TTL limits the attempts.
	Until time.Time
	// Local is the local time that was requested, "2006-01-02T15:04:05", and Zone
	// its IANA time zone. Both are empty if the request gave an instant. If the zone
	// gets another offset before the release, Local stays and Desired moves; that is
	// checked 28 and 2 hours before Desired and at the release.
	Local string
	Zone  string
	// Offset is how far the clock in Zone was ahead of UTC at Desired when Desired
	// was computed from Local.
	Offset time.Duration
	// Bucket is the start of the time bucket in which the callback holds a seat;
	// zero if it holds none.
	Bucket time.Time

	// Retry replaces the retry limits of the service. Nil keeps them.
	Retry *RetryLimits

	Created    time.Time
	Updated    time.Time // when it last changed
	ReleaseAt  time.Time // when it moves from Scheduled to its queue
	QueuedAt   time.Time // when it first entered its queue; determines its place there
	ReadyAt    time.Time // if Queued or Paused: no attempt begins earlier
	ExpiresAt  time.Time // Desired + TTL, or later if the service was closed then: after it, FAIL_TIMEOUT_TTL
	RemindAt   time.Time // when a reminder event is due; zero means never
	DeadlineAt time.Time // when the present state times out or, if Completed, the record is erased; zero means never
	// CancelReason is set if cancellation was requested while a call was in
	// flight. No further attempt begins, and the callback completes with this
	// reason unless the call succeeds.
	CancelReason Reason
	// CancelledInBulk is true if an operation on many callbacks cancelled it, or
	// requested that.
	CancelledInBulk bool
	EndedAt         time.Time // when it was Completed
	// MaskAt is when the number, the properties and the search values will be
	// removed. It is zero before completion, after the removal, and if the service
	// does not mask.
	MaskAt time.Time
	// MaskedAt is when they were removed; zero if they were not.
	MaskedAt time.Time
	// PausedAt is when a pause of the service removed the callback from its queue.
	// It is zero if the callback is not Paused or a request created it Paused.
	PausedAt time.Time
	// PausedFor is for how long Dialing.Window was open during earlier pauses and
	// while the callback was Unresolved; it does not count as time in the queue.
	PausedFor time.Duration
	// ClosedFrom is when the hours of Dialing.Window begin to keep the callback in
	// its queue. If it is Ready, that is the next close. If it waits for an
	// opening, it is when it would have been ready without the hours, and ReadyAt
	// is the opening, or zero if none is known. It is zero while the hours do not
	// concern it.
	ClosedFrom time.Time
	// NextAt is when the engine has to look at the callback next: the earliest of
	// its due times. Zero means never.
	NextAt time.Time

	// Offer is the open question to an agent or the customer; nil unless Offered.
	Offer *Offer
	// Attempts are the committed attempts, oldest first.
	Attempts []Attempt
	// Submits counts the latest attempts in a row that were not placed. GMS:
	// _max_ors_submit_attempts.
	Submits int
	// Rejects counts the previews that agents rejected.
	Rejects int
	// LostLeases counts the claims after which nothing was written before the
	// lease expired.
	LostLeases int
	// Reservation is the agent that a Router reserved; nil if there is none.
	Reservation *Reservation
	// Owed is what changes of the callback require outside the store and what is
	// not known to be done. The engine repeats it until it is done.
	Owed []Owed

	Held         []Held
	Idempotency  Idempotency
	CopiedFrom   ID // the completed callback that this one redials
	SessionID    string
	AccessNumber string // the number that a customer who calls in dials
	AccessCode   string // the code that this customer enters

	// Trace is the trace context of the request; see [Trace].
	Trace Trace
	// Source is who asked for the callback.
	Source Source

	Lease Lease
}

// Trace is a W3C Trace Context: the values of the traceparent and tracestate
// headers of a request, together at most 1,024 bytes. It is stored with the
// callback, and the context of [Dialer.Dial] carries it; see [TraceFrom].
type Trace struct {
	Parent string // traceparent
	State  string // tracestate
}

// Source identifies the client that requested a callback, as far as the host
// knows it.
type Source struct {
	Address string // network address of the client, at most 128 bytes
	Key     string // API key or client name, at most 128 bytes
	Session string // session of the client, at most 128 bytes
}

// Customer is the person to call.
type Customer struct {
	Number      phonenum.Address // the requested number or address (LUCS Target)
	Alternative phonenum.Address // called instead of Number if set (LUCS AlternativeTarget)
	ID          string           // the host's customer id (Callback Interaction customer_id)
	Account     string           // LCM AccountNumber
	ModeID      string           // LCM contact mode that supplied the number
	CampaignID  string           // LCM CampaignID
	ContactID   string           // LCM ContactID
}

// Target returns the address to dial: Alternative if it is set, else Number.
func (c Customer) Target() phonenum.Address {
	if !c.Alternative.IsZero() {
		return c.Alternative
	}
	return c.Number
}

// Agent says which agents may take the callback and what they see of it.
type Agent struct {
	Target       string // routing target; GMS: _target
	Queue        string // virtual queue; GMS: _urs_virtual_queue
	Personal     string // the only agent who may take it (LCM personal callback UserID)
	Comments     string // LCM AgentComments
	Description  string // shown to the agent, at most 150 characters (LUCS Description)
	LeadScore    float64
	TargetAmount float64
}

// Origin says where the request came from, in the terms of the other products.
type Origin struct {
	Creator       string // LUCS Creator: Luware.API, WebService, WfActivity, or the host's
	Initiator     string // LUCS Initiator
	Supervisor    string // LUCS Supervisor
	CallerID      string // LUCS CallerId: the requesting system
	ExternalID    string // LUCS ExternalTaskId, Callback Interaction external_id
	IncomingURI   string // LUCS IncomingServiceSipUri
	AppPool       string // LUCS AppPoolId
	SessionID     string // LUCS InitiatingSessionId
	InteractionID string // the original call (LCM callid); GMS: _originating_interaction_id
	ContextURL    string // LUCS ContextUrl
	// RetryType is LUCS RetryType, for which only SingleSession is documented. The
	// engine does not use it. JSON omits an empty one because the digest of a
	// request must stay equal to that of releases without the field.
	RetryType string `json:",omitempty"`
}

// Interaction holds the fields of the Callback Interaction resource that the
// engine does not use, apart from MediaType.
type Interaction struct {
	MediaType      string // defaults to Service.MediaType; "chat" never rings a phone
	ResponseType   string // Voice, VoIP or Email
	Type           string
	SubType        string
	ParentID       string
	ThreadID       string
	OwnerID        int64
	CreatorAppID   int64
	CategoryID     string
	Subject        string
	Text           string
	StructuredText string // URL
	StructuredMIME string
	BinaryContent  string // URL
	BinaryMIME     string
	BinarySize     int64
	TimeShift      int // minutes to add to UTC for the local time of creation
	NoChildren     bool
	DN             string
	Location       string
	ServerID       string
}

// SearchValue is one property value by which Search finds a callback.
type SearchValue struct {
	Key   string
	Value string
	// Former is true if the property no longer has this value, or if a limit
	// counts the value and Key is not one of Service.SearchKeys.
	Former bool
}

// HasCode reports whether code is the access code of the callback. The time that it
// takes does not tell how much of the code is right. It is false for a callback
// without a code.
func (c *Callback) HasCode(code string) bool {
	return c.AccessCode != "" && subtle.ConstantTimeCompare([]byte(c.AccessCode), []byte(code)) == 1
}

// RetryLimits overrides a service's retry policy for one callback, within the bounds
// of the service: DialOptions.RequestAttempts and RequestGap. It is what the request
// asked for.
type RetryLimits struct {
	MaxAttempts int           // total number of attempts (LUCS MaxRetries + 1)
	Delay       time.Duration // pause after an attempt (LUCS SecondsBetweenRetries)
}

// OfferKind says which question an [Offer] asks.
type OfferKind uint8

// The kinds of offers.
const (
	OfferPreview OfferKind = iota + 1 // an agent previews the callback before it is dialed
	OfferConfirm                      // the customer confirms that the call may come now
	OfferBooking                      // the customer calls the access number
)

// String returns the name of the kind.
func (k OfferKind) String() string {
	switch k {
	case OfferPreview:
		return "preview"
	case OfferConfirm:
		return "confirm"
	case OfferBooking:
		return "booking"
	}
	return "offer kind " + strconv.Itoa(int(k))
}

// Owed is one request to a plug-in that follows from a change of a callback. It
// is stored with the change, because the node that made the change may stop before
// the plug-in has answered. One of Release and Hangup is set.
type Owed struct {
	Since   time.Time
	Until   time.Time // after it there is nothing left to do; zero means never
	Release *Release
	Hangup  *Hangup
}

// Offer is an open question to an agent or the customer.
type Offer struct {
	Kind      OfferKind
	Until     time.Time // when the offer times out
	CanReject bool      // the agent may reject the preview
	Accepted  bool      // the answer was yes, and the engine dials next
}

// Idempotency identifies the request that created a callback, so that Start can
// be repeated safely.
type Idempotency struct {
	Key  string
	Hash string // digest of the first request with the key
}

// Lease gives one owner the exclusive right to work on a callback until it
// expires.
type Lease struct {
	Owner string
	// Epoch grows by one with every claim. A write with an older epoch is
	// refused.
	Epoch int64
	Until time.Time
}

// AttemptKey identifies one attempt to the dialer and its platform, in the form
// "<id>.<n>". It consists of letters, digits, '_', '-' and one '.', and needs no
// escaping in URLs, channel names and SIP headers.
type AttemptKey string

// NewAttemptKey returns the key of attempt n, counted from 1.
func NewAttemptKey(id ID, n int) AttemptKey {
	return AttemptKey(string(id) + "." + strconv.Itoa(n))
}

// Split returns the ID of the callback and the number of the attempt. If k is
// not an attempt key, ok is false.
func (k AttemptKey) Split() (id ID, n int, ok bool) {
	before, after, found := strings.Cut(string(k), ".")
	n, err := strconv.Atoi(after)
	if id = ID(before); !found || err != nil || n < 1 || !id.Valid() || k != NewAttemptKey(id, n) {
		return "", 0, false
	}
	return id, n, true
}

// Attempt is one try to call the customer. It is committed before the dialer is
// called.
type Attempt struct {
	N     int // counted from 1
	Key   AttemptKey
	Epoch int64 // epoch of the lease under which it was committed
	Ref   Ref   // the platform's reference; empty until the call is placed
	Stage Stage // the furthest stage it reached
	Agent string
	// Began is when it was committed, Placed when the platform accepted the call,
	// and Ended when its end became known. Each is zero until then.
	Began, Placed, Ended time.Time
	Outcome              Outcome // how it ended; valid if Ended is set
	Lookups              int     // number of times the dialer was asked about it
}

// Live reports whether the end of the attempt is still unknown.
func (a Attempt) Live() bool { return a.Ended.IsZero() }

// Current returns the last attempt, or nil if there is none.
func (c *Callback) Current() *Attempt {
	if len(c.Attempts) == 0 {
		return nil
	}
	return &c.Attempts[len(c.Attempts)-1]
}

// Clone returns a copy that shares only nested JSON values, which are never
// changed in place.
func (c *Callback) Clone() *Callback {
	d := *c
	d.Properties = maps.Clone(c.Properties)
	d.UserData = maps.Clone(c.UserData)
	d.SearchValues = slices.Clone(c.SearchValues)
	d.Attempts = slices.Clone(c.Attempts)
	d.Held = slices.Clone(c.Held)
	d.Retry = clonePointer(c.Retry)
	d.Interaction = clonePointer(c.Interaction)
	d.Offer = clonePointer(c.Offer)
	d.Reservation = clonePointer(c.Reservation)
	d.Owed = slices.Clone(c.Owed)
	for i, o := range d.Owed {
		d.Owed[i].Release, d.Owed[i].Hangup = clonePointer(o.Release), clonePointer(o.Hangup)
	}
	return &d
}

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// TextOf returns the text by which a property is searched, counted and compared:
// a string itself, a number as it is written, or a boolean in its JSON form. Numbers
// are equal if their texts are: 1.0 is not 1. It returns false for
// null, empty strings, arrays, objects and values that JSON cannot encode.
func TextOf(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", false
	case string:
		return v, v != ""
	case map[string]any, []any, Values:
		return "", false
	}
	text, err := json.Marshal(value)
	return string(text), err == nil
}
