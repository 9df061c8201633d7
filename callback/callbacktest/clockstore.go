package callbacktest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// ClockStore is a store with a clock, such as a database that several nodes share.
// It is a [callback.ClockStore]: it compares the windows of writes with its clock
// and not with the now of the caller. Unwrap gives access to the other optional
// interfaces of the store.
type ClockStore struct {
	callback.Store
	now func() time.Time
}

// NewClockStore gives a store a clock, in place of its own if it has one. now
// returns the time, for example Now of a [Clock].
func NewClockStore(inner callback.Store, now func() time.Time) *ClockStore {
	return &ClockStore{Store: inner, now: now}
}

// Unwrap returns the store.
func (s *ClockStore) Unwrap() callback.Store { return s.Store }

// Now returns the time of the clock.
func (s *ClockStore) Now(ctx context.Context) (time.Time, error) { return s.now(), ctx.Err() }

// Apply makes changes in the windows that are open by the clock.
func (s *ClockStore) Apply(ctx context.Context, now time.Time, changes []callback.Change) ([]error, error) {
	changes = slices.Clone(changes)
	for i := range changes {
		changes[i].Window = s.translate(changes[i].Window)
	}
	return s.Store.Apply(ctx, now, changes)
}

// Erase erases callbacks if the window is open by the clock.
func (s *ClockStore) Erase(ctx context.Context, now time.Time, req callback.EraseRequest) ([]error, error) {
	req.Window = s.translate(req.Window)
	return s.Store.Erase(ctx, now, req)
}

// translate returns a window that is always open or always shut, as w is by the
// clock, so that the store checks the window in the right order among its other
// conditions, whatever its own clock says.
func (s *ClockStore) translate(w callback.Window) callback.Window {
	err := w.Check(s.now())
	switch {
	case errors.Is(err, callback.ErrTooEarly):
		return callback.Window{From: time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC)}
	case errors.Is(err, callback.ErrTooLate):
		return callback.Window{Until: time.Date(1970, time.January, 1, 0, 0, 0, 0, time.UTC)}
	}
	return callback.Window{}
}
