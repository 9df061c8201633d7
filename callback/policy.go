package callback

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/scheduler"
)

// Bounds of what is taken from outside.
const (
	maxName   = 128      // bytes of names, ids and keys
	maxText   = 1024     // bytes of one text field
	maxValues = 64 << 10 // bytes of properties and user data together, as JSON
	maxKeys   = 256      // properties and user data together
	maxDepth  = 16       // nesting of one value
)

// propertyNumber is the property that stands for the number to call.
const propertyNumber = "_customer_number"

// Policy is a checked [Service] with its defaults in place. It is immutable and
// safe for concurrent use.
type Policy struct {
	service Service
	planner *availability.Planner
	today   atomic.Pointer[day] // the day last asked for
}

// day is a calendar day of a service's zone: from its midnight to the next.
type day struct{ begin, end time.Time }

// NewPolicy checks a service and fills in its defaults. Every fault is reported
// at once; each is an [ErrConfiguration] that names the field.
func NewPolicy(s Service) (*Policy, error) {
	s = s.withDefaults()
	faults := s.faults()
	capacity := s.Booking.Capacity
	if capacity == nil {
		capacity = availability.Flat(max(s.Booking.PerBucket, 0))
	}
	planner, err := availability.NewPlanner(availability.PlannerConfig{
		Calendar: s.Booking.Hours, Capacity: capacity, Bucket: s.Booking.Bucket,
	})
	if err != nil {
		faults = append(faults, &FieldError{Field: "Booking", Rule: err.Error(), fact: ErrConfiguration, cause: err})
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("service %q: %w", s.Name, errors.Join(faults...))
	}
	return &Policy{service: s, planner: planner}, nil
}

// Service returns the service with every default in place.
func (p *Policy) Service() Service { return p.service }

// Planner returns the planner of the service's buckets.
func (p *Policy) Planner() *availability.Planner { return p.planner }

func (s Service) withDefaults() Service {
	setDefault(&s.MediaType, "voice")
	if s.LookupKeys == nil {
		s.LookupKeys = []string{propertyNumber}
	}
	if s.MandatoryKeys == nil {
		s.MandatoryKeys = []string{propertyNumber}
	}
	setDefault(&s.TTL, 24*time.Hour)
	setDefault(&s.Retention, 24*time.Hour)
	setDefault(&s.Numbers.Country, "US")

	setDefault(&s.Limits.Queued, 1000)
	setDefault(&s.Limits.First.Max, 500)
	setDefault(&s.Limits.First.Every, 300*time.Second)
	setDefault(&s.Limits.Second.Max, 1000)
	setDefault(&s.Limits.Second.Every, 3600*time.Second)
	if s.Limits.Parameters == nil {
		s.Limits.Parameters = []string{propertyNumber}
	}
	setDefault(&s.Limits.PerParameter, 6)

	setDefault(&s.Booking.Bucket, 5*time.Minute)
	setDefault(&s.Booking.PerBucket, 100)
	setDefault(&s.Booking.Buffer, 120*time.Second)
	setDefault(&s.Booking.ConnectThreshold, 180*time.Second)
	setDefault(&s.Booking.Horizon, Span{Months: 1})
	setDefault(&s.Booking.Proposals, 6)
	if s.Booking.Hours == nil {
		s.Booking.Hours = availability.AlwaysOpen()
	}

	setDefault(&s.Queueing.TTL, 4*time.Hour)
	setDefault(&s.Queueing.Weights, scheduler.DefaultWeights())
	setDefault(&s.Queueing.MaxSubmits, 3)

	if s.Dialing.Retry.MaxAttempts == 0 && s.Dialing.Retry.Rules == nil && s.Dialing.Retry.Default == (scheduler.Rule{}) {
		s.Dialing.Retry = scheduler.DefaultRetryPolicy()
	}
	setDefault(&s.Dialing.PlaceTimeout, 32*time.Second)
	setDefault(&s.Dialing.RingTimeout, 30*time.Second)
	setDefault(&s.Dialing.AgentWait, time.Hour)
	setDefault(&s.Dialing.MaxCall, time.Hour)
	setDefault(&s.Dialing.Grace, 10*time.Second)

	setDefault(&s.Preview.Timeout, 30*time.Second)
	setDefault(&s.Preview.ReasonKey, "ReasonCode")
	setDefault(&s.Inbound.Timeout, 30*time.Second)
	setDefault(&s.Confirm.Timeout, 30*time.Second)
	return s
}

