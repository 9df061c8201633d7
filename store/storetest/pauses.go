package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// pauseProbe is a probe of a store that keeps pauses.
type pauseProbe struct {
	*probe
	pauser callback.PausingStore
}

// set begins pauses.
func (p pauseProbe) set(pauses ...callback.Pause) { p.turn(true, pauses) }

// end ends pauses.
func (p pauseProbe) end(pauses ...callback.Pause) { p.turn(false, pauses) }

func (p pauseProbe) turn(on bool, pauses []callback.Pause) {
	for _, pause := range pauses {
		if err := p.pauser.SetPause(p.ctx, pause, on); err != nil {
			p.fatalf("SetPause of service %q of tenant %q, %v: %v", pause.Service, pause.Tenant, on, err)
		}
	}
}

func (p pauseProbe) list(tenant string, all bool) []callback.Pause {
	list, err := p.pauser.Pauses(p.ctx, tenant, all)
	if err != nil {
		p.fatalf("Pauses of tenant %q, of all %v: %v", tenant, all, err)
	}
	return list
}

// has requires the pauses of New's tenant, in order.
func (p pauseProbe) has(what string, want ...callback.Pause) {
	p.same("pauses "+what, p.list(Tenant, false), want)
}

// paused returns a pause of a service of New's tenant. Its other fields are
// derived from n.
func paused(service string, n int) callback.Pause {
	return callback.Pause{
		Tenant: Tenant, Service: service, Since: At(time.Duration(n) * time.Minute).Add(time.Microsecond),
		Actor: fmt.Sprintf("actor \u00fc %d", n), Reason: fmt.Sprintf("reason\twith \"words\" %d", n),
	}
}

// ofTenant returns a copy of p in another tenant.
func ofTenant(tenant string, p callback.Pause) callback.Pause {
	p.Tenant = tenant
	return p
}

func pauseClauses() []Clause {
	var all []Clause
	for _, c := range []struct {
		name string
		run  func(p pauseProbe)
	}{
		{"a pause is listed as set until it is ended", pauseIsListed},
		{"setting a pause again changes nothing", pauseIsKept},
		{"a pause of all services is independent of the others", pauseOfAll},
		{"pauses belong to a tenant", pauseOfTenants},
		{"pauses are listed in order", pausesInOrder},
		{"the zone of a time does not matter to a pause", pauseInZone},
		{"the list of pauses is a copy", pauseListIsOwn},
		{"pauses and callbacks are independent", pauseAlone},
		{"a call with a cancelled context fails and changes nothing, or its outcome is unknown", pauseCancelled},
		{"concurrent calls set one pause", pauseRace},
		{"concurrent calls lose no pause", pausesAtOnce},
	} {
		all = append(all, Clause{Name: c.name, run: func(p *probe) {
			pauser, ok := p.store.(callback.PausingStore)
			if !ok {
				p.lack = "callback.PausingStore"
				return
			}
			c.run(pauseProbe{p, pauser})
		}})
	}
	return all
}

func pauseIsListed(p pauseProbe) {
	bare := callback.Pause{Tenant: Tenant, Service: "bare", Since: At(time.Hour)}
	p.has("of an empty store")
	p.end(paused("sales", 1))
	p.has("after ending a pause that was not set")
	p.set(paused("sales", 1), bare)
	p.has("after setting two", bare, paused("sales", 1))
	// The other fields do not matter.
	p.end(paused("sales", 2))
	p.has("after ending one", bare)
	p.end(paused("sales", 1))
	p.set(paused("sales", 3))
	p.has("after setting one again", bare, paused("sales", 3))
}

func pauseIsKept(p pauseProbe) {
	p.set(paused("sales", 2), paused("sales", 3), paused("sales", 1))
	p.has("after setting one twice", paused("sales", 2))
}

func pauseOfAll(p pauseProbe) {
	p.set(paused("sales", 1), paused("", 2))
	p.has("of a service and of all", paused("", 2), paused("sales", 1))
	p.end(paused("", 0))
	p.has("without the one of all services", paused("sales", 1))
	p.set(paused("", 3))
	p.end(paused("sales", 0))
	p.has("without the one of a service", paused("", 3))
}

