package simtest

import (
	"context"
	"strconv"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
)

// Start is a request of a customer for a service.
type Start struct {
	Tenant   string
	Customer int
	manager.Request
}

// Method is what a host calls.
type Method int

// The methods that callers choose from.
const (
	DoStart Method = iota
	DoCancel
	DoForce
	DoReschedule
	DoUpdate
	DoForget
	DoForgetNumber
	DoPause
	DoBulk
	DoRedial
	DoAnswer
	DoSearch
	DoGet
	DoResolve
	methods
)

// host is one caller: it does one thing after another.
func (w *world) host(ctx context.Context) {
	for w.turns.wait(who(ctx, ""), time.Duration(w.faults.Int64N(int64(2*w.profile.Gap)))) && !w.healed {
		total := 0
		for _, n := range w.profile.Mix {
			total += n
		}
		pick := w.faults.IntN(total)
		for method := DoStart; method < methods; method++ {
			if pick -= w.profile.Mix[method]; pick < 0 {
				w.do(ctx, method)
				break
			}
		}
	}
}

func (w *world) do(ctx context.Context, method Method) {
	if method == DoStart {
		w.startAs(ctx, w.newStart())
		return
	}
	k, ok := w.anyKnown(method)
	if !ok {
		return
	}
	c := &HostCall{Tenant: k.tenant, ID: k.id, Customer: k.customer}
	switch method {
	case DoCancel, DoForce:
		c.Method, c.Force = "Cancel", method == DoForce
		w.ask(c, func(m *manager.Manager) {
			c.Answer, c.Err = m.Cancel(ctx, manager.CancelRequest{ID: k.id, Force: c.Force, Actor: c.Actor()})
		})
	case DoReschedule:
		c.Method, c.Desired = "Reschedule", w.now().Add(time.Duration(w.faults.IntN(180))*time.Minute)
		if k.call.Answer != nil && w.chance(0.5) {
			c.Revision = k.call.Answer.Revision
		}
		w.ask(c, func(m *manager.Manager) {
			c.Answer, c.Err = m.Reschedule(ctx, manager.RescheduleRequest{ID: k.id, Desired: c.Desired, Revision: c.Revision, Actor: c.Actor()})
		})
	case DoUpdate:
		c.Method = "Update"
		w.ask(c, func(m *manager.Manager) {
			set := callback.Values{"note": w.faults.IntN(100)}
			if w.chance(0.3) {
				set[callback.PropertyNumber] = number(1 + w.faults.IntN(w.profile.Customers))
			}
			c.Answer, c.Err = m.Update(ctx, manager.UpdateRequest{ID: k.id, Set: set, Actor: c.Actor()})
		})
	case DoForget, DoForgetNumber:
		c.Method = "Forget"
		req := manager.ForgetRequest{IDs: []callback.ID{k.id}}
		if method == DoForgetNumber {
			c.Method, c.ID = "ForgetNumber", ""
			req = manager.ForgetRequest{Numbers: []string{number(k.customer)}}
		}
		w.ask(c, func(m *manager.Manager) {
			req.Actor = c.Actor()
			var result manager.BulkResult
			result, c.Err = m.Forget(ctx, req)
			c.Items = result.Items
		})
	case DoPause:
		w.pause(ctx, k)
	case DoBulk:
		c.Method, c.ID = "CancelAll", ""
		ids := []callback.ID{k.id}
		for range 2 {
			if other := w.known[w.faults.IntN(len(w.known))]; other.tenant == k.tenant {
				ids = append(ids, other.id)
			}
		}
		w.ask(c, func(m *manager.Manager) {
			var result manager.BulkResult
			result, c.Err = m.CancelAll(ctx, manager.CancelAllRequest{IDs: ids, Actor: c.Actor()})
			c.Items = result.Items
		})
	case DoRedial:
		if k.call.Request.Service == "" {
			return
		}
		w.startAs(ctx, Start{Tenant: k.tenant, Customer: k.customer, Request: manager.Request{Service: k.call.Request.Service, CopyFrom: k.id}})
	case DoAnswer:
		c.Method = "Answer"
		answer := callback.OfferAnswer(1 + w.faults.IntN(4))
		w.ask(c, func(m *manager.Manager) {
			c.Answer, c.Err = m.Answer(ctx, manager.AnswerRequest{ID: k.id, Answer: answer, Actor: c.Actor()})
		})
	case DoSearch:
		c.Method, c.ID = "Search", ""
		w.ask(c, func(m *manager.Manager) {
			var page callback.Page
			page, c.Err = m.SearchPage(ctx, callback.Query{Number: number(k.customer), Limit: 1000})
			c.Found = page.Callbacks
		})
	case DoGet:
		c.Method = "Get"
		w.ask(c, func(m *manager.Manager) { c.Answer, c.Err = m.Get(ctx, k.id) })
	case DoResolve:
		w.resolveAll(ctx)
	}
}

