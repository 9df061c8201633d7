package callback

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/scheduler"
)

// PropertyNumber is the name of the property that contains the number to call.
const PropertyNumber = "_customer_number"

// Policy is a valid [Service] whose defaults are set. It is immutable and safe for
// concurrent use.
type Policy struct {
	service Service
	planner *availability.Planner
}

// NewPolicy checks s and sets its defaults. The error joins one [FieldError] for
// each fault; each unwraps to [ErrConfiguration].
func NewPolicy(s Service) (*Policy, error) {
	s = s.withDefaults().clone()
	faults := s.faults()
	capacity := s.Booking.Capacity
	if capacity == nil {
		capacity = availability.Flat(seats(s.Booking.PerBucket))
	}
	planner, err := availability.NewPlanner(availability.PlannerConfig{
		Calendar: s.Booking.Hours, Capacity: capacity, Bucket: s.Booking.Bucket,
	})
	if err != nil {
		faults = append(faults, &FieldError{Field: "Booking", Rule: err.Error(), Fact: ErrConfiguration, Cause: err})
	}
	if len(faults) > 0 {
		for i, fault := range faults {
			faults[i] = fmt.Errorf("service %q: %w", s.Name, fault)
		}
		return nil, errors.Join(faults...)
	}
	if s.Booking.Proposals == NoLimit {
		s.Booking.Proposals = maxProposals
	}
	return &Policy{service: s, planner: planner}, nil
}

// Service returns the service with all defaults set. The caller owns its
// slices and maps.
func (p *Policy) Service() Service { return p.service.clone() }

// clone returns a copy with slices and maps of its own.
func (s Service) clone() Service {
	for _, list := range []*[]string{
		&s.SearchKeys, &s.RequiredKeys, &s.Overwritable, &s.Numbers.Countries, &s.Numbers.SIPHosts, &s.Limits.Parameters,
		&s.Preview.Data, &s.Inbound.AccessNumbers,
	} {
		*list = slices.Clone(*list)
	}
	s.Limits.Throttles = slices.Clone(s.Limits.Throttles)
	s.Limits.Attempts = slices.Clone(s.Limits.Attempts)
	s.Dialing.Retry.Rules = maps.Clone(s.Dialing.Retry.Rules)
	return s
}

// Planner returns the planner of the service's buckets.
func (p *Policy) Planner() *availability.Planner { return p.planner }

// Window returns the hours in which attempts may begin: Dialing.Window of the
// service or, without one, its Booking.Hours.
func (p *Policy) Window() *availability.Calendar {
	return cmp.Or(p.service.Dialing.Window, p.service.Booking.Hours)
}

// seats returns the number of seats of a bucket whose limit is l.
func seats(l Limit) int {
	if l == NoLimit {
		return availability.MaxSeats
	}
	return int(l.Max())
}

