package callbacktest

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
)

// FaultyStore injects faults into the calls of a store, by rules
// ([FaultyStore.Inject]) or at random ([FaultyStore.Randomly]). A Manager gets
// [FaultyStore.Store]. Injected errors follow the rules of [callback.Store]: only a call that
// fails with ErrOutcomeUnknown may have had an effect. A [Fault] can set an error
// that breaks them.
//
// All methods are safe for concurrent use. The same calls in the same order get the
// same faults.
type FaultyStore struct {
	inner callback.Store

	mu       sync.Mutex
	rules    []*rule
	rates    Rates
	random   *rand.Rand
	calls    [methods]int
	injected []Injected
}

// NewFaultyStore returns a store without faults around inner.
func NewFaultyStore(inner callback.Store) *FaultyStore { return &FaultyStore{inner: inner} }

// Store returns the store that injects the faults. It implements
// [callback.ClockStore], [callback.NotifyingStore] and [callback.PausingStore] if the
// inner store does.
func (f *FaultyStore) Store() callback.Store {
	if pauser, ok := unwrap.As[callback.PausingStore](f.inner); ok {
		return f.pausing(faultyPauser{f, pauser})
	}
	store := faulty{f}
	clock, isClock := unwrap.As[callback.ClockStore](f.inner)
	notifier, isNotifier := unwrap.As[callback.NotifyingStore](f.inner)
	switch {
	case isClock && isNotifier:
		return struct {
			faulty
			faultyClock
			faultyNotifier
		}{store, faultyClock{f, clock}, faultyNotifier{f, notifier}}
	case isClock:
		return struct {
			faulty
			faultyClock
		}{store, faultyClock{f, clock}}
	case isNotifier:
		return struct {
			faulty
			faultyNotifier
		}{store, faultyNotifier{f, notifier}}
	}
	return store
}

// pausing returns the view of an inner store that implements PausingStore.
func (f *FaultyStore) pausing(p faultyPauser) callback.Store {
	type both struct {
		faulty
		faultyPauser
	}
	store := both{faulty{f}, p}
	clock, isClock := unwrap.As[callback.ClockStore](f.inner)
	notifier, isNotifier := unwrap.As[callback.NotifyingStore](f.inner)
	switch {
	case isClock && isNotifier:
		return struct {
			both
			faultyClock
			faultyNotifier
		}{store, faultyClock{f, clock}, faultyNotifier{f, notifier}}
	case isClock:
		return struct {
			both
			faultyClock
		}{store, faultyClock{f, clock}}
	case isNotifier:
		return struct {
			both
			faultyNotifier
		}{store, faultyNotifier{f, notifier}}
	}
	return store
}

// Inject adds rules. The first rule that matches a call determines its fault; all
// rules that match count the call.
func (f *FaultyStore) Inject(faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range faults {
		f.rules = append(f.rules, &rule{Fault: fault})
	}
}

// Delay makes every call of the methods take d longer, until [FaultyStore.Heal]. A
// call whose context ends goes on at once. It waits on the real clock:
// call it in a bubble of package testing/synctest. The delay is a rule of
// [FaultyStore.Inject]: a rule that was injected before it has precedence.
func (f *FaultyStore) Delay(d time.Duration, of ...Method) {
	for _, method := range of {
		f.Inject(Fault{Method: method, Times: -1, Hook: func(ctx context.Context, _ Op) {
			timer := time.NewTimer(d)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
		}})
	}
}

// Randomly injects faults at the given rates into calls that match no rule. The same
// seed gives the same faults for the same calls in the same order.
func (f *FaultyStore) Randomly(seed uint64, rates Rates) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rates, f.random = rates, newRand(seed)
}

// Heal removes all rules and rates.
func (f *FaultyStore) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules, f.random = nil, nil
}

// Count returns the number of calls of a method, including failed ones. AnyMethod
// stands for all methods of callback.Store.
func (f *FaultyStore) Count(m Method) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m >= methods {
		return 0
	}
	if m != AnyMethod {
		return f.calls[m]
	}
	sum := 0
	for _, n := range f.calls[MethodApply:MethodNow] {
		sum += n
	}
	return sum
}

// Injected lists the faults applied so far in order, including those that only
// called a hook.
func (f *FaultyStore) Injected() []Injected {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.injected)
}

// meet counts a call and returns its fault.
func (f *FaultyStore) meet(op Op) (Fault, Op) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[op.Method]++
	op.N = f.calls[op.Method]
	var hit *Fault
	for _, r := range f.rules {
		if r.matches(op) && hit == nil {
			hit = &r.Fault
		}
	}
	if hit == nil && f.random != nil && f.rates.concerns(op.Method) {
		if fault, ok := f.rates.draw(f.random.Float64()); ok {
			hit = &fault
		}
	}
	if hit == nil {
		return Fault{}, op
	}
	done := Injected{Method: op.Method, N: op.N, Kind: hit.Kind}
	if hit.Kind == FailBefore || hit.Kind == FailAfter {
		done.Err = hit.err()
	}
	f.injected = append(f.injected, done)
	return *hit, op
}

// enter returns the fault of a call and the context for the call, and calls the hook
// of the fault.
func (f *FaultyStore) enter(ctx context.Context, op Op) (Fault, context.Context) {
	fault, op := f.meet(op)
	if fault.Hook != nil {
		fault.Hook(ctx, op)
	}
	if fault.Kind == Cancel {
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		return fault, cancelled
	}
	return fault, ctx
}

