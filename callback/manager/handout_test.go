package manager_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/phonenum"
)

// scribble changes everything that can be reached from v through pointers, slices
// and maps, without what a plug-in cannot set.
func scribble(v any) {
	scribbleOn(reflect.ValueOf(v), make(map[uintptr]bool))
}

func scribbleOn(v reflect.Value, seen map[uintptr]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] {
			return
		}
		seen[v.Pointer()] = true
		scribbleOn(v.Elem(), seen)
	case reflect.Interface:
		if !v.IsNil() {
			scribbleOn(v.Elem(), seen)
		}
	case reflect.Slice:
		for i := range v.Len() {
			scribbleOn(v.Index(i), seen)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			scribbleOn(v.MapIndex(key), seen)
			v.SetMapIndex(key, reflect.Zero(v.Type().Elem()))
		}
	case reflect.Struct:
		switch v.Interface().(type) {
		case time.Time, phonenum.Address:
			if v.CanSet() {
				v.SetZero()
			}
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				scribbleOn(v.Field(i), seen)
			}
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString("scribbled")
		}
	default:
		if v.CanSet() {
			v.SetZero()
		}
	}
}

// scribbler is a plug-in of every kind that changes what it is given.
type scribbler struct {
	router  *callbacktest.Router
	dialer  *callbacktest.Dialer
	source  callback.ServiceSource
	batch   bool
	modes   []callback.ContactMode
	touched map[string]int
}

func (s *scribbler) touch(name string, args ...any) {
	s.touched[name]++
	for _, arg := range args {
		scribble(arg)
	}
}

// Router.

func (s *scribbler) Free(ctx context.Context, tenant, service string) (int, error) {
	return s.router.Free(ctx, tenant, service)
}

func (s *scribbler) Reserve(ctx context.Context, cb *callback.Callback) (callback.Reservation, error) {
	r, err := s.router.Reserve(ctx, cb)
	s.touch("Reserve", cb)
	return r, err
}

func (s *scribbler) Release(ctx context.Context, r callback.Release) error {
	err := s.router.Release(ctx, r)
	s.touch("Release", &r)
	return err
}

// batching is a scribbler that is a BatchRouter as well.
type batching struct{ *scribbler }

func (s batching) ReserveAny(ctx context.Context, candidates []*callback.Callback, n int) ([]callback.Pick, error) {
	var picks []callback.Pick
	for _, cb := range candidates[:min(n, len(candidates))] {
		if r, err := s.router.Reserve(ctx, cb); err == nil {
			picks = append(picks, callback.Pick{Callback: cb.ID, Reservation: r})
		}
	}
	s.touch("ReserveAny", candidates)
	return picks, nil
}

// Dialer.

func (s *scribbler) Dial(ctx context.Context, call callback.Call) (callback.Ref, error) {
	ref, err := s.dialer.Dial(ctx, call)
	s.touch("Dial", &call)
	return ref, err
}

func (s *scribbler) Lookup(ctx context.Context, tenant string, key callback.AttemptKey, ref callback.Ref) (callback.Found, error) {
	return s.dialer.Lookup(ctx, tenant, key, ref)
}

// ServiceSource and ContactModes.

func (s *scribbler) Policy(ctx context.Context, tenant, name string) (*callback.Policy, error) {
	p, err := s.source.Policy(ctx, tenant, name)
	if p != nil {
		own := p.Service()
		s.touch("Policy", &own.SearchKeys, &own.RequiredKeys, &own.Overwritable, &own.Limits, &own.Numbers.Countries,
			&own.Dialing.Retry.Rules, &own.Preview, &own.Inbound)
	}
	return p, err
}

func (s *scribbler) Modes(context.Context, string, string) ([]callback.ContactMode, error) {
	return s.modes, nil
}

// Observer.

func (s *scribbler) Decided(_ context.Context, d callback.Decision) { s.touch("Decided", &d) }
func (s *scribbler) AttemptBegan(_ context.Context, call callback.Call) {
	s.touch("AttemptBegan", &call)
}
func (s *scribbler) AttemptEnded(_ context.Context, cb *callback.Callback) {
	s.touch("AttemptEnded", cb)
}
func (s *scribbler) StoreCalled(_ context.Context, c callback.StoreCall) { s.touch("StoreCalled", &c) }
func (s *scribbler) Ticked(_ context.Context, t callback.TickReport)     { s.touch("Ticked", &t) }
func (s *scribbler) DialerChanged(_ context.Context, c callback.DialerChange) {
	s.touch("DialerChanged", &c)
}
func (s *scribbler) Unresolved(_ context.Context, cb *callback.Callback) { s.touch("Unresolved", cb) }
func (s *scribbler) AgentChanged(_ context.Context, a callback.AgentChange) {
	s.touch("AgentChanged", &a)
}