func (s Service) withDefaults() Service {
	s.MediaType = cmp.Or(s.MediaType, "voice")
	if s.SearchKeys == nil {
		s.SearchKeys = []string{PropertyNumber}
	}
	if s.RequiredKeys == nil {
		s.RequiredKeys = []string{PropertyNumber}
	}
	s.TTL = cmp.Or(s.TTL, 24*time.Hour)
	s.MaskAfter = cmp.Or(s.MaskAfter, 7*24*time.Hour)
	s.Retention = cmp.Or(s.Retention, 90*24*time.Hour)

	s.Limits.SameNumber = cmp.Or(s.Limits.SameNumber, 2)
	s.Limits.Queued = cmp.Or(s.Limits.Queued, 1000)
	if s.Limits.Parameters == nil {
		s.Limits.Parameters = []string{PropertyNumber}
	}
	s.Limits.PerParameter = cmp.Or(s.Limits.PerParameter, NoLimit)
	s.Limits.AttemptsPerDay = cmp.Or(s.Limits.AttemptsPerDay, NoLimit)
	s.Limits.BookingsPerDay = cmp.Or(s.Limits.BookingsPerDay, 10)
	if s.Limits.Attempts == nil {
		s.Limits.Attempts = []Throttle{{Max: 15, Every: 24 * time.Hour}, {Max: 1, Every: time.Minute}}
	}

	s.Booking.Bucket = cmp.Or(s.Booking.Bucket, 5*time.Minute)
	s.Booking.PerBucket = cmp.Or(s.Booking.PerBucket, 100)
	s.Booking.Buffer = cmp.Or(s.Booking.Buffer, 2*time.Minute)
	s.Booking.ConnectThreshold = cmp.Or(s.Booking.ConnectThreshold, max(s.Booking.Buffer, 3*time.Minute))
	s.Booking.Horizon = cmp.Or(s.Booking.Horizon, Span{Months: 1})
	s.Booking.Proposals = cmp.Or(s.Booking.Proposals, 6)
	if s.Booking.Hours == nil {
		s.Booking.Hours = availability.AlwaysOpen()
	}

	s.Queueing.TTL = cmp.Or(s.Queueing.TTL, 4*time.Hour)
	s.Queueing.Weights = cmp.Or(s.Queueing.Weights, scheduler.DefaultWeights())
	s.Queueing.CallsPerSecond = cmp.Or(s.Queueing.CallsPerSecond, NoLimit)
	s.Queueing.Share = cmp.Or(s.Queueing.Share, 1)
	s.Queueing.MaxSubmits = cmp.Or(s.Queueing.MaxSubmits, NoLimit)

	if s.Dialing.Retry.MaxAttempts == 0 && s.Dialing.Retry.Rules == nil && s.Dialing.Retry.Default == (scheduler.Rule{}) {
		s.Dialing.Retry = scheduler.DefaultRetryPolicy()
	}
	s.Dialing.RequestAttempts = cmp.Or(s.Dialing.RequestAttempts, 15)
	s.Dialing.RequestGap = cmp.Or(s.Dialing.RequestGap, time.Minute)
	s.Dialing.PlaceTimeout = cmp.Or(s.Dialing.PlaceTimeout, 32*time.Second)
	s.Dialing.RingTimeout = cmp.Or(s.Dialing.RingTimeout, 30*time.Second)
	s.Dialing.AgentRingTimeout = cmp.Or(s.Dialing.AgentRingTimeout, 20*time.Second)
	if s.Dialing.ConfirmPrompt != "" {
		s.Dialing.ConfirmDigit = cmp.Or(s.Dialing.ConfirmDigit, "1")
	}
	s.Dialing.AgentWait = cmp.Or(s.Dialing.AgentWait, time.Hour)
	s.Dialing.MaxCall = cmp.Or(s.Dialing.MaxCall, time.Hour)
	s.Dialing.LookupEvery = cmp.Or(s.Dialing.LookupEvery, time.Minute)
	s.Dialing.Grace = cmp.Or(s.Dialing.Grace, 10*time.Second)

	s.Preview.Timeout = cmp.Or(s.Preview.Timeout, 30*time.Second)
	s.Preview.ReasonKey = cmp.Or(s.Preview.ReasonKey, "ReasonCode")
	s.Inbound.Timeout = cmp.Or(s.Inbound.Timeout, 30*time.Second)
	s.Confirm.Timeout = cmp.Or(s.Confirm.Timeout, 30*time.Second)
	return s
}

// faultList collects the faults of a service.
type faultList []error

func (l *faultList) check(ok bool, field, format string, args ...any) {
	if !ok {
		*l = append(*l, misconfigured(field, fmt.Sprintf(format, args...)))
	}
}

func (l *faultList) between(field string, v, low, high time.Duration) {
	l.check(v >= low && v <= high, field, "%v is not between %v and %v", v, low, high)
}

func (l *faultList) limit(field string, v Limit) {
	l.check(v.Valid(), field, "%d is neither NoLimit (%d), None (%d) nor a number from 0", int(v), int(NoLimit), int(None))
}

// orOff checks a duration that may be Off.
func (l *faultList) orOff(field string, v time.Duration) {
	l.check(v >= 0 || v == Off, field, "%v is negative and not callback.Off", v)
}

