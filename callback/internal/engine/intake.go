package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/patience"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// Intake creates and changes callbacks. A Manager has one, and each of its views
// of a transaction has another.
type Intake struct {
	Config   Config
	Store    callback.Store
	Clock    callback.ClockStore // the store, or nil if it has no clock
	Log      *slog.Logger
	wake     chan struct{}
	Feed     *broadcast
	Life     *lifetime
	policies *policies
	agents   *agents
	tally    *tally
	handouts *handouts
}

// Wake makes Run look for work at once; see Manager.Wake.
func (m *Intake) Wake() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Now returns the time a public method decides by: the store's clock if it has
// one, so that all nodes decide by the same clock, else Config.Now.
func (m *Intake) Now(ctx context.Context) (time.Time, error) {
	if m.Clock == nil {
		return m.Config.Now(), nil
	}
	ctx, end := patience.Call(ctx)
	t, err := m.Clock.Now(ctx)
	end(err)
	if err != nil {
		return time.Time{}, fmt.Errorf("asking the store for the time: %w", err)
	}
	return t, nil
}

// Policy returns the policy of a service, or callback.ErrInvalidParameter if the
// tenant has no such service.
func (m *Intake) Policy(ctx context.Context, tenant, name string) (*decide.Policy, error) {
	p, err := m.Config.Services.Policy(ctx, tenant, name)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, callback.UnknownService(name)
	}
	return m.policies.prepared(ServiceKey{tenant, name}, p), nil
}

// Orphans says what happens to callbacks whose service no longer exists.
type Orphans bool

// What PolicyOf does for an orphan.
const (
	RefuseOrphans Orphans = false // callback.ErrConfiguration
	AdoptOrphans  Orphans = true  // the defaults of a service apply
)

// PolicyOf returns the policy of a stored callback.
func (m *Intake) PolicyOf(ctx context.Context, cb *callback.Callback, orphans Orphans) (*decide.Policy, error) {
	p, err := m.Policy(ctx, cb.Tenant, cb.Service)
	switch {
	case err == nil:
		return p, nil
	case orphans == AdoptOrphans && errors.Is(err, callback.ErrInvalidParameter):
		// The country is required and has no effect: no number is read.
		p, err := callback.NewPolicy(callback.Service{Name: cb.Service, Numbers: callback.Numbers{Country: "US"}})
		if err != nil {
			return nil, err
		}
		return m.policies.prepare(p), nil
	case errors.Is(err, callback.ErrInvalidParameter):
		return nil, decide.Misconfigured("service", fmt.Sprintf("%q of callback %s is not known", cb.Service, cb.ID))
	}
	return nil, err
}

// MaxConflicts is how often a change is decided again because another change of
// the same callback came first.
const MaxConflicts = 64

// Mutate is Alter with RefuseOrphans.
func (m *Intake) Mutate(ctx context.Context, tenant string, id callback.ID, decide func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error)) (*callback.Callback, error) {
	return m.Alter(ctx, tenant, id, RefuseOrphans, decide)
}

// Alter reads a callback, calls decide to make a draft of it, writes the draft
// and returns the callback as written. If another change comes first it starts
// over, MaxConflicts times; then it returns callback.ErrConflict. A nil draft
// leaves the callback as it is.
func (m *Intake) Alter(ctx context.Context, tenant string, id callback.ID, orphans Orphans, decide func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error)) (*callback.Callback, error) {
	var last error
	for range MaxConflicts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		cb, now, err := m.read(ctx, tenant, id)
		if err != nil {
			return nil, err
		}
		policy, err := m.PolicyOf(ctx, cb, orphans)
		if err != nil {
			return nil, err
		}
		d, err := decide(cb, policy, now)
		if err != nil {
			return nil, err
		}
		if d == nil {
			return cb, nil
		}
		err = m.Commit(ctx, d)
		if err == nil {
			return d.Callback, nil
		}
		if !errors.Is(err, callback.ErrConflict) {
			return nil, err
		}
		last = err
	}
	return nil, last
}