func pauseOfTenants(p pauseProbe) {
	tenants := []string{"", Tenant, "other"}
	for i, tenant := range tenants {
		p.set(ofTenant(tenant, paused("sales", i)))
	}
	for i, tenant := range tenants {
		p.same("pauses of tenant "+tenant, p.list(tenant, false), []callback.Pause{ofTenant(tenant, paused("sales", i))})
	}
	p.same("pauses of a tenant without", p.list("fourth", false), []callback.Pause{})
	p.end(paused("sales", 0))
	p.same("pauses of all tenants", p.list("fourth", true), []callback.Pause{ofTenant("", paused("sales", 0)), ofTenant("other", paused("sales", 2))})
}

func pausesInOrder(p pauseProbe) {
	// Order by bytes, not by collation.
	names := []string{"", "A", "Z", "_", "a", "a-b", "ab", "b", "\u00e4", "\u4e2d"}
	var want []callback.Pause
	for _, tenant := range []string{"", "B", "a", "\u00fc"} {
		for i, name := range names {
			want = append(want, ofTenant(tenant, paused(name, i)))
		}
	}
	for i := range want {
		p.set(want[(i*7+3)%len(want)])
	}
	p.same("pauses of all tenants", p.list("", true), want)
	p.same("pauses of one tenant", p.list("B", false), want[len(names):2*len(names)])
}

func pauseInZone(p pauseProbe) {
	pause := paused("sales", 1)
	pause.Since = pause.Since.In(time.FixedZone("east", 5*3600+45*60))
	p.set(pause)
	p.has("set in another time zone", paused("sales", 1))
}

func pauseListIsOwn(p pauseProbe) {
	p.set(paused("a", 1), paused("b", 2))
	for _, all := range []bool{false, true} {
		clear(p.list(Tenant, all))
	}
	p.has("after clearing the list", paused("a", 1), paused("b", 2))
}

func pauseAlone(p pauseProbe) {
	p.set(paused(Service, 1), paused("", 2))
	p.create(New("c1", Queued(At(time.Minute))))
	p.same("heads of the queue", ids(p.claimQueue(At(time.Hour), 5)), []callback.ID{"c1"})
	p.erase(p.get("c1"))
	p.has("after an erasure", paused("", 2), paused(Service, 1))
}

func pauseCancelled(p pauseProbe) {
	p.set(paused("sales", 1))
	ctx, cancel := context.WithCancel(p.ctx)
	cancel()
	fails := func(what string, err error, happened func() bool) {
		switch {
		case err == nil:
			p.errorf("%s with a cancelled context: no error", what)
		case happened() && !errors.Is(err, callback.ErrOutcomeUnknown):
			p.errorf("%s happened despite the error %v", what, err)
		}
	}
	there := func(service string) bool {
		return slices.ContainsFunc(p.list(Tenant, false), func(p callback.Pause) bool { return p.Service == service })
	}
	fails("beginning", p.pauser.SetPause(ctx, paused("support", 2), true), func() bool { return there("support") })
	fails("ending", p.pauser.SetPause(ctx, paused("sales", 1), false), func() bool { return !there("sales") })
	_, err := p.pauser.Pauses(ctx, Tenant, false)
	fails("listing", err, func() bool { return false })
}

func pauseRace(p pauseProbe) {
	const workers = 8
	p.together(workers, func(i int) { p.set(paused("sales", i)) })
	list := p.list(Tenant, false)
	if len(list) != 1 {
		p.fatalf("%d pauses of one service, want 1", len(list))
	}
	for i := range workers {
		if difference(list[0], paused("sales", i)) == "" {
			return
		}
	}
	p.errorf("unexpected pause %+v", list[0])
}

func pausesAtOnce(p pauseProbe) {
	const workers, each = 8, 10
	name := func(i, j int) string { return fmt.Sprintf("s%d-%02d", i, j) }
	var want []callback.Pause
	for i := range workers {
		for j := range each {
			want = append(want, paused(name(i, j), j))
		}
	}
	p.together(workers, func(i int) {
		for j := range each {
			p.set(paused(name(i, j), j))
			p.list("", true)
		}
	})
	p.has("set concurrently", want...)
	p.together(workers, func(i int) {
		for j := range each {
			p.end(paused(name(i, j), 0))
			p.list("", true)
		}
	})
	p.has("after ending all concurrently")
}
