package faulttest

import (
	"context"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/postgres"
)

// store is a node's store, which breaks where it is told to.
type store struct {
	*postgres.Store
	bomb *bomb
}

var (
	_ callback.ClockStore     = (*store)(nil)
	_ callback.NotifyingStore = (*store)(nil)
)

// Claim breaks around claims of queues and, once they have found something, of due work: the others are asked for all the time and
// mean nothing.
func (s *store) Claim(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
	over := func() {}
	if !req.Due {
		s.bomb.at(BeforeClaim)
		over = s.bomb.during(DuringClaim)
	}
	c, err := s.Store.Claim(ctx, now, req)
	over()
	if len(c.Callbacks) > 0 {
		s.bomb.at(AfterClaim)
	}
	return c, err
}

// Apply breaks around changes that commit an attempt and around those that tell what became of one.
func (s *store) Apply(ctx context.Context, now time.Time, changes []callback.Change) ([]error, error) {
	over := func() {}
	dialing := slices.ContainsFunc(changes, dials)
	switch {
	case dialing:
		s.bomb.at(BeforeCommit)
		over = s.bomb.during(DuringCommit)
	case slices.ContainsFunc(changes, tells):
		over = s.bomb.during(DuringResult)
	}
	errs, err := s.Store.Apply(ctx, now, changes)
	over()
	if dialing && err == nil && (errs == nil || slices.Contains(errs, nil)) {
		s.bomb.at(AfterCommit)
	}
	return errs, err
}

func dials(c callback.Change) bool { return !c.Unclaim && c.Event.Type == callback.EventDialing }

func tells(c callback.Change) bool {
	switch c.Event.Type {
	case callback.EventPlaced, callback.EventProgress, callback.EventAttemptEnded:
		return true
	case callback.EventCompleted:
		return c.Event.Attempt > 0
	}
	return false
}
