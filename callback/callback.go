package callback

import (
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

// Values holds properties or user data: any JSON value under each key. The
// engine and the stores never change a nested value in place, and neither may
// whoever receives one: copy before changing.
type Values map[string]any

// Callback is one request to be called back and all that became of it. A
// Manager hands out copies: changing one changes nothing.
type Callback struct {
	Tenant  string // the empty tenant is a tenant like any other
	ID      ID
	Service string // the service that took it, after redirection
	// Revision counts the accepted changes, creation being 1. Each change has
	// exactly one event, whose Seq is the revision it made.
	Revision int64

	State    State
	Priority scheduler.Priority
	// Immediate tells that Start took it for now, not for a later time.
	Immediate bool
	// Ready: Queued and ready to be claimed for an attempt. Store.Claim hands
	// out only ready callbacks from the queues.
	Ready  bool
	Reason Reason // why it is Completed; empty before
	// Detail says in words what led to the present state, where the state and
	// reason do not say it all. It never holds a number.
	Detail string

	Customer Customer
	Agent    Agent
	Origin   Origin
	// Interaction is nil when the request gave nothing of it.
	Interaction *Interaction

	// Properties are the keys with a leading underscore, UserData those
	// without (GMS User Attached Data).
	Properties Values
	UserData   Values
	// Lookups are the values under which Search finds the callback, present
	// and former.
	SearchValues []SearchValue

	// Desired is when the customer wants to be called (GMS _desired_time).
	Desired time.Time
	// Until is the latest instant at which an attempt may begin (Callback
	// Interaction end_time); zero means no limit but TTL.
	Until time.Time
	// Local is the wall-clock time the customer named, "2006-01-02T15:04:05", and
	// Zone the IANA zone it was named in; both empty when an instant was given.
	Local string
	Zone  string
	// Bucket is the start of the time bucket in which it holds a seat; zero
	// when it holds none.
	Bucket time.Time

	// Retry are the limits asked for with the request in place of the
	// service's; nil means the service's.
	Retry *RetryLimits

	Created    time.Time
	Updated    time.Time // the last accepted change
	ReleaseAt  time.Time // when it leaves Scheduled for its queue
	QueuedAt   time.Time // when it first entered its queue: its place in it
	ReadyAt    time.Time // Queued, Paused: no attempt before this instant
	ExpiresAt  time.Time // Desired + TTL: after it, FAIL_TIMEOUT_TTL
	RemindAt   time.Time // when a reminder event is due; zero means none
	DeadlineAt time.Time // when the present state times out or, of a Completed one, the record is erased; zero means never
	// CancelReason is set when a cancellation was asked for while a call was in
	// flight: no other attempt follows, and unless the call succeeds the
	// callback completes with this reason.
	CancelReason Reason
	EndedAt      time.Time // when it was Completed
	// MaskAt is when the number, the properties and the search values are due to
	// be removed; zero while it is not Completed, after the removal, and if the
	// service does not mask.
	MaskAt time.Time
	// MaskedAt is when they were removed; zero means that they were not.
	MaskedAt time.Time
	// PausedAt is when a pause of its service took it out of its queue; zero when
	// it is not Paused, or was created so by a request. PausedFor is how long
	// earlier pauses kept it out, which does not count as time in the queue.
	PausedAt  time.Time
	PausedFor time.Duration
	// NextAt is the one moment of attention: the earliest of all that is due.
	// Zero means nothing is.
	NextAt time.Time

	// Offer is what somebody was asked; nil unless Offered.
	Offer *Offer
	// Attempts are the dials committed so far, oldest first.
	Attempts []Attempt
	// Submits counts dials in a row that surely did not leave for the network
	// (GMS _max_ors_submit_attempts).
	Submits int
	// Rejects counts previews that agents rejected.
	Rejects int
	// LostLeases counts how often a claim of this callback was not followed by
	// a write.
	LostLeases int
	// Reservation is the agent place that a Router reserved; nil means none.
	Reservation *Reservation

	Held         []Held
	Idempotency  Idempotency
	CopiedFrom   ID // the completed callback it redials
	SessionID    string
	AccessNumber string // where the customer is to call (USERORIGINATED)
	AccessCode   string // what to enter there

	// Trace is the trace context of the request; see [Trace].
	Trace Trace
	// Source is who asked for the callback.
	Source Source

	Lease Lease
}

// Trace is a W3C Trace Context: the values of the traceparent and tracestate
// headers of a request, together at most 1,024 bytes. It is kept with the
// callback and is in the context of [Dialer.Dial]; see [TraceFrom].
type Trace struct {
	Parent string // traceparent
	State  string // tracestate
}

// Source is who asked for a callback, as far as the host knows.
type Source struct {
	Address string // network address of the client, at most 128 bytes
	Key     string // API key or client name, at most 128 bytes
	Session string // session of the client, at most 128 bytes
}

// Customer is who is to be called.
type Customer struct {
	Number      phonenum.Address // the number or address that was asked for (LUCS Target)
	Alternative phonenum.Address // wins over Number when set (LUCS AlternativeTarget)
	ID          string           // the host's customer id (Callback Interaction customer_id)
	Account     string           // LCM AccountNumber
	ModeID      string           // LCM contact mode the number came from
	CampaignID  string           // LCM CampaignID
	ContactID   string           // LCM ContactID
}

// Target returns the address that is dialled: the alternative when there is
// one.
func (c Customer) Target() phonenum.Address {
	if !c.Alternative.IsZero() {
		return c.Alternative
	}
	return c.Number
}

// Agent narrows who may take the callback and carries what agents see.
type Agent struct {
	Target       string // routing target (GMS _target)
	Queue        string // virtual queue (GMS _urs_virtual_queue)
	Personal     string // only this agent may take it (LCM personal callback UserID)
	Comments     string // LCM AgentComments
	Description  string // shown to the agent, at most 150 characters (LUCS Description)
	LeadScore    float64
	TargetAmount float64
}

// Origin tells where the request came from.
type Origin struct {
	Creator       string // LUCS Creator: Luware.API, WebService, WfActivity, or the host's
	Initiator     string // LUCS Initiator
	Supervisor    string // LUCS Supervisor
	CallerID      string // LUCS CallerId: the system that asked
	ExternalID    string // LUCS ExternalTaskId, Callback Interaction external_id
	IncomingURI   string // LUCS IncomingServiceSipUri
	AppPool       string // LUCS AppPoolId
	SessionID     string // LUCS InitiatingSessionId
	InteractionID string // the original call (GMS _originating_interaction_id, LCM callid)
	ContextURL    string // LUCS ContextUrl
	// RetryType is LUCS RetryType: SingleSession is the only value published. The
	// engine does not act on it. Left out of the digest of a request that has
	// none, so that keys outlive the releases that did not know it.
	RetryType string `json:",omitempty"`
}

// Interaction carries the fields of the Callback Interaction resource that the
// engine does not act on.
type Interaction struct {
	MediaType      string // empty means the service's
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

// SearchValue is one property value under which Search finds a callback.
type SearchValue struct {
	Key    string
	Value  string
	Former bool // the property had this value once and has another now, or was counted and is no lookup key
}

// RetryLimits overrides a service's retry policy for one callback.
type RetryLimits struct {
	MaxAttempts int           // dials in all (LUCS MaxRetries + 1)
	Delay       time.Duration // gap after an attempt ended (LUCS SecondsBetweenRetries)
}

// OfferKind says who was asked for what.
type OfferKind uint8

const (
	OfferPreview OfferKind = iota + 1 // an agent looks at the callback before it is dialled (GMS _agent_preview)
	OfferConfirm                      // the customer is asked whether to be called now (GMS _wait_for_user_confirm)
	OfferBooking                      // the customer is to call the access number (GMS USERORIGINATED)
)

// String names the kind.
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

// Offer is a question that awaits an answer until Until.
type Offer struct {
	Kind      OfferKind
	Until     time.Time
	CanReject bool // a preview the agent may hand back
	Accepted  bool // answered with yes: the engine dials next
}

// Idempotency is the key under which a Start may be repeated.
type Idempotency struct {
	Key  string
	Hash string // digest of the request that used the key first
}

// Lease is a store's promise that nobody else works on the callback.
type Lease struct {
	Owner string
	// Epoch grows by one with every claim. A write that names an older epoch
	// is refused.
	Epoch int64
	Until time.Time
}

// AttemptKey identifies one attempt on the dialer's side: "<id>.<n>". It holds
// only letters, digits, '_', '-' and one '.', so that it can be part of a URL, a
// channel name or a SIP header without escaping.
type AttemptKey string

// NewAttemptKey returns the key of attempt n, counted from 1.
func NewAttemptKey(id ID, n int) AttemptKey {
	return AttemptKey(string(id) + "." + strconv.Itoa(n))
}

// Split returns the callback and the number of the attempt; ok is false if k
// is not an attempt key.
func (k AttemptKey) Split() (id ID, n int, ok bool) {
	before, after, found := strings.Cut(string(k), ".")
	n, err := strconv.Atoi(after)
	if id = ID(before); !found || err != nil || n < 1 || !id.Valid() || k != NewAttemptKey(id, n) {
		return "", 0, false
	}
	return id, n, true
}

// Attempt is one dial. It is committed before the dialer is called.
type Attempt struct {
	N     int
	Key   AttemptKey
	Epoch int64 // of the lease under which it was committed
	Ref   Ref   // the platform's name for the call, once it took it
	Stage Stage // the furthest it got
	Agent string
	// Began is when it was committed, Placed when the platform took it, Ended
	// when its end became known; zero while not so.
	Began, Placed, Ended time.Time
	Outcome              Outcome // what became of it; meaningful once Ended is set
	Lookups              int     // how often the dialer was asked what became of it
}

// Live reports whether the end of the attempt is not known yet.
func (a Attempt) Live() bool { return a.Ended.IsZero() }

// Current returns the last attempt, or nil when none was made.
func (c *Callback) Current() *Attempt {
	if len(c.Attempts) == 0 {
		return nil
	}
	return &c.Attempts[len(c.Attempts)-1]
}

// Clone returns a copy that shares nothing that may change. Nested JSON values
// are shared: they are never changed in place.
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
	return &d
}

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// TextOf gives the text under which a property is looked up, counted and
// compared: a string as it is, a number or truth value as JSON writes it. Null,
// empty, compound and unwritable values have none.
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