// through makes a call that has one result.
func through[T any](ctx context.Context, f *FaultyStore, op Op, call func(context.Context) (T, error)) (T, error) {
	var nothing T
	fault, ctx := f.enter(ctx, op)
	if fault.Kind == FailBefore {
		return nothing, fault.err()
	}
	result, err := call(ctx)
	if err == nil && fault.Kind == FailAfter {
		return nothing, fault.err()
	}
	return result, err
}

// faulty is the view of a FaultyStore as a callback.Store.
type faulty struct{ f *FaultyStore }

func (s faulty) Apply(ctx context.Context, now time.Time, changes []callback.Change) ([]error, error) {
	fault, ctx := s.f.enter(ctx, Op{Method: MethodApply, Changes: changes})
	if fault.Change != nil && (fault.Kind == FailBefore || fault.Kind == FailAfter) {
		return s.applySome(ctx, now, changes, fault)
	}
	if fault.Kind == FailBefore {
		return nil, fault.err()
	}
	errs, err := s.f.inner.Apply(ctx, now, changes)
	if err == nil && fault.Kind == FailAfter {
		return nil, fault.err()
	}
	return errs, err
}

// applySome fails the changes that the fault selects and makes the others.
func (s faulty) applySome(ctx context.Context, now time.Time, changes []callback.Change, fault Fault) ([]error, error) {
	var passed []callback.Change
	var places []int
	errs := make([]error, len(changes))
	for i, c := range changes {
		hit := fault.Change(c)
		if hit {
			errs[i] = fault.err()
		}
		if !hit || fault.Kind == FailAfter {
			passed, places = append(passed, c), append(places, i)
		}
	}
	if len(passed) == 0 {
		return errs, nil
	}
	inner, err := s.f.inner.Apply(ctx, now, passed)
	if err != nil {
		return nil, err
	}
	for j, i := range places {
		if inner != nil && inner[j] != nil {
			errs[i] = inner[j]
		}
	}
	return errs, nil
}

func (s faulty) Get(ctx context.Context, by callback.By) (*callback.Callback, error) {
	return through(ctx, s.f, Op{Method: MethodGet}, func(ctx context.Context) (*callback.Callback, error) {
		return s.f.inner.Get(ctx, by)
	})
}

func (s faulty) Claim(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
	return through(ctx, s.f, Op{Method: MethodClaim, Claim: req}, func(ctx context.Context) (callback.Claimed, error) {
		return s.f.inner.Claim(ctx, now, req)
	})
}

func (s faulty) Search(ctx context.Context, q callback.Query) (callback.Page, error) {
	return through(ctx, s.f, Op{Method: MethodSearch}, func(ctx context.Context) (callback.Page, error) {
		return s.f.inner.Search(ctx, q)
	})
}

func (s faulty) Count(ctx context.Context, q callback.Query) ([]callback.Group, error) {
	return through(ctx, s.f, Op{Method: MethodCount}, func(ctx context.Context) ([]callback.Group, error) {
		return s.f.inner.Count(ctx, q)
	})
}

func (s faulty) Load(ctx context.Context, now time.Time, req callback.LoadRequest) ([]callback.Counter, error) {
	return through(ctx, s.f, Op{Method: MethodLoad}, func(ctx context.Context) ([]callback.Counter, error) {
		return s.f.inner.Load(ctx, now, req)
	})
}

func (s faulty) Events(ctx context.Context, q callback.EventQuery) (callback.EventPage, error) {
	return through(ctx, s.f, Op{Method: MethodEvents}, func(ctx context.Context) (callback.EventPage, error) {
		return s.f.inner.Events(ctx, q)
	})
}

func (s faulty) Erase(ctx context.Context, now time.Time, req callback.EraseRequest) ([]error, error) {
	return through(ctx, s.f, Op{Method: MethodErase}, func(ctx context.Context) ([]error, error) {
		return s.f.inner.Erase(ctx, now, req)
	})
}

type faultyClock struct {
	f     *FaultyStore
	inner callback.ClockStore
}

func (c faultyClock) Now(ctx context.Context) (time.Time, error) {
	return through(ctx, c.f, Op{Method: MethodNow}, c.inner.Now)
}

type faultyNotifier struct {
	f     *FaultyStore
	inner callback.NotifyingStore
}

// Notify passes signals on. FailBefore and Cancel drop a signal, FailAfter repeats it.
func (n faultyNotifier) Notify(hint func()) (stop func()) {
	return n.inner.Notify(func() {
		fault, _ := n.f.enter(context.Background(), Op{Method: MethodNotify})
		switch fault.Kind {
		case FailBefore, Cancel:
			return
		case FailAfter:
			hint()
		}
		hint()
	})
}

type faultyPauser struct {
	f     *FaultyStore
	inner callback.PausingStore
}

func (p faultyPauser) SetPause(ctx context.Context, pause callback.Pause, on bool) error {
	_, err := through(ctx, p.f, Op{Method: MethodSetPause}, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, p.inner.SetPause(ctx, pause, on)
	})
	return err
}

func (p faultyPauser) Pauses(ctx context.Context, tenant string, allTenants bool) ([]callback.Pause, error) {
	return through(ctx, p.f, Op{Method: MethodPauses}, func(ctx context.Context) ([]callback.Pause, error) {
		return p.inner.Pauses(ctx, tenant, allTenants)
	})
}
