package simtest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// plain returns a service without limits that tries three times, two minutes
// apart.
func plain(name string) callback.Service {
	s := callback.Service{Name: name, Numbers: callback.Numbers{Country: "CH"}, Retention: 400 * 24 * time.Hour}
	s.Limits.SameNumber, s.Limits.Queued = callback.NoLimit, callback.NoLimit
	s.Dialing.Retry, _ = scheduler.SimpleRetry(2, 2*time.Minute)
	s.Dialing.MaxCall, s.Queueing.Lines = time.Hour, callback.NoLimit
	return s
}

func with(s callback.Service, change func(*callback.Service)) callback.Service {
	change(&s)
	return s
}

// these returns services of the empty tenant, the same for every seed.
func these(services ...callback.Service) func(*rand.Rand) []TenantService {
	var all []TenantService
	for _, s := range services {
		all = append(all, TenantService{Service: s})
	}
	return func(*rand.Rand) []TenantService { return all }
}

func agents(n int) func(*rand.Rand) int { return func(*rand.Rand) int { return n } }

// mixed returns services of two tenants with all kinds of options.
func mixed(rnd *rand.Rand) []TenantService {
	return []TenantService{{"", anyService(rnd, "desk")}, {"", anyService(rnd, "shop")}, {"other", anyService(rnd, "desk")}}
}

func anyService(rnd *rand.Rand, name string) callback.Service {
	chance := func(percent int) bool { return rnd.IntN(100) < percent }
	s := plain(name)
	s.MaskAfter, s.TTL, s.Queueing.TTL = 30*time.Minute, 3*time.Hour, 90*time.Minute
	s.Queueing.Lines = callback.Limit(1 + rnd.IntN(5))
	if chance(30) {
		s.Queueing.CallsPerSecond = callback.Limit(1 + rnd.IntN(3))
	}
	if chance(30) {
		s.Preview = callback.Preview{On: true, Rejects: rnd.IntN(3), RejectRetry: time.Duration(rnd.IntN(60)) * time.Second, NotReady: chance(50)}
	}
	if chance(20) {
		s.Confirm = callback.Confirm{On: true, Strict: chance(50)}
	}
	if chance(20) && !s.Preview.On {
		s.Inbound = callback.Inbound{On: true, NoWait: chance(50), Codes: chance(30),
			AccessNumbers: []string{"+41445550001", "+41445550002"}, Timeout: time.Minute}
	}
	if chance(30) {
		s.Limits.AttemptsPerDay = callback.Limit(1 + rnd.IntN(4))
	}
	if chance(30) {
		s.Queueing.CannotDial, s.Queueing.MinWait = 10*time.Minute, time.Duration(rnd.IntN(90))*time.Second
	}
	if chance(20) {
		s.Dialing.AgentFirst = true
	}
	s.Dialing.RetryAgentLost = chance(50)
	s.Booking.PerBucket = callback.Limit(1 + rnd.IntN(3))
	s.Limits.SameNumber = []callback.Limit{2, 1, callback.NoLimit}[rnd.IntN(3)]
	s.Limits.Queued = callback.Limit(3 + rnd.IntN(20))
	s.Reminder = time.Duration(rnd.IntN(2)) * 5 * time.Minute
	return s
}

// officeHours are Monday to Friday, nine to five, UTC.
func officeHours() *availability.Calendar {
	nine, _ := availability.ParseTimeOfDay("9:00")
	five, _ := availability.ParseTimeOfDay("17:00")
	c, _ := availability.NewCalendar(availability.CalendarConfig{Regular: []availability.WeeklyHours{
		{FromDay: time.Monday, ToDay: time.Friday, Open: nine, Close: five},
	}})
	return c
}

// backlog returns n starts for each service, all for now.
func backlog(n int, services ...TenantService) func(w *world) []Start {
	return func(*world) []Start {
		var list []Start
		for i := range n {
			for j, s := range services {
				list = append(list, newStart(s, 1+(i*len(services)+j)%890))
			}
		}
		return list
	}
}

func newStart(s TenantService, customer int) Start {
	start := Start{Tenant: s.Tenant, Customer: customer}
	start.Service = s.Service.Name
	start.UserData(fmt.Sprint(customer))
	return start
}

// UserData gives a start a value that plug-ins see.
func (s *Start) UserData(note string) { s.Properties = callback.Values{"note": note} }