// read returns a callback and the time at which it was read.
func (m *Intake) read(ctx context.Context, tenant string, id callback.ID) (*callback.Callback, time.Time, error) {
	ctx, cancel := m.oneCall(ctx)
	defer cancel()
	now, err := m.Now(ctx)
	if err != nil {
		return nil, now, err
	}
	cb, err := m.Store.Get(ctx, callback.By{Tenant: tenant, ID: id})
	return cb, now, err
}

// perCall marks a context whose end is set for each call of the store.
type perCall struct{}

// lasting returns a context that outlives ctx, for work of several calls of the
// store that must be finished even if the caller gives up. Each call has
// Config.StoreTimeout: a store that needs most of it still gets the work done.
func (m *Intake) lasting(ctx context.Context) context.Context {
	return context.WithValue(context.WithoutCancel(ctx), perCall{}, true)
}

// oneCall bounds a call of the store if its context is from lasting.
func (m *Intake) oneCall(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Value(perCall{}) == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, m.Config.StoreTimeout)
}

// Detached returns a context that outlives ctx, for one call of the store or of a
// plug-in that must be finished even if the caller gives up. It ends after
// Config.StoreTimeout.
func (m *Intake) Detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), m.Config.StoreTimeout)
}

// LogError logs an error with phone numbers masked. The panic of a host's code
// comes with its value and its stack.
func (m *Intake) LogError(ctx context.Context, level slog.Level, message string, err error, attrs ...slog.Attr) {
	attrs = append(attrs, slog.String("error", text.RedactError(err)))
	var panicked *callback.PanicError
	if errors.As(err, &panicked) {
		attrs = append(attrs, slog.String("panic", text.Redact(fmt.Sprint(panicked.Value))), slog.String("stack", text.Redact(string(panicked.Stack))))
	}
	m.Log.LogAttrs(ctx, level, message, attrs...)
}

// logService is LogError of what concerns a whole service.
func (m *Intake) logService(ctx context.Context, key ServiceKey, message string, err error) {
	m.LogError(ctx, slog.LevelError, message, err, slog.String("tenant", key.Tenant), slog.String("service", key.Name))
}

// logCallback is LogError of what concerns one callback.
func (m *Intake) logCallback(ctx context.Context, level slog.Level, message string, cb *callback.Callback, err error) {
	m.LogError(ctx, level, message, err, slog.String("tenant", cb.Tenant), slog.String("callback", string(cb.ID)))
}

// logAttempt is LogError of what concerns one attempt.
func (m *Intake) logAttempt(ctx context.Context, level slog.Level, message string, tenant string, key callback.AttemptKey, err error, attrs ...slog.Attr) {
	attrs = append([]slog.Attr{slog.String("tenant", tenant), slog.String("attempt", string(key))}, attrs...)
	m.LogError(ctx, level, message, err, attrs...)
}

// Start stores a new callback for tenant; see Manager.Start.
func (m *Intake) Start(ctx context.Context, tenant string, in decide.StartInput) (*callback.Callback, error) {
	cb, err := m.start(ctx, tenant, in)
	if err != nil {
		r := callback.NewRefusal("start", err)
		r.Tenant, r.Service = tenant, m.ServiceNamed(ctx, tenant, in.Service)
		m.Refuse(ctx, r)
	}
	return cb, err
}

