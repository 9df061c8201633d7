package simtest

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Profile is one kind of world. The zero value of each field is no fault, or the
// default of withDefaults.
type Profile struct {
	Name string
	// Fault says what the profile is to find.
	Fault string
	// Services are those of the world.
	Services func(rnd *rand.Rand) []TenantService
	Begin    time.Time     // the true time at the beginning; a Monday at eight by default
	Length   time.Duration // of the trouble; half an hour by default
	Healing  time.Duration // the longest that the world goes on without trouble
	Nodes    int           // 1 to 4 by the seed by default
	Poll     time.Duration // by the seed by default
	// Agents returns how many agents the router has; 0 is no router.
	Agents func(rnd *rand.Rand) int

	Callers    int            // who do one thing after another
	Gap        time.Duration  // the mean time between two of them
	Mix        map[Method]int // what they do, by weight
	Customers  int
	Later      float64 // part of the starts with a desired time
	LaterBy    time.Duration
	Bounded    float64 // part of the starts with an end
	Limited    float64 // part of the starts with retry limits of their own
	Local      float64 // part of the starts by the clock of Zone
	Zone       string
	Priorities bool
	// Backlog is started first.
	Backlog func(w *world) []Start

	Class   Class
	Store   StoreFaults
	Dialer  DialerFaults
	Reports ReportFaults
	Router  RouterFaults
	Clocks  ClockFaults
	// OwnClock: ticks are told the time of the node, whatever the store's clock says.
	OwnClock    bool
	Crashes     time.Duration // the mean time between two crashes, stops or shutdowns; 0 is none
	Outages     []time.Duration
	NoLookups   bool // the platform cannot be asked
	MaxInFlight int

	// Absent: the agents of the customers up to this one are away.
	Absent int
	// Wrap makes the store that the nodes share of the true one.
	Wrap func(callback.Store) callback.Store

	// Operator resolves what no node can once the trouble is over.
	Operator bool
	// Patience and Begun are those of the promises.
	Patience time.Duration
	Begun    time.Duration
	Doubt    bool
	Shares   []Share

	targets []TenantService
}

// ClockFaults are the steps of the clocks of nodes.
type ClockFaults struct {
	Steps []time.Duration
	Every time.Duration
	For   time.Duration // then the clock is right again; 0 is until the next step
}

// TenantService is a service of a tenant.
type TenantService struct {
	Tenant string
	callback.Service
}

func (p Profile) withDefaults() Profile {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&p.Length, 30*time.Minute)
	def(&p.Healing, 6*time.Hour)
	def(&p.Gap, 20*time.Second)
	if p.Begin.IsZero() {
		p.Begin = Monday()
	}
	if p.Customers == 0 {
		p.Customers = 40
	}
	if p.Mix == nil {
		p.Mix = map[Method]int{DoStart: 1}
	}
	if p.Agents == nil {
		p.Agents = func(*rand.Rand) int { return 0 }
	}
	p.targets = p.Services(rand.New(rand.NewPCG(0, 0)))
	return p
}

func (p Profile) tenants() []string {
	var names []string
	for _, s := range p.targets {
		names = append(names, s.Tenant)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