// faults checks a service whose defaults are set.
func (s Service) faults() []error {
	var l faultList
	l.check(s.Name != "" && len(s.Name) <= text.MaxName, "Name", "must have 1 to %d bytes", text.MaxName)
	l.check(!text.HasControl(s.Name), "Name", "has control characters")
	l.between("TTL", s.TTL, time.Minute, 400*24*time.Hour)
	l.orOff("MaskAfter", s.MaskAfter)
	l.between("Retention", s.Retention, 24*time.Hour, 4000*24*time.Hour)
	l.check(s.Redirect != s.Name || s.Name == "", "Redirect", "names the service itself")
	l.check(s.Reminder >= 0, "Reminder", "%v is negative", s.Reminder)
	l.check(s.Consent <= ConsentCampaign, "Consent", "%d is not defined", s.Consent)
	for _, key := range s.RequiredKeys {
		l.check(slices.Contains(s.SearchKeys, key), "RequiredKeys", "%q is not among SearchKeys", key)
	}
	for _, key := range slices.Concat(s.SearchKeys, s.Limits.Parameters) {
		l.check(key != "" && len(key) <= text.MaxName, "SearchKeys, Limits.Parameters", "names must have 1 to %d bytes", text.MaxName)
	}
	for _, option := range s.Overwritable {
		l.check(option == "_redirect" || option == "_target" || option == "_ors", "Overwritable", "%q cannot be overwritten", option)
	}
	switch country := s.Numbers.Country; {
	case country != "":
		l.check(phonenum.KnownRegion(country), "Numbers.Country", "%q is not a region", text.Clip(country))
	default:
		l.check(len(s.Numbers.Countries) > 0, "Numbers.Country", "is required unless Numbers.Countries is set")
	}
	for _, name := range s.Numbers.Countries {
		digits, ok := strings.CutPrefix(name, "+")
		ok = ok && digits != "" && len(digits) <= 15 && digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
		l.check(ok || name == phonenum.Anywhere || phonenum.KnownRegion(name), "Numbers.Countries", "%q is neither a region nor the first digits of numbers", text.Clip(name))
	}
	for _, host := range s.Numbers.SIPHosts {
		a, err := phonenum.ParseAddress("sip:"+host, "")
		l.check(err == nil && a.Host() == strings.ToLower(host), "Numbers.SIPHosts", "%q is not a host", text.Clip(host))
	}
	s.limitFaults(&l)
	s.bookingFaults(&l)
	s.dialingFaults(&l)
	return l
}

// maxThrottles bounds the number of counters that one change takes.
const maxThrottles = 8

func (s Service) limitFaults(l *faultList) {
	limits := s.Limits
	l.limit("Limits.SameNumber", limits.SameNumber)
	l.limit("Limits.Queued", limits.Queued)
	l.limit("Limits.PerParameter", limits.PerParameter)
	l.limit("Limits.AttemptsPerDay", limits.AttemptsPerDay)
	l.limit("Limits.BookingsPerDay", limits.BookingsPerDay)
	l.throttles("Limits.Throttles", limits.Throttles)
	l.throttles("Limits.Attempts", limits.Attempts)
	lengths := make(map[time.Duration]bool)
	for i, t := range limits.Attempts {
		field := fmt.Sprintf("Limits.Attempts[%d].", i)
		l.check(t.Max != None, field+"Max", "None is not allowed: Queueing.Lines can forbid all calls")
		l.check(t.Every == Off || !lengths[t.Every], field+"Every", "%v is the length of an interval before", t.Every)
		l.check(t.Every <= maxInterval, field+"Every", "%v is above %v", t.Every, maxInterval)
		lengths[t.Every] = true
	}
}

// maxInterval is the longest interval of Limits.Attempts.
const maxInterval = 366 * 24 * time.Hour

func (l *faultList) throttles(list string, throttles []Throttle) {
	l.check(len(throttles) <= maxThrottles, list, "has %d items, more than %d", len(throttles), maxThrottles)
	for i, t := range throttles {
		field := fmt.Sprintf("%s[%d].", list, i)
		l.limit(field+"Max", t.Max)
		l.check(t.Max != 0, field+"Max", "is required: a number, NoLimit or None")
		l.orOff(field+"Every", t.Every)
		l.check(t.Every != 0, field+"Every", "is required: a duration or Off")
	}
}

// maxProposals bounds the alternatives that a refusal proposes.
const maxProposals = 100