func (m *Intake) start(ctx context.Context, tenant string, in decide.StartInput) (*callback.Callback, error) {
	req := decide.Start{Tenant: tenant, StartInput: in}
	if err := m.Life.Check(); err != nil {
		return nil, err
	}
	if err := req.Check(); err != nil {
		return nil, err
	}
	now, err := m.Now(ctx)
	if err != nil {
		return nil, err
	}
	hash := ""
	if req.Key != "" {
		if hash, err = req.Digest(); err != nil {
			return nil, err
		}
		if cb, err := m.repeated(ctx, req, hash); cb != nil || err != nil {
			return cb, err
		}
	}
	policy, err := m.Redirect(ctx, &req)
	if err != nil {
		return nil, err
	}
	// The creation of a copy is refused when its source has changed since it was
	// read: then the source is read again.
	var read *callback.Precondition
	var refused error
	for range MaxConflicts {
		filled := req
		source, err := m.fillFromCopy(ctx, &filled)
		if err != nil {
			return nil, err
		}
		if refused != nil && *source == *read {
			break
		}
		if err := m.fillFromContact(ctx, &filled, policy); err != nil {
			return nil, err
		}
		d, err := m.prepare(ctx, &filled, policy, now)
		if err != nil {
			return nil, err
		}
		d.Callback.Idempotency = callback.Idempotency{Key: req.Key, Hash: hash}
		d.Source = source
		cb, err := m.create(ctx, filled, d)
		if source == nil || !errors.Is(err, callback.ErrConflict) && !errors.Is(err, callback.ErrNotFound) {
			return cb, err
		}
		read, refused = source, err
	}
	return nil, refused
}

// create writes d. If the request's key turns out to belong to another callback,
// create returns that one, provided that the same request made it.
func (m *Intake) create(ctx context.Context, req decide.Start, d *decide.Draft) (*callback.Callback, error) {
	err := m.book(ctx, d)
	switch {
	case err == nil:
		return d.Callback, nil
	case req.Key != "" && (errors.Is(err, callback.ErrConflict) || errors.Is(err, callback.ErrOutcomeUnknown)):
		// A request with the same key came first, or this write did happen.
		cb, findErr := m.repeated(ctx, req, d.Callback.Idempotency.Hash)
		switch {
		case cb != nil || errors.Is(findErr, callback.ErrKeyReuse):
			return cb, findErr
		case findErr != nil:
			return nil, errors.Join(err, findErr)
		}
	}
	return nil, m.ExplainRefusal(ctx, d, err)
}

// book writes d. A callback whose customer is to call in gets the first free
// access number of the service.
func (m *Intake) book(ctx context.Context, d *decide.Draft) error {
	if d.Callback.State != callback.Offered || d.Callback.Offer.Kind != callback.OfferBooking {
		return m.Commit(ctx, d)
	}
	return m.bookAccess(ctx, d)
}

