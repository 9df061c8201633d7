package manager_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store"
)

// chaos is one seeded history: Managers on one memory store, each behind faults
// of its own, a scripted telephone world, and customers, agents and operators
// who do anything at any time. What must hold is kept outside the system.
type chaos struct {
	t        *testing.T
	seed     uint64
	rnd      *rand.Rand
	ctx      context.Context
	clock    *callbacktest.Clock
	dialer   *callbacktest.Dialer
	inner    callback.Store
	faulty   []*callbacktest.FaultyStore
	managers []*manager.Manager
	router   *callbacktest.Router
	services *callback.Services
	class    string // of the dialer
	getFails bool

	ids       []callback.ID                   // accepted, for sure
	keys      []manager.Request               // requests with keys, repeated sometimes
	keyed     map[string]callback.ID          // what each key made
	cancelled map[callback.ID]int             // Cancel returned nil: the dials seen until then
	reasons   map[callback.ID]callback.Reason // of those seen completed
	redials   map[callback.ID]int             // operators' decisions to dial again
	desired   map[callback.ID]time.Time       // where a time was promised and never moved
	until     map[callback.ID]time.Time
}

func newChaos(t *testing.T, seed uint64) *chaos {
	c := &chaos{t: t, seed: seed, rnd: rand.New(rand.NewPCG(seed, 7)), ctx: t.Context(), clock: callbacktest.NewClock(monday()),
		inner: store.NewMemory(store.Config{}), keyed: map[string]callback.ID{}, cancelled: map[callback.ID]int{}, reasons: map[callback.ID]callback.Reason{},
		redials: map[callback.ID]int{}, desired: map[callback.ID]time.Time{}, until: map[callback.ID]time.Time{}}
	c.dialer = callbacktest.NewDialer(c.clock.Now)
	c.dialer.OnCall(func(call callback.Call) (callbacktest.Step, bool) { return c.step(), true })
	c.getFails = c.chance(50)
	c.class = []string{"lookup", "fenced", "blind"}[c.rnd.IntN(3)]
	var dialer callback.Dialer = c.dialer
	switch c.class {
	case "fenced":
		c.dialer.SetLimits(callback.DialerLimits{Fenced: true})
		dialer = c.dialer.Fenced()
	case "blind":
		dialer = c.dialer.Blind()
	}
	var err error
	if c.services, err = callback.NewServices(c.service("desk"), c.service("shop")); err != nil {
		t.Fatal(err)
	}
	ids := callbacktest.IDs("cb")
	if c.rnd.IntN(2) == 0 {
		c.router = callbacktest.NewRouter(1 + c.rnd.IntN(4))
	}
	for i := range 1 + c.rnd.IntN(3) {
		faulty := callbacktest.NewFaultyStore(c.inner)
		config := manager.Config{Store: faulty.Store(), Services: c.services, Dialer: dialer, Now: c.clock.Now, NewID: ids,
			Node: "n" + strconv.Itoa(i), Synchronous: true, Batch: 1 + c.rnd.IntN(20), Random: callbacktest.Random(seed),
			Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
		if c.router != nil {
			config.Router = c.router
		}
		m, err := manager.New(config)
		if err != nil {
			t.Fatal(err)
		}
		c.faulty, c.managers = append(c.faulty, faulty), append(c.managers, m)
	}
	c.dialer.Attach(c.managers[0])
	return c
}

func (c *chaos) chance(percent int) bool { return c.rnd.IntN(100) < percent }

func (c *chaos) service(name string) callback.Service {
	s := callback.Service{Name: name, Numbers: callback.Numbers{Country: "CH"}, Retention: 400 * 24 * time.Hour, MaskAfter: 30 * time.Minute}
	s.Queueing.Lines = callback.Limit(1 + c.rnd.IntN(5))
	if c.chance(30) {
		s.Queueing.CallsPerSecond = callback.Limit(1 + c.rnd.IntN(3))
	}
	if c.chance(30) {
		s.Preview = callback.Preview{On: true, Rejects: c.rnd.IntN(3), RejectRetry: time.Duration(c.rnd.IntN(60)) * time.Second, NotReady: c.chance(50)}
	}
	if c.chance(20) {
		s.Confirm = callback.Confirm{On: true, Strict: c.chance(50)}
	}
	if c.chance(20) && !s.Preview.On {
		s.Inbound = callback.Inbound{On: true, NoWait: c.chance(50), Codes: c.chance(30),
			AccessNumbers: []string{"+41445550001", "+41445550002"}, Timeout: time.Minute}
	}
	if c.chance(30) {
		s.Limits.AttemptsPerDay = callback.Limit(1 + c.rnd.IntN(4))
	}
	if c.chance(30) {
		s.Queueing.CannotDial, s.Queueing.MinWait = 10*time.Minute, time.Duration(c.rnd.IntN(90))*time.Second
	}
	if c.chance(20) {
		s.Dialing.AgentFirst = true
	}
	s.Dialing.RetryAgentLost = c.chance(50)
	s.Booking.PerBucket = callback.Limit(1 + c.rnd.IntN(3))
	s.Limits.SameNumber = []callback.Limit{2, 1, callback.NoLimit}[c.rnd.IntN(3)]
	s.Limits.Queued = callback.Limit(3 + c.rnd.IntN(20))
	s.Reminder = time.Duration(c.rnd.IntN(2)) * 5 * time.Minute
	s.Dialing.Retry, _ = scheduler.SimpleRetry(2, 2*time.Minute)
	return s
}

func (c *chaos) step() callbacktest.Step {
	var s callbacktest.Step
	switch c.rnd.IntN(12) {
	case 0:
		s = callbacktest.Busy()
	case 1:
		s = callbacktest.NoAnswer()
	case 2:
		s = callbacktest.Result(callback.CallResult(c.rnd.IntN(int(callback.ResultWrongNumber) + 1)))
	case 3:
		s = callbacktest.Refused()
	case 4:
		s = callbacktest.Throttled(time.Duration(1+c.rnd.IntN(60)) * time.Second)
	case 5:
		s = callbacktest.Lost(nil)
	case 6:
		s = callbacktest.Vanished()
	case 7:
		s = callbacktest.Abandoned(20 * time.Second)
	case 8:
		s = callbacktest.Crashed("boom")
	default:
		s = callbacktest.Answered(time.Duration(1+c.rnd.IntN(600)) * time.Second)
	}
	for _, quirk := range []callbacktest.Quirk{callbacktest.Twice, callbacktest.Backwards, callbacktest.Stray, callbacktest.Mute,
		callbacktest.StagesOnly, callbacktest.FinalOnly, callbacktest.Early, callbacktest.Forgotten} {
		if c.chance(6) {
			s = s.With(quirk)
		}
	}
	for _, change := range []func(callbacktest.Step) callbacktest.Step{
		func(s callbacktest.Step) callbacktest.Step { return s.Fails(nil) },
		func(s callbacktest.Step) callbacktest.Step { return s.Panics("boom") },
		func(s callbacktest.Step) callbacktest.Step {
			return s.Late(time.Duration(c.rnd.IntN(7200)) * time.Second)
		},
		func(s callbacktest.Step) callbacktest.Step {
			return s.Delayed(time.Duration(c.rnd.IntN(25)) * time.Second)
		},
		func(s callbacktest.Step) callbacktest.Step { return s.LookupFails(errors.New("down")) },
		func(s callbacktest.Step) callbacktest.Step { return s.HangupFails(errors.New("down")) },
	} {
		if c.chance(6) {
			s = change(s)
		}
	}
	return s
}

func (c *chaos) any() *manager.Manager { return c.managers[c.rnd.IntN(len(c.managers))] }

func (c *chaos) id() callback.ID {
	if len(c.ids) == 0 {
		return "cb000001"
	}
	return c.ids[c.rnd.IntN(len(c.ids))]
}

func (c *chaos) run() {
	for i, f := range c.faulty {
		rate := float64(c.rnd.IntN(5)) / 100
		f.Randomly(c.seed+uint64(i), callbacktest.Rates{Before: rate, After: rate, Unknown: rate / 2, Cancel: rate / 2,
			Methods: c.faultyMethods()})
	}
	for range 400 {
		switch c.rnd.IntN(6) {
		case 0, 1:
			c.request()
		case 2:
			c.advance()
		case 3:
			_, _ = c.dialer.Advance(c.ctx, c.clock.Now(), c.any())
		default:
			c.tick()
		}
		c.look()
	}
	for _, f := range c.faulty {
		f.Heal()
	}
	// Without faults every callback must end. An operator who knows what happened
	// resolves the attempts whose outcome the dialer does not know.
	for range 60 {
		d := callbacktest.Driver{Engine: c.managers[0], Clock: c.clock, Dialer: c.dialer, Poll: 10 * time.Second}
		for _, m := range c.managers[1:] {
			d.Others = append(d.Others, m)
		}
		if _, err := d.Run(c.ctx, c.clock.Now().Add(2*time.Hour)); err != nil {
			c.t.Fatalf("healing: %v", err)
		}
		c.look()
		if !c.operate() {
			break
		}
	}
	c.verify()
}

// faultyMethods leaves Get out half of the time.
func (c *chaos) faultyMethods() []callbacktest.Method {
	methods := []callbacktest.Method{callbacktest.MethodApply, callbacktest.MethodClaim, callbacktest.MethodLoad, callbacktest.MethodCount}
	if c.getFails {
		methods = append(methods, callbacktest.MethodGet)
	}
	return methods
}

func (c *chaos) advance() {
	d := time.Duration(c.rnd.IntN(30000)) * time.Millisecond
	if c.chance(10) {
		d = time.Duration(c.rnd.IntN(3600)) * time.Second
	}
	c.clock.Advance(d)
}

func (c *chaos) tick() {
	m := c.any()
	done := make(chan any, 1)
	ctx, cancel := context.WithTimeout(c.ctx, 20*time.Second)
	defer cancel()
	go func() {
		defer func() { done <- recover() }()
		_, _ = m.Tick(ctx, c.clock.Now())
	}()
	if v := <-done; v != nil {
		c.t.Fatalf("Tick panicked: %v", v)
	}
	if ctx.Err() != nil {
		c.t.Fatal("Tick does not end")
	}
}

func (c *chaos) request() {
	m, id := c.any(), c.id()
	switch c.rnd.IntN(12) {
	case 0, 1, 2, 3:
		c.start(m)
	case 4:
		cb, err := m.Cancel(c.ctx, manager.CancelRequest{ID: id, Force: c.chance(10)})
		if err == nil && cb.State == callback.Completed {
			c.cancelled[id] = c.dials(id)
		} else if err == nil {
			c.t.Errorf("Cancel returned nil and %v", cb.State)
		}
	case 5:
		req := manager.RescheduleRequest{ID: id, Desired: c.clock.Now().Add(time.Duration(c.rnd.IntN(180)) * time.Minute)}
		_, err := m.Reschedule(c.ctx, req)
		if err == nil || errors.Is(err, callback.ErrOutcomeUnknown) {
			delete(c.desired, id)
		}
	case 6:
		set := callback.Values{"note": c.rnd.IntN(100)}
		if c.chance(30) {
			set["_customer_number"] = c.number()
		}
		_, _ = m.Update(c.ctx, manager.UpdateRequest{ID: id, Set: set})
	case 7, 8:
		answer := callback.OfferAnswer(1 + c.rnd.IntN(4))
		if offered := c.search(callback.Offered); len(offered) > 0 {
			id = offered[c.rnd.IntN(len(offered))].ID
		}
		_, _ = m.Answer(c.ctx, manager.AnswerRequest{ID: id, Answer: answer})
	case 9:
		if unresolved := c.search(callback.Unresolved); len(unresolved) > 0 {
			c.resolve(m, unresolved[c.rnd.IntN(len(unresolved))])
		}
	case 10:
		_, _ = m.SearchPage(c.ctx, callback.Query{Number: c.number(), Services: []string{"desk"}})
		_, _ = m.History(c.ctx, id)
	case 11:
		n := 1 + c.rnd.IntN(2)
		_ = m.Report(c.ctx, callback.Report{Key: callback.NewAttemptKey(id, n), Stage: callback.StagePlaced})
	}
}

func (c *chaos) number() string { return fmt.Sprintf("+4178555%04d", 6600+c.rnd.IntN(12)) }

func (c *chaos) start(m *manager.Manager) {
	now := c.clock.Now()
	req := manager.Request{Service: []string{"desk", "shop"}[c.rnd.IntN(2)], Number: c.number(), Priority: scheduler.Priority(c.rnd.IntN(9))}
	switch c.rnd.IntN(4) {
	case 0:
		req.Desired = now.Add(time.Duration(c.rnd.IntN(180)) * time.Minute)
	case 1:
		req.Desired = now.Add(time.Duration(c.rnd.IntN(300)) * time.Second)
	}
	if c.chance(20) {
		req.Until = now.Add(time.Duration(1+c.rnd.IntN(240)) * time.Minute)
	}
	if c.chance(20) {
		req.Retry = &callback.RetryLimits{MaxAttempts: 1 + c.rnd.IntN(4), Delay: time.Duration(c.rnd.IntN(120)) * time.Second}
	}
	if c.chance(40) {
		req.Key = "k" + strconv.Itoa(len(c.keys))
		c.keys = append(c.keys, req)
	} else if len(c.keys) > 0 && c.chance(30) {
		req = c.keys[c.rnd.IntN(len(c.keys))]
	}
	cb, err := m.Start(c.ctx, req)
	if err != nil {
		if cb != nil {
			c.t.Errorf("Start returned both %v and %v", cb, err)
		}
		return
	}
	if req.Key != "" {
		if before, ok := c.keyed[req.Key]; ok && before != cb.ID {
			c.t.Errorf("key %s made %s and %s", req.Key, before, cb.ID)
		}
		c.keyed[req.Key] = cb.ID
	}
	if !slices.Contains(c.ids, cb.ID) {
		c.ids = append(c.ids, cb.ID)
		c.until[cb.ID] = req.Until
		if !req.Desired.IsZero() && cb.Revision == 1 {
			c.desired[cb.ID] = req.Desired
		}
	}
}

func (c *chaos) search(state callback.State) []*callback.Callback {
	page, err := c.inner.Search(c.ctx, callback.Query{States: []callback.State{state}, Limit: 1000})
	if err != nil {
		c.t.Fatal(err)
	}
	return page.Callbacks
}

func (c *chaos) dials(id callback.ID) int {
	n := 0
	for _, call := range c.dialer.Dials() {
		if call.ID == id {
			n++
		}
	}
	return n
}

// resolve says the truth about an unresolved callback; false when it cannot be
// said yet.
func (c *chaos) resolve(m *manager.Manager, cb *callback.Callback) bool {
	r := manager.Resolution{ID: cb.ID, Actor: "op", Outcome: callback.Outcome{Certainty: callback.NotPlaced, Result: callback.ResultSystemError}}
	if a := cb.Current(); a != nil && a.Live() {
		for _, call := range c.dialer.Dials() {
			if call.Key != a.Key || !call.Placed {
				continue
			}
			if call.Ended.IsZero() {
				return false // on its way, or up
			}
			r.Outcome = callback.Outcome{Certainty: callback.Known, Result: call.Result, Reached: call.Stage}
		}
	}
	if c.chance(20) {
		r.Redial = true
	}
	_, err := m.Resolve(c.ctx, r)
	if r.Redial && (err == nil || errors.Is(err, callback.ErrOutcomeUnknown)) {
		c.redials[cb.ID]++
	}
	return err == nil
}

// operate works through what waits for an operator; false when nothing is left
// to do.
func (c *chaos) operate() bool {
	left := false
	for _, state := range callback.States()[:8] {
		for _, cb := range c.search(state) {
			left = true
			if cb.State == callback.Unresolved && cb.NextAt.IsZero() {
				c.resolve(c.managers[0], cb)
			} else if cb.NextAt.IsZero() {
				c.t.Errorf("%s is %v and nothing is due", cb.ID, cb.State)
			}
		}
	}
	return left
}

// look checks what must hold at every moment.
func (c *chaos) look() {
	for cb, err := range searchAll(c.ctx, c.inner) {
		if err != nil {
			c.t.Fatal(err)
		}
		if reason, ok := c.reasons[cb.ID]; ok && (cb.State != callback.Completed || cb.Reason != reason) {
			c.t.Errorf("%s was completed with %v and is %v %v", cb.ID, reason, cb.State, cb.Reason)
		}
		if cb.State == callback.Completed {
			c.reasons[cb.ID] = cb.Reason
			if cb.Reservation != nil || len(cb.Held) != 0 {
				c.t.Errorf("%s is completed and holds %v %v", cb.ID, cb.Held, cb.Reservation)
			}
		}
		if cb.NextAt.IsZero() && cb.State != callback.Unresolved {
			c.t.Errorf("%s is %v and nothing is due", cb.ID, cb.State)
		}
	}
}

func searchAll(ctx context.Context, s callback.Store) func(func(*callback.Callback, error) bool) {
	return func(yield func(*callback.Callback, error) bool) {
		page, err := s.Search(ctx, callback.Query{Limit: 1000})
		if err != nil {
			yield(nil, err)
		}
		for _, cb := range page.Callbacks {
			if !yield(cb, nil) {
				return
			}
		}
	}
}

func (c *chaos) verify() {
	now := c.clock.Now()
	callbacktest.VerifyAudit(c.t, c.inner)
	callbacktest.VerifyPermits(c.t, c.inner, now, "")
	callbacktest.RequireNoDoubles(c.t, c.dialer, callbacktest.DoubleKey, callbacktest.DoubleCallback)
	for id, n := range c.cancelled {
		if more := c.dials(id); more != n {
			c.t.Errorf("%s was dialled %d times after Cancel returned nil", id, more-n)
		}
	}
	known := map[callback.ID]*callback.Callback{}
	for cb := range searchAll(c.ctx, c.inner) {
		known[cb.ID] = cb
		if cb.State != callback.Completed {
			c.t.Errorf("%s is left %v, due %v, held %v, lost %d: %s", cb.ID, cb.State, cb.NextAt, cb.Held, cb.LostLeases, cb.Detail)
		}
		most := 3
		if cb.Retry != nil {
			most = cb.Retry.MaxAttempts
		}
		placed := 0
		for _, a := range cb.Attempts {
			if a.Outcome.Certainty != callback.NotPlaced {
				placed++
			}
		}
		if placed > most+c.redials[cb.ID] {
			c.t.Errorf("%s was placed %d times, at most %d", cb.ID, placed, most)
			c.dump(cb.ID)
		}
		if c.router != nil {
			if _, ok := c.router.Reserved("")[cb.ID]; ok {
				c.t.Errorf("%s is %v and keeps an agent", cb.ID, cb.State)
			}
		}
	}
	for _, id := range c.ids {
		if known[id] == nil {
			c.t.Errorf("%s was accepted and is gone", id)
		}
	}
	for _, call := range c.dialer.Dials() {
		if d, ok := c.desired[call.ID]; ok && call.Dialed.Before(d.Add(-180*time.Second)) {
			c.t.Errorf("%s was dialled %v before its time", call.Key, d.Sub(call.Dialed))
		}
		if u := c.until[call.ID]; !u.IsZero() && !call.Dialed.Before(u) {
			c.t.Errorf("%s was dialled %v after its end", call.Key, call.Dialed.Sub(u))
		}
	}
}

// TestChaos plays 40 histories, 4 with -short. CHAOS_SEEDS sets the number and
// CHAOS_SEED the first seed.
func TestChaos(t *testing.T) {
	seeds := uint64(40)
	if testing.Short() {
		seeds = 4
	}
	first, n := number("CHAOS_SEED", 1), number("CHAOS_SEEDS", seeds)
	if os.Getenv("CHAOS_SEED") != "" && os.Getenv("CHAOS_SEEDS") == "" {
		n = 1
	}
	for seed := first; seed < first+n; seed++ {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			newChaos(t, seed).run()
		})
	}
}

func number(env string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(env), 10, 64); err == nil {
		return n
	}
	return otherwise
}

func (c *chaos) dump(id callback.ID) {
	events, _ := c.managers[0].History(c.ctx, id)
	for _, e := range events {
		c.t.Logf("  %v %s %v->%v a%d %v %v next %v by %s: %s", e.At.Sub(monday()), e.Type, e.From, e.To, e.Attempt, e.Result, e.Certainty, e.Next.Sub(monday()), e.Actor, e.Detail)
	}
}