func (s Service) bookingFaults(l *faultList) {
	b := s.Booking
	l.limit("Booking.PerBucket", b.PerBucket)
	l.check(b.PerBucket <= availability.MaxSeats, "Booking.PerBucket", "%d is above %d", int(b.PerBucket), availability.MaxSeats)
	l.orOff("Booking.Buffer", b.Buffer)
	l.orOff("Booking.ConnectThreshold", b.ConnectThreshold)
	h := b.Horizon
	l.check(h.Years >= 0 && h.Months >= 0 && h.Days >= 0 && h.Clock >= 0 && h.Years <= 10, "Booking.Horizon", "must lie within 0 and 10 years")
	l.check(b.Past >= 0, "Booking.Past", "%v is negative", b.Past)
	l.limit("Booking.Proposals", b.Proposals)
	l.check(b.Proposals <= maxProposals, "Booking.Proposals", "%d is above %d", int(b.Proposals), maxProposals)
	l.check(b.ConnectThreshold < 0 || b.ConnectThreshold >= b.Buffer, "Booking.ConnectThreshold",
		"%v is below Buffer %v: a released callback could not be dialed", b.ConnectThreshold, b.Buffer)
	l.check(b.Buffer <= 24*time.Hour, "Booking.Buffer", "%v is above 24h", b.Buffer)
	q := s.Queueing
	l.between("Queueing.TTL", q.TTL, time.Second, 400*24*time.Hour)
	l.check(q.CannotDial >= 0 && q.CannotDial < q.TTL, "Queueing.CannotDial", "%v is not between 0 and TTL %v", q.CannotDial, q.TTL)
	l.check(q.MinWait >= 0 && q.MinWait < q.TTL, "Queueing.MinWait", "%v is not between 0 and TTL %v", q.MinWait, q.TTL)
	l.check(q.MaxWait == 0 || q.MaxWait > q.MinWait, "Queueing.MaxWait", "%v is not above MinWait %v", q.MaxWait, q.MinWait)
	l.limit("Queueing.Lines", q.Lines)
	l.limit("Queueing.CallsPerSecond", q.CallsPerSecond)
	l.check(q.Share >= 1 && q.Share <= 1000, "Queueing.Share", "%d is not between 1 and 1000", q.Share)
	l.limit("Queueing.MaxSubmits", q.MaxSubmits)
	l.check(q.MaxSubmits != None, "Queueing.MaxSubmits", "None is not allowed: the first attempt would have no result")
	if err := q.Weights.Validate(); err != nil {
		l.check(false, "Queueing.Weights", "%v", err)
	}
}

func (s Service) dialingFaults(l *faultList) {
	d := s.Dialing
	if err := d.Retry.Validate(); err != nil {
		l.check(false, "Dialing.Retry", "%v", err)
	}
	l.check(d.RequestAttempts >= 1 && d.RequestAttempts <= 100, "Dialing.RequestAttempts", "%d is not between 1 and 100", d.RequestAttempts)
	l.orOff("Dialing.RequestGap", d.RequestGap)
	l.check(d.RequestGap <= 24*time.Hour, "Dialing.RequestGap", "%v is above 24h", d.RequestGap)
	l.between("Dialing.PlaceTimeout", d.PlaceTimeout, time.Second, 5*time.Minute)
	l.between("Dialing.RingTimeout", d.RingTimeout, 5*time.Second, 5*time.Minute)
	l.between("Dialing.AgentRingTimeout", d.AgentRingTimeout, 5*time.Second, 5*time.Minute)
	l.check(len(d.ConfirmDigit) <= 1 && strings.Trim(d.ConfirmDigit, "0123456789*#") == "", "Dialing.ConfirmDigit", "%q is not one of 0 to 9, * and #", d.ConfirmDigit)
	l.check(d.ConfirmDigit == "" || d.ConfirmPrompt != "", "Dialing.ConfirmDigit", "needs Dialing.ConfirmPrompt")
	l.between("Dialing.AgentWait", d.AgentWait, time.Second, 24*time.Hour)
	l.between("Dialing.MaxCall", d.MaxCall, time.Second, 48*time.Hour)
	if d.LookupEvery != Off {
		l.between("Dialing.LookupEvery", d.LookupEvery, 10*time.Second, time.Hour)
	}
	l.between("Dialing.Grace", d.Grace, 0, 5*time.Minute)
	p := s.Preview
	l.between("Preview.Timeout", p.Timeout, time.Second, time.Hour)
	l.check(p.Rejects >= 0, "Preview.Rejects", "%d is negative", p.Rejects)
	l.check(p.RejectRetry >= 0, "Preview.RejectRetry", "%v is negative", p.RejectRetry)
	l.check(!p.ViaRoutePoint || d.RoutePoint != "", "Preview.ViaRoutePoint", "needs Dialing.RoutePoint")
	in := s.Inbound
	l.between("Inbound.Timeout", in.Timeout, time.Second, 24*time.Hour)
	if in.On {
		l.check(len(in.AccessNumbers) > 0, "Inbound.AccessNumbers", "is required when customers call in")
		l.check(!p.On, "Preview.On", "has no meaning when customers call in")
	}
	l.between("Confirm.Timeout", s.Confirm.Timeout, time.Second, time.Hour)
}

// PreviewData returns the values of cb that an agent sees in a preview: those named
// by Preview.Data, or all user data if Preview.Data is nil.
func (p *Policy) PreviewData(cb *Callback) Values {
	if p.service.Preview.Data == nil {
		return maps.Clone(cb.UserData)
	}
	shown := make(Values, len(p.service.Preview.Data))
	for _, key := range p.service.Preview.Data {
		if value, ok := cb.UserData[key]; ok {
			shown[key] = value
		} else if value, ok := cb.Properties[key]; ok {
			shown[key] = value
		}
	}
	return shown
}