// anyKnown picks a callback; for some methods one in the state they need.
func (w *world) anyKnown(method Method) (known, bool) {
	if len(w.known) == 0 {
		return known{}, false
	}
	want := map[Method]callback.State{DoAnswer: callback.Offered, DoReschedule: callback.Scheduled, DoForce: callback.Dialing}[method]
	k := w.known[w.faults.IntN(len(w.known))]
	for range 8 {
		state := w.open[k.id]
		if want == 0 && (state != 0 || method == DoRedial || method == DoForget) || want != 0 && state == want {
			break
		}
		k = w.known[w.faults.IntN(len(w.known))]
	}
	return k, true
}

func (w *world) newStart() Start {
	if len(w.keyed) > 0 && w.chance(0.1) {
		k := w.keyed[w.faults.IntN(len(w.keyed))]
		return Start{Tenant: k.tenant, Customer: k.customer, Request: k.call.Request}
	}
	services := w.profile.targets
	target := services[w.faults.IntN(len(services))]
	s := Start{Tenant: target.Tenant, Customer: 1 + w.faults.IntN(w.profile.Customers), Request: manager.Request{Service: target.Service.Name}}
	now := w.now()
	if w.chance(w.profile.Later) {
		s.Desired = now.Add(time.Duration(w.faults.IntN(90*60)) * time.Second)
		if w.profile.LaterBy > 0 {
			s.Desired = now.Add(w.profile.LaterBy + time.Duration(w.faults.IntN(3600))*time.Second)
		}
	}
	if w.chance(w.profile.Bounded) {
		s.Until = now.Add(time.Duration(1+w.faults.IntN(240)) * time.Minute)
	}
	if w.profile.Priorities {
		s.Priority = scheduler.Priority(w.faults.IntN(scheduler.Levels))
	}
	if w.chance(w.profile.Limited) {
		s.Retry = &callback.RetryLimits{MaxAttempts: 1 + w.faults.IntN(4), Delay: time.Duration(w.faults.IntN(120)) * time.Second}
	}
	if w.chance(w.profile.Local) {
		at := availability.LocalOf(now.Add(time.Duration(w.faults.IntN(5*60))*time.Minute), w.zone)
		s.Desired, s.Until, s.Local, s.Zone = time.Time{}, time.Time{}, &at, w.zone.String()
	}
	if w.chance(0.3) {
		w.keys++
		s.Key = "key" + strconv.Itoa(w.keys)
	}
	s.Properties = callback.Values{"note": w.faults.IntN(100)}
	return s
}

func (w *world) startAs(ctx context.Context, s Start) {
	c := &HostCall{Method: "Start", Tenant: s.Tenant, Customer: s.Customer, Request: s.Request}
	if c.Request.CopyFrom == "" {
		c.Request.Number = number(s.Customer)
	}
	w.ask(c, func(m *manager.Manager) {
		request := c.Request
		request.Actor = c.Actor()
		c.Answer, c.Err = m.Start(ctx, request)
	})
	k := known{tenant: s.Tenant, customer: s.Customer, call: c}
	if c.Request.Key != "" {
		w.keyed = append(w.keyed, k)
	}
	if c.Answer != nil {
		k.id = c.Answer.ID
		w.known = append(w.known, k)
	}
}