// faultList gathers what is wrong with a service.
type faultList []error

func (l *faultList) check(ok bool, field, format string, args ...any) {
	if !ok {
		*l = append(*l, misconfigured(field, fmt.Sprintf(format, args...)))
	}
}

func (l *faultList) between(field string, v, low, high time.Duration) {
	l.check(v >= low && v <= high, field, "%v is not between %v and %v", v, low, high)
}

// faults checks a service that has its defaults.
func (s Service) faults() []error {
	var l faultList
	l.check(s.Name != "" && len(s.Name) <= maxName, "Name", "must have 1 to %d bytes", maxName)
	l.check(!hasControl(s.Name), "Name", "has control characters")
	l.between("TTL", s.TTL, time.Minute, 400*24*time.Hour)
	l.between("Retention", s.Retention, 24*time.Hour, 4000*24*time.Hour)
	l.check(s.Redirect != s.Name || s.Name == "", "Redirect", "names the service itself")
	l.check(s.Reminder >= 0, "Reminder", "%v is negative", s.Reminder)
	l.check(s.Consent <= ConsentCampaign, "Consent", "%d is not defined", s.Consent)
	for _, key := range s.MandatoryKeys {
		l.check(slices.Contains(s.LookupKeys, key), "MandatoryKeys", "%q is not among LookupKeys", key)
	}
	for _, key := range slices.Concat(s.LookupKeys, s.Limits.Parameters) {
		l.check(key != "" && len(key) <= maxName, "LookupKeys, Limits.Parameters", "names must have 1 to %d bytes", maxName)
	}
	for _, option := range s.Overwritable {
		l.check(option == "_redirect" || option == "_target" || option == "_ors", "Overwritable", "%q cannot be overwritten", option)
	}
	l.check(phonenum.KnownRegion(s.Numbers.Country), "Numbers.Country", "%q is not a region", clip(s.Numbers.Country))
	for _, region := range s.Numbers.Countries {
		l.check(phonenum.KnownRegion(region), "Numbers.Countries", "%q is not a region", clip(region))
	}
	l.check(s.Limits.SameNumber <= CheckNone, "Limits.SameNumber", "%d is not defined", s.Limits.SameNumber)
	l.check(s.Limits.AttemptsPerDay >= 0, "Limits.AttemptsPerDay", "%d is negative", s.Limits.AttemptsPerDay)
	s.bookingFaults(&l)
	s.dialingFaults(&l)
	return l
}

func (s Service) bookingFaults(l *faultList) {
	b := s.Booking
	h := b.Horizon
	l.check(h.Years >= 0 && h.Months >= 0 && h.Days >= 0 && h.Clock >= 0 && h.Years <= 10, "Booking.Horizon", "must lie within 0 and 10 years")
	l.check(b.Past >= 0, "Booking.Past", "%v is negative", b.Past)
	l.check(b.Proposals <= 100, "Booking.Proposals", "%d is above 100", b.Proposals)
	l.check(b.ConnectThreshold < 0 || b.ConnectThreshold >= b.Buffer, "Booking.ConnectThreshold",
		"%v is below Buffer %v: a released callback could not be dialled", b.ConnectThreshold, b.Buffer)
	l.check(b.Buffer <= 24*time.Hour, "Booking.Buffer", "%v is above 24h", b.Buffer)
	q := s.Queueing
	l.between("Queueing.TTL", q.TTL, time.Second, 400*24*time.Hour)
	l.check(q.CannotDial >= 0 && q.CannotDial < q.TTL, "Queueing.CannotDial", "%v is not between 0 and TTL %v", q.CannotDial, q.TTL)
	l.check(q.MinWait >= 0 && q.MinWait < q.TTL, "Queueing.MinWait", "%v is not between 0 and TTL %v", q.MinWait, q.TTL)
	l.check(q.MaxWait == 0 || q.MaxWait > q.MinWait, "Queueing.MaxWait", "%v is not above MinWait %v", q.MaxWait, q.MinWait)
	l.check(q.CallsPerSecond >= 0, "Queueing.CallsPerSecond", "%d is negative", q.CallsPerSecond)
	l.check(q.MaxSubmits >= 1, "Queueing.MaxSubmits", "%d is below 1", q.MaxSubmits)
	if err := q.Weights.Validate(); err != nil {
		l.check(false, "Queueing.Weights", "%v", err)
	}
}

