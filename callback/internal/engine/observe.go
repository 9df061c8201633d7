package engine

import (
	"context"
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// observe lets the observer, if there is one, hear something. A panic of the
// observer is logged.
func (m *Intake) observe(ctx context.Context, tell func(o callback.Observer)) {
	o := m.Config.Observer
	if o == nil {
		return
	}
	err := guard.Call("observer", func() error {
		tell(o)
		return nil
	})
	if err != nil {
		m.LogError(ctx, slog.LevelError, "observer failed", err)
	}
}

// observeResult tells what became of a change.
func (m *Intake) observeResult(ctx context.Context, r Result) {
	d := r.Draft
	m.observe(ctx, func(o callback.Observer) {
		o.Decided(ctx, callback.Decision{Event: d.Event, Err: handError(r.Err)})
		if r.Fate != Written || d.Old == nil {
			return
		}
		a, before := d.Callback.Current(), d.Old.Current()
		if a != nil && before != nil && !a.Live() && (before.Live() || before.Outcome != a.Outcome) && a.N == before.N {
			o.AttemptEnded(ctx, handCallback(d.Callback))
		}
		if becameUnresolved(d) {
			o.Unresolved(ctx, handCallback(d.Callback))
		}
	})
	if r.Fate == Written && becameUnresolved(d) {
		m.logUnresolved(ctx, d.Callback)
	}
}

func becameUnresolved(d *decide.Draft) bool {
	return d.Callback.State == callback.Unresolved && d.Old != nil && d.Old.State != callback.Unresolved
}

// logUnresolved tells an operator of a callback that may wait for one.
func (m *Intake) logUnresolved(ctx context.Context, cb *callback.Callback) {
	attrs := []slog.Attr{slog.String("tenant", cb.Tenant), slog.String("service", cb.Service), slog.String("callback", string(cb.ID))}
	if a := cb.Current(); a != nil {
		attrs = append(attrs, slog.String("attempt", string(a.Key)))
	}
	attrs = append(attrs, slog.String("detail", text.Redact(cb.Detail)))
	m.Log.LogAttrs(ctx, slog.LevelWarn, "callback is unresolved", attrs...)
}

// observedStore tells the observer of each call of a store.
type observedStore struct {
	callback.Store
	intake *Intake
}

// Unwrap returns the store, for its optional interfaces.
func (s *observedStore) Unwrap() callback.Store { return s.Store }

// called returns a function that reports the call of a method that begins now.
func (s *observedStore) called(ctx context.Context, method string) func(items int, err error) {
	began := s.intake.Config.Now()
	return func(items int, err error) {
		elapsed := s.intake.Config.Now().Sub(began)
		s.intake.observe(ctx, func(o callback.Observer) {
			o.StoreCalled(ctx, callback.StoreCall{Method: method, Items: items, Elapsed: elapsed, Err: handError(err)})
		})
	}
}

func (s *observedStore) Apply(ctx context.Context, now time.Time, changes []callback.Change) ([]error, error) {
	done := s.called(ctx, "Apply")
	errs, err := s.Store.Apply(ctx, now, changes)
	done(len(changes), err)
	return errs, err
}

func (s *observedStore) Get(ctx context.Context, by callback.By) (*callback.Callback, error) {
	done := s.called(ctx, "Get")
	cb, err := s.Store.Get(ctx, by)
	done(1, err)
	return cb, err
}

func (s *observedStore) Claim(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
	done := s.called(ctx, "Claim")
	claimed, err := s.Store.Claim(ctx, now, req)
	done(len(claimed.Callbacks), err)
	return claimed, err
}

func (s *observedStore) Search(ctx context.Context, q callback.Query) (callback.Page, error) {
	done := s.called(ctx, "Search")
	page, err := s.Store.Search(ctx, q)
	done(len(page.Callbacks), err)
	return page, err
}

func (s *observedStore) Count(ctx context.Context, q callback.Query) ([]callback.Group, error) {
	done := s.called(ctx, "Count")
	groups, err := s.Store.Count(ctx, q)
	done(len(groups), err)
	return groups, err
}

func (s *observedStore) Load(ctx context.Context, now time.Time, req callback.LoadRequest) ([]callback.Counter, error) {
	done := s.called(ctx, "Load")
	counters, err := s.Store.Load(ctx, now, req)
	done(len(counters), err)
	return counters, err
}

func (s *observedStore) Events(ctx context.Context, q callback.EventQuery) (callback.EventPage, error) {
	done := s.called(ctx, "Events")
	page, err := s.Store.Events(ctx, q)
	done(len(page.Events), err)
	return page, err
}

func (s *observedStore) Erase(ctx context.Context, now time.Time, req callback.EraseRequest) ([]error, error) {
	done := s.called(ctx, "Erase")
	errs, err := s.Store.Erase(ctx, now, req)
	done(len(req.Items), err)
	return errs, err
}