// pause pauses a service for a while.
func (w *world) pause(ctx context.Context, k known) {
	service := w.profile.targets[w.faults.IntN(len(w.profile.targets))]
	c := &HostCall{Method: "Pause", Tenant: service.Tenant, Request: manager.Request{Service: service.Service.Name}}
	w.note("pause of "+service.Service.Name, true)
	i := len(w.history.Notes) - 1
	w.ask(c, func(m *manager.Manager) {
		_, c.Err = m.Pause(ctx, manager.PauseRequest{Service: service.Service.Name, Actor: c.Actor()})
	})
	w.turns.wait(who(ctx, ""), time.Duration(w.faults.IntN(20))*time.Minute)
	for range 20 {
		if w.resume(ctx, service.Tenant, service.Service.Name) {
			w.history.Notes[i].To = w.stamp()
			return
		}
	}
}

func (w *world) resume(ctx context.Context, tenant, service string) bool {
	c := &HostCall{Method: "Resume", Tenant: tenant, Request: manager.Request{Service: service}}
	return w.ask(c, func(m *manager.Manager) {
		_, c.Err = m.Resume(ctx, manager.PauseRequest{Service: service, Actor: c.Actor()})
	}) && c.Nil()
}

func (w *world) resumeAll(ctx context.Context) {
	for _, s := range w.profile.targets {
		w.resume(ctx, s.Tenant, s.Service.Name)
	}
}

// asked adds a call to the history.
func (w *world) asked(c *HostCall) *HostCall {
	c.Op, c.Asked = len(w.history.Calls)+1, w.stamp()
	w.history.Calls = append(w.history.Calls, c)
	return c
}

// ask calls a Manager for a caller. It returns false if no node is alive.
func (w *world) ask(c *HostCall, f func(m *manager.Manager)) bool {
	node := w.anyNode()
	if node == nil {
		return false
	}
	c.Node = node.name
	w.asked(c)
	func() {
		defer func() { c.Panic = recover() }()
		f(node.manager(c.Tenant))
		c.Both = c.Answer != nil && c.Err != nil
	}()
	if node.dead.Load() || w.turns.stopped {
		c.Answer, c.Items, c.Found, c.Err = nil, nil, nil, nil
		return true
	}
	c.Answered = w.stamp()
	node.wake()
	return true
}

// resolveAll lets an operator say the truth about every unresolved callback
// whose truth can be known.
func (w *world) resolveAll(ctx context.Context) {
	for _, s := range w.profile.tenants() {
		page, err := w.inner.Search(ctx, callback.Query{Tenant: s, States: []callback.State{callback.Unresolved}, Limit: 1000})
		if err != nil {
			w.err = err
			return
		}
		for _, cb := range page.Callbacks {
			w.resolve(ctx, cb)
		}
	}
}

func (w *world) resolve(ctx context.Context, cb *callback.Callback) {
	a := cb.Current()
	if a == nil || w.now().Sub(a.Began) < 2*time.Minute && a.Began.Sub(w.now()) < 2*time.Minute {
		return
	}
	r := manager.Resolution{ID: cb.ID, Outcome: callback.Outcome{Certainty: callback.NotPlaced, Result: callback.ResultSystemError}}
	l := w.network.legs[a.Key]
	if l != nil {
		if !l.dial.Ended.Came() {
			return // it is up
		}
		r.Outcome = callback.Outcome{Certainty: callback.Known, Result: l.dial.Result, Reached: l.dial.Reached}
	}
	c := &HostCall{Method: "Resolve", Tenant: cb.Tenant, ID: cb.ID, Redial: w.chance(0.2)}
	r.Redial = c.Redial
	w.ask(c, func(m *manager.Manager) {
		r.Actor = c.Actor()
		if l != nil && !l.dial.Known.Came() {
			l.dial.Known = w.stamp()
		}
		c.Answer, c.Err = m.Resolve(ctx, r)
	})
}