func (s Service) dialingFaults(l *faultList) {
	d := s.Dialing
	if err := d.Retry.Validate(); err != nil {
		l.check(false, "Dialing.Retry", "%v", err)
	}
	l.between("Dialing.PlaceTimeout", d.PlaceTimeout, time.Second, 5*time.Minute)
	l.between("Dialing.RingTimeout", d.RingTimeout, 5*time.Second, 5*time.Minute)
	l.between("Dialing.AgentWait", d.AgentWait, time.Second, 24*time.Hour)
	l.between("Dialing.MaxCall", d.MaxCall, time.Second, 48*time.Hour)
	l.between("Dialing.Grace", d.Grace, 0, 5*time.Minute)
	l.check(d.First <= AgentFirst, "Dialing.First", "%d is not defined", d.First)
	p := s.Preview
	l.between("Preview.Timeout", p.Timeout, time.Second, time.Hour)
	l.check(p.Rejects >= 0, "Preview.Rejects", "%d is negative", p.Rejects)
	l.check(p.RejectRetry >= 0, "Preview.RejectRetry", "%v is negative", p.RejectRetry)
	l.check(!p.ViaRoutePoint || d.RoutePoint != "", "Preview.ViaRoutePoint", "needs Dialing.RoutePoint")
	in := s.Inbound
	l.check(in.Direction <= UserOriginated, "Inbound.Direction", "%d is not defined", in.Direction)
	l.between("Inbound.Timeout", in.Timeout, time.Second, 24*time.Hour)
	if in.Direction == UserOriginated {
		l.check(len(in.AccessNumbers) > 0, "Inbound.AccessNumbers", "is required when customers call in")
		l.check(!p.On, "Preview.On", "has no meaning when customers call in")
	}
	l.between("Confirm.Timeout", s.Confirm.Timeout, time.Second, time.Hour)
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// PreviewData returns what a previewing agent is shown: the properties that
// Preview.Data names, or all user data.
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

// timing returns what separates immediate from scheduled and sets the release.
func (p *Policy) timing(now time.Time, position int) scheduler.Timing {
	t := scheduler.Timing{Buffer: max(p.service.Booking.Buffer, 0)}
	if e := p.service.Booking.Estimator; e != nil {
		// An estimator that panics or does not know adds nothing.
		_ = guard("estimator", func() error {
			if wait, ok := e.Estimate(position, now); ok && wait > 0 {
				t.Wait = wait
			}
			return nil
		})
	}
	return t
}

// zone returns the zone in which the service's days begin.
func (p *Policy) zone() *time.Location { return p.service.Booking.Hours.Location() }

// endOfDay returns the next midnight of the service's zone after now.
func (p *Policy) endOfDay(now time.Time) time.Time {
	if t := p.today.Load(); t != nil && !now.Before(t.begin) && now.Before(t.end) {
		return t.end
	}
	y, m, d := now.In(p.zone()).Date()
	begin, _ := availability.LocalTime{Year: y, Month: m, Day: d}.In(p.zone())
	y, m, d = time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC).Date()
	end, _ := availability.LocalTime{Year: y, Month: m, Day: d}.In(p.zone())
	p.today.Store(&day{begin, end})
	return end
}

// mayBegin returns the first instant at which an attempt may begin, by the
// desired time alone (GMS _desired_connect_time_threshold).
func (p *Policy) mayBegin(cb *Callback) time.Time {
	if t := p.service.Booking.ConnectThreshold; t >= 0 {
		return cb.Desired.Add(-t)
	}
	return time.Time{}
}

// queueEnd returns when a callback leaves its queue unserved. The time before
// an attempt may begin does not count, nor that of pauses.
func (p *Policy) queueEnd(cb *Callback) time.Time {
	return p.queueEndFrom(latest(cb.QueuedAt, p.mayBegin(cb)).Add(cb.PausedFor))
}

// queueEndFrom is queueEnd for a wait that began then.
func (p *Policy) queueEndFrom(queued time.Time) time.Time {
	ttl := p.service.Queueing.TTL
	if w := p.service.Queueing.MaxWait; w > 0 && w < ttl {
		ttl = w
	}
	return queued.Add(ttl)
}

// lines returns how many calls may be up; -1 means no limit.
func (p *Policy) lines(hasRouter bool) int64 {
	switch n := p.service.Queueing.Lines; {
	case n > 0:
		return int64(n)
	case n < 0 || hasRouter:
		return -1
	}
	return defaultLines
}

// defaultLines is the number of lines of a service without a Router.
const defaultLines = 10