// life runs some callbacks and returns what the store holds of them in the end.
func life(t *testing.T, batch, scribbles bool) (records []*callback.Callback, touched map[string]int) {
	s := &scribbler{router: callbacktest.NewRouter(3), batch: batch, touched: make(map[string]int)}
	r := newRig(t, func(service *callback.Service, c *manager.Config) {
		service.SearchKeys, service.Limits.Parameters, service.Limits.PerParameter = []string{"_device", "_customer_number"}, []string{"_device"}, 9
		service.Limits.Throttles = []callback.Throttle{{Max: 1000, Every: time.Hour}}
		service.Queueing.Lines = 2
		s.dialer = c.Dialer.(*callbacktest.Dialer)
		c.Router = s.router
		if scribbles {
			c.Dialer, c.Observer = s, s
			c.Router = s
			if batch {
				c.Router = batching{s}
			}
		}
	})
	if scribbles {
		s.source = r.services
		m, err := manager.New(manager.Config{
			Store: r.store, Services: s, Dialer: s, Router: s, Observer: s, Contacts: s, Node: "n1", Now: r.clock.Now,
			NewID: callbacktest.IDs("cb"), Random: callbacktest.Random(1), Synchronous: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		if !batch {
			r.m, r.Manager = m, m
		}
	}
	steps := []callbacktest.Step{
		callbacktest.Answered(time.Minute), callbacktest.Busy(), callbacktest.NoAnswer(), callbacktest.Silent(),
		callbacktest.Refused(), callbacktest.Throttled(2 * time.Second), callbacktest.Lost(nil),
	}
	for i, step := range steps {
		number := fmt.Sprintf("+4178555667%d", i)
		r.dialer.On(number, step, callbacktest.Answered(time.Minute))
		r.start(manager.Request{
			Number: number, Retry: &callback.RetryLimits{MaxAttempts: 3, Delay: time.Minute},
			Properties: callback.Values{
				"_device": "a", "_deep": map[string]any{"list": []any{"x", map[string]any{"y": "z"}}}, "deep": []any{[]any{"x"}},
			},
		})
	}
	r.run(6 * time.Hour)
	for cb, err := range r.m.Search(r.ctx, callback.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		cb.Lease = callback.Lease{}
		records = append(records, cb)
	}
	return records, s.touched
}

// No plug-in can change a record, or what another plug-in sees, by what it is
// given.
func TestPlugInsGetCopies(t *testing.T) {
	for _, batch := range []bool{false, true} {
		t.Run(fmt.Sprintf("batch %v", batch), func(t *testing.T) {
			want, _ := life(t, batch, false)
			got, touched := life(t, batch, true)
			if len(want) != 7 {
				t.Fatalf("%d callbacks", len(want))
			}
			if d := cmp.Diff(want, got, cmpopts.EquateComparable(phonenum.Address{})); d != "" {
				t.Errorf("a plug-in changed records (-want +got):\n%s", d)
			}
			names := []string{"Release", "Dial", "Decided", "AttemptBegan", "AttemptEnded", "StoreCalled", "Ticked", "DialerChanged", "Unresolved", "AgentChanged"}
			if batch {
				names = append(names, "ReserveAny")
			} else {
				names = append(names, "Reserve", "Policy")
			}
			for _, name := range names {
				if touched[name] == 0 {
					t.Errorf("%s changed nothing", name)
				}
			}
		})
	}
}

// A host may change the slices and maps of a service after it was set, and of the
// service that a policy returns.
func TestPolicyOwnsItsService(t *testing.T) {
	service := callback.Service{
		Name: "desk", Numbers: callback.Numbers{Country: "CH", Countries: []string{"CH", "DE"}},
		SearchKeys: []string{"a", "b"}, RequiredKeys: []string{"b"}, Overwritable: []string{"_target"},
		Limits:  callback.Limits{Parameters: []string{"c"}, Throttles: []callback.Throttle{{Max: 1, Every: time.Minute}}},
		Preview: callback.Preview{Data: []string{"d"}}, Inbound: callback.Inbound{AccessNumbers: []string{swiss}},
	}
	p, err := callback.NewPolicy(service)
	if err != nil {
		t.Fatal(err)
	}
	want := p.Service()
	for _, s := range []callback.Service{service, p.Service()} {
		scribble(&s)
		if got := p.Service(); !reflect.DeepEqual(want, got) {
			t.Fatalf("the policy changed: %+v, want %+v", got, want)
		}
	}
}

// What the directory keeps is not what callers of ContactModes get.
func TestContactModesAreCopies(t *testing.T) {
	s := &scribbler{modes: []callback.ContactMode{{ID: "m1", Value: swiss, Callback: true}}}
	r := newRig(t, func(_ *callback.Service, c *manager.Config) { c.Contacts = s })
	for range 2 {
		modes, err := r.m.ContactModes(r.ctx, "a")
		if err != nil || len(modes) != 1 || modes[0].ID != "m1" {
			t.Fatalf("%+v, %v", modes, err)
		}
		scribble(modes)
	}
}

// Subscribers get events of their own.
func TestSubscribersGetCopies(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.run(time.Hour)
	before, _ := r.m.History(r.ctx, cb.ID)
	for e, err := range r.m.Events(r.ctx, manager.Subscription{Callback: cb.ID}) {
		if err != nil {
			t.Fatal(err)
		}
		last := e.To == callback.Completed
		if scribble(&e); last {
			break
		}
	}
	after, _ := r.m.History(r.ctx, cb.ID)
	scribble(after)
	again, _ := r.m.History(r.ctx, cb.ID)
	if d := cmp.Diff(before, again); d != "" {
		t.Errorf("the history changed (-want +got):\n%s", d)
	}
}

// An observer cannot change the error that a caller gets.
func TestObserverGetsErrorsOfItsOwn(t *testing.T) {
	refused := func(o callback.Observer) (code int, text string) {
		r := newRig(t, func(service *callback.Service, c *manager.Config) {
			c.Observer, service.Limits.SameNumber = o, 1
		})
		r.start(manager.Request{})
		_, err := r.try(manager.Request{})
		return callback.Code(err), fmt.Sprint(err)
	}
	code, text := refused(nil)
	if gotCode, got := refused(&scribbler{touched: make(map[string]int)}); code != 40001 || gotCode != code || got != text {
		t.Errorf("Start returned %q (%d), want %q (%d)", got, gotCode, text, code)
	}
}
