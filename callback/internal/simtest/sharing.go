package simtest

import (
	"math/rand/v2"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// sharing are worlds in which queues compete for what is scarce.
func sharing() []Profile {
	aaa, zzz := TenantService{"", plain("aaa")}, TenantService{"", plain("zzz")}
	other := TenantService{"other", plain("aaa")}
	both := func(*rand.Rand) []TenantService { return []TenantService{aaa, zzz} }
	services := []Share{{"services", "", "aaa", "", 1}, {"services", "", "zzz", "", 1}}
	compete := func(name, fault string, change func(p *Profile)) Profile {
		return plainWorld(name, fault, func(p *Profile) {
			p.Services, p.Callers, p.Healing = both, 0, time.Minute
			change(p)
		})
	}
	return []Profile{
		compete("share-agents", "a service that gets no agent", func(p *Profile) {
			p.Agents, p.Backlog, p.Shares = agents(1), backlog(40, aaa, zzz), services
		}),
		compete("share-rate", "a service that gets no call of a slow dialer", func(p *Profile) {
			p.Dialer.Limits = callback.DialerLimits{CallsPerSecond: 1}
			p.Nodes, p.Poll, p.Backlog, p.Length, p.Shares = 1, time.Second, backlog(80, aaa, zzz), 5*time.Minute, services
		}),
		compete("share-tenants", "a tenant that gets no agent", func(p *Profile) {
			p.Services = func(*rand.Rand) []TenantService { return []TenantService{aaa, other} }
			p.Agents, p.Backlog = agents(1), backlog(40, aaa, other)
			p.Shares = []Share{{"tenants", "", "aaa", "", 1}, {"tenants", "other", "aaa", "", 1}}
		}),
		compete("share-blocked", "a class that pays for a head that cannot be dialled", func(p *Profile) {
			p.Agents, p.Nodes, p.Dialer.Long, p.Backlog = agents(2), 1, 1, blockedHead(aaa, zzz)
			p.Shares = []Share{{"classes", "", "zzz", "High", 5}, {"classes", "", "zzz", "Normal", 4}}
		}),
		compete("share-overstated", "priorities that are strict because a router says too much", func(p *Profile) {
			p.Agents, p.Nodes, p.Router.Overstates = agents(1), 1, true
			p.Backlog = classes(50, zzz, scheduler.High, scheduler.Normal)
			p.Shares = []Share{{"classes", "", "zzz", "High", 5}, {"classes", "", "zzz", "Normal", 4}}
		}),
		compete("share-absent", "heads without an agent that keep others from one", func(p *Profile) {
			p.Agents, p.Nodes, p.Absent, p.Patience = agents(1), 1, 250, 5*time.Minute
			p.Backlog, p.Length = backlog(150, aaa, zzz), 20*time.Minute
		}),
	}
}

// classes returns n starts of a service in each of two priorities.
func classes(n int, s TenantService, priorities ...scheduler.Priority) func(w *world) []Start {
	return func(*world) []Start {
		var list []Start
		for i := range n {
			for j, priority := range priorities {
				start := newStart(s, 10+i*len(priorities)+j)
				start.Priority = priority
				list = append(list, start)
			}
		}
		return list
	}
}

// blockedHead puts a customer who is in a long call for one service at the head of
// another's queue.
func blockedHead(first, second TenantService) func(w *world) []Start {
	return func(w *world) []Start {
		head := newStart(second, 1)
		head.Priority = scheduler.High
		return append([]Start{newStart(first, 1), head}, classes(80, second, scheduler.High, scheduler.Normal)(w)...)
	}
}
