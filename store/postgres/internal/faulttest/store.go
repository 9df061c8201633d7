package faulttest

import (
	"context"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/postgres"
)

// store is a node's store. It breaks the node where its bomb says.
type store struct {
	*postgres.Store
	bomb *bomb
}

var (
	_ callback.ClockStore     = (*store)(nil)
	_ callback.NotifyingStore = (*store)(nil)
)

// Claim breaks the node around claims of queues and after claims that found
// something. Claims of due work are made all the time, so their start is no
// point.
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

// Apply breaks the node around changes that commit an attempt or write its
// result.
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