// repeated returns the callback that an earlier request with the same key and
// digest made, or nil. The same key with another digest is ErrKeyReuse.
func (m *Intake) repeated(ctx context.Context, req decide.Start, hash string) (*callback.Callback, error) {
	cb, err := m.Store.Get(ctx, callback.By{Tenant: req.Tenant, Key: req.Key})
	if errors.Is(err, callback.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if cb.Idempotency.Hash != hash {
		return nil, fmt.Errorf("key %q: %w", text.Clip(req.Key), callback.ErrKeyReuse)
	}
	return cb, nil
}

// prepare makes the draft of a new callback: it identifies the customer, checks
// the time, lists the permits to take and enters the first state.
func (m *Intake) prepare(ctx context.Context, req *decide.Start, p *decide.Policy, now time.Time) (*decide.Draft, error) {
	d := decide.FirstDraft(req, p, now)
	cb := d.Callback
	if err := decide.Identify(&req.StartInput, d); err != nil {
		return nil, err
	}
	if err := p.SetTime(&req.StartInput, cb, now, m.Position(ctx, now, p, cb.Tenant)); err != nil {
		return nil, m.Propose(ctx, p, cb, err, now)
	}
	decide.Permits(&req.StartInput, d)
	decide.Enter(&req.StartInput, d)
	if cb.ID = m.Config.NewID(); !cb.ID.Valid() {
		return nil, fmt.Errorf("identifier %q is not 1 to %d letters, digits, '_' and '-'", cb.ID, text.MaxName)
	}
	return d, ctx.Err()
}

// watchedStore bounds each call of a store by the patience of the request, and tells
// the observer of it.
type watchedStore struct {
	callback.Store
	intake *Intake
}

// Unwrap returns the store, for its optional interfaces.
func (s *watchedStore) Unwrap() callback.Store { return s.Store }

// storeCall is a call of a method of the store.
type storeCall struct {
	intake *Intake
	ctx    context.Context // the caller's, for the observer
	method string
	began  time.Time // zero without an observer
	end    func(err error)
}

// call begins a call of a method and returns its context.
func (s *watchedStore) call(ctx context.Context, method string) (context.Context, storeCall) {
	c := storeCall{intake: s.intake, ctx: ctx, method: method}
	if s.intake.Config.Observer != nil {
		c.began = s.intake.Config.Now()
	}
	ctx, c.end = patience.Call(ctx)
	return ctx, c
}

// done ends the call and reports it.
func (c storeCall) done(items int, err error) {
	c.end(err)
	if c.intake.Config.Observer == nil {
		return
	}
	elapsed := c.intake.Config.Now().Sub(c.began)
	c.intake.observe(c.ctx, func(o callback.Observer) {
		o.StoreCalled(c.ctx, callback.StoreCall{Method: c.method, Items: items, Elapsed: elapsed, Err: handError(err)})
	})
}

func (s *watchedStore) Apply(ctx context.Context, now time.Time, changes []callback.Change) ([]error, error) {
	ctx, call := s.call(ctx, "Apply")
	errs, err := s.Store.Apply(ctx, now, changes)
	call.done(len(changes), err)
	return errs, err
}

func (s *watchedStore) Get(ctx context.Context, by callback.By) (*callback.Callback, error) {
	ctx, call := s.call(ctx, "Get")
	cb, err := s.Store.Get(ctx, by)
	call.done(1, err)
	return cb, err
}

func (s *watchedStore) Claim(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
	ctx, call := s.call(ctx, "Claim")
	claimed, err := s.Store.Claim(ctx, now, req)
	call.done(len(claimed.Callbacks), err)
	return claimed, err
}

func (s *watchedStore) Search(ctx context.Context, q callback.Query) (callback.Page, error) {
	ctx, call := s.call(ctx, "Search")
	page, err := s.Store.Search(ctx, q)
	call.done(len(page.Callbacks), err)
	return page, err
}

func (s *watchedStore) Count(ctx context.Context, q callback.Query) ([]callback.Group, error) {
	ctx, call := s.call(ctx, "Count")
	groups, err := s.Store.Count(ctx, q)
	call.done(len(groups), err)
	return groups, err
}

func (s *watchedStore) Load(ctx context.Context, now time.Time, req callback.LoadRequest) ([]callback.Counter, error) {
	ctx, call := s.call(ctx, "Load")
	counters, err := s.Store.Load(ctx, now, req)
	call.done(len(counters), err)
	return counters, err
}

func (s *watchedStore) Events(ctx context.Context, q callback.EventQuery) (callback.EventPage, error) {
	ctx, call := s.call(ctx, "Events")
	page, err := s.Store.Events(ctx, q)
	call.done(len(page.Events), err)
	return page, err
}

func (s *watchedStore) Erase(ctx context.Context, now time.Time, req callback.EraseRequest) ([]error, error) {
	ctx, call := s.call(ctx, "Erase")
	errs, err := s.Store.Erase(ctx, now, req)
	call.done(len(req.Items), err)
	return errs, err
}

// patientPauser bounds each call of a store by the patience of the request.
type patientPauser struct{ callback.PausingStore }

func (s patientPauser) SetPause(ctx context.Context, p callback.Pause, on bool) error {
	ctx, end := patience.Call(ctx)
	err := s.PausingStore.SetPause(ctx, p, on)
	end(err)
	return err
}

func (s patientPauser) Pauses(ctx context.Context, tenant string, allTenants bool) ([]callback.Pause, error) {
	ctx, end := patience.Call(ctx)
	list, err := s.PausingStore.Pauses(ctx, tenant, allTenants)
	end(err)
	return list, err
}
