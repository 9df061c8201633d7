package simtest

import (
	"math/rand/v2"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Profiles lists the worlds that are played.
func Profiles() []Profile { return append(general(), special()...) }

// everyday is what callers do all day.
func everyday() map[Method]int {
	return map[Method]int{DoStart: 30, DoCancel: 6, DoForce: 1, DoReschedule: 8, DoUpdate: 4, DoForget: 1, DoForgetNumber: 1, DoPause: 1,
		DoBulk: 1, DoRedial: 2, DoAnswer: 12, DoSearch: 3, DoGet: 8, DoResolve: 3}
}

// general are worlds in which callers do everything. Each has one kind of trouble,
// and the last one has all of them.
func general() []Profile {
	calm := Profile{Name: "calm", Services: mixed, Agents: func(rnd *rand.Rand) int { return rnd.IntN(5) },
		Callers: 2, Mix: everyday(), Length: 20 * time.Minute, Later: 0.4, Bounded: 0.2, Limited: 0.2, Priorities: true,
		Dialer: DialerFaults{Busy: 0.1, NoAnswer: 0.1, Odd: 0.1, Talk: 5 * time.Minute}, Operator: true}

	clocks := calm
	clocks.Name = "clocks"
	clocks.Clocks, clocks.Begun = steps(), 25*time.Second
	clocks.Clocks.Every, clocks.Clocks.For = 30*time.Second, 10*time.Second
	clocks.Store.Clock, clocks.Store.Slow = true, time.Second

	slow := calm
	slow.Name = "slow"
	slow.Store.Slows = slows()
	slow.Begun = 25 * time.Second

	outage := calm
	outage.Name = "outage"
	outage.Outages = []time.Duration{40 * time.Second, 5 * time.Minute}
	outage.Dialer = rough()
	outage.Reports = lossy()

	crash := calm
	crash.Name = "crash"
	crash.Crashes = 3 * time.Minute
	crash.Store.Before, crash.Store.Unknown = 0.03, 0.02
	crash.Begun = 25 * time.Second

	everything := crash
	everything.Name = "everything"
	everything.Callers, everything.Length = 4, 30*time.Minute
	everything.Clocks, everything.Store.Clock, everything.Store.Slows = steps(), true, append(slows(), 0)
	everything.Outages, everything.Dialer, everything.Reports = outage.Outages, rough(), lossy()
	everything.Router = RouterFaults{Declines: 0.1, FreeFails: 0.05, ReleaseFails: 0.05, Overstates: true}
	return []Profile{calm, clocks, slow, outage, crash, everything}
}

func steps() ClockFaults {
	return ClockFaults{Steps: []time.Duration{time.Hour, -time.Hour, -24 * time.Hour, 26 * time.Hour}, Every: 4 * time.Minute, For: 30 * time.Second}
}

func slows() []time.Duration { return []time.Duration{time.Second, 2 * time.Second, 8 * time.Second} }

// rough is a platform with every fault.
func rough() DialerFaults {
	return DialerFaults{Busy: 0.08, NoAnswer: 0.08, Odd: 0.08, Refused: 0.06, Throttled: 0.05, Lost: 0.08, Vanished: 0.05, Silent: 0.05, Panics: 0.03,
		Blocks: 0.03, LookupFails: 0.1, HangupFails: 0.1, Forgotten: 0.1, Slow: 8 * time.Second, Talk: 5 * time.Minute}
}

// lossy reports come twice, late, in the wrong order, again after a long time, for
// attempts that never were, or not at all.
func lossy() ReportFaults {
	return ReportFaults{Twice: 0.1, Backwards: 0.1, NoStages: 0.1, NoFinal: 0.05, Late: 0.05, Stray: 2 * time.Minute, Replayed: true}
}

// plainWorld is a world of one service that dials quickly, with two callers who
// only start callbacks.
func plainWorld(name, fault string, change func(p *Profile)) Profile {
	p := Profile{Name: name, Fault: fault, Services: these(plain("desk")), Callers: 2, Class: Lookup,
		Dialer: DialerFaults{Talk: 30 * time.Second}, Operator: true}
	change(&p)
	return p
}

// special are worlds that each have one kind of trouble and little else, so that
// what it leads to is judged strictly.
func special() []Profile {
	hours := func(s *callback.Service) { s.Booking.Hours, s.Queueing.Lines = officeHours(), 2 }
	return append(sharing(),
		plainWorld("closing", "a call while the service is closed", func(p *Profile) {
			p.Services, p.Begin, p.Length, p.Healing = these(with(plain("desk"), hours)), Monday().Add(8*time.Hour+20*time.Minute), 2*time.Hour, 24*time.Hour
			p.Gap, p.Poll, p.Dialer = time.Minute, time.Minute, DialerFaults{Busy: 0.3, NoAnswer: 0.2, Talk: 5 * time.Minute}
		}),
		plainWorld("clock-ahead", "a call too early after a clock was ahead", func(p *Profile) {
			p.Later, p.OwnClock, p.Store.Clock, p.Clocks = 1, true, true, steps()
			p.Clocks.Every, p.Clocks.For = 8*time.Minute, 2*time.Second
		}),
		plainWorld("clock-back", "no call after a clock went back", func(p *Profile) {
			p.Patience = 5 * time.Minute
			p.Services = these(with(plain("desk"), func(s *callback.Service) {
				s.Queueing.CallsPerSecond, s.TTL, s.Queueing.TTL = 1, 300*24*time.Hour, 200*24*time.Hour
			}))
			p.Clocks = ClockFaults{Steps: []time.Duration{time.Hour, 26 * time.Hour}, Every: 8 * time.Minute, For: time.Minute}
		}),
		plainWorld("clock-change", "a booking for another time than the clock on the wall shows", func(p *Profile) {
			p.Begin, p.Local, p.Zone = time.Date(2026, time.March, 28, 23, 30, 0, 0, time.UTC), 1, "Europe/Zurich"
		}),
		plainWorld("unresolved", "a callback without an end", func(p *Profile) {
			p.Class, p.Operator, p.Healing = Blind, false, 8*time.Hour
			p.Services = these(with(plain("desk"), func(s *callback.Service) { s.TTL, s.Queueing.TTL = 3*time.Hour, 2*time.Hour }))
			p.Callers, p.Gap, p.Poll, p.Dialer = 1, time.Minute, time.Minute, DialerFaults{Silent: 0.2, Talk: time.Minute}
		}),
		plainWorld("doubt", "a line that is given away while its call may be up", func(p *Profile) {
			p.Class, p.Callers, p.Doubt = Blind, 3, true
			p.Services = these(with(plain("desk"), func(s *callback.Service) { s.Queueing.Lines = 2 }))
			p.Dialer = DialerFaults{Lost: 0.3, Talk: 2 * time.Minute}
		}),
		plainWorld("no-platform", "an outage that ends callbacks", func(p *Profile) {
			p.Outages = []time.Duration{40 * time.Second, 10 * time.Minute}
		}),
		plainWorld("no-store", "a slow store that ends callbacks", func(p *Profile) {
			p.Nodes, p.Callers, p.Gap, p.Begun, p.Store.Slows = 3, 3, 30*time.Second, time.Minute, slows()
		}),
		plainWorld("throttled", "no call because a platform asked for a pause of a year", func(p *Profile) {
			p.Patience, p.Dialer.Throttled, p.Dialer.Pause = 20*time.Minute, 0.05, 365*24*time.Hour
		}),
		plainWorld("stray", "no call because of a report that was refused", func(p *Profile) {
			p.Patience, p.Reports = 10*time.Minute, ReportFaults{Stray: time.Minute, RetryAfter: time.Hour}
		}),
		plainWorld("spoiled", "a record that a plug-in has changed", func(p *Profile) {
			p.Agents, p.Mix, p.Router.Spoils, p.Dialer.Spoils, p.Dialer.Lost = agents(2), map[Method]int{DoStart: 3, DoGet: 2}, true, true, 0.1
		}),
		plainWorld("release", "an agent who stays reserved", func(p *Profile) {
			p.Agents, p.Patience, p.Router.ReleaseFails = agents(3), 10*time.Minute, 0.2
		}),
		plainWorld("slipped", "a call after Cancel returned nil", func(p *Profile) {
			p.Nodes, p.Callers, p.Gap, p.Begun = 2, 4, 10*time.Second, time.Minute
			p.Store.Slow, p.Mix = 3*time.Second, map[Method]int{DoStart: 4, DoForce: 4, DoForget: 1}
		}),
		plainWorld("poison", "a plug-in that panics for some customers", func(p *Profile) {
			p.Dialer.Poison, p.Patience = 7, 5*time.Minute
		}),
	)
}
