package manager_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// Methods of one tenant find nothing of another.
func TestTenantsAreApart(t *testing.T) {
	r := searchRig(t)
	const foreign = callback.ID("cb000006") // of tenant acme
	_, err := r.m.Get(r.ctx, foreign)
	wantCode(t, err, callback.ErrNotFound, 40030)
	_, err = r.m.Cancel(r.ctx, manager.CancelRequest{ID: foreign})
	wantCode(t, err, callback.ErrNotFound, 40030)
	_, err = r.m.Update(r.ctx, manager.UpdateRequest{ID: foreign, Set: callback.Values{"a": "b"}})
	wantCode(t, err, callback.ErrNotFound, 40030)
	_, err = r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: foreign, Desired: monday()})
	wantCode(t, err, callback.ErrNotFound, 40030)
	wantCode(t, r.m.Report(r.ctx, callback.Report{Key: callback.NewAttemptKey(foreign, 1), Stage: callback.StageRinging}), callback.ErrNotFound, 40030)
}

func TestCancelledContextChangesNothing(t *testing.T) {
	r := newRig(t, nil)
	cb := r.start(manager.Request{Desired: monday().Add(time.Hour)})
	ctx, cancel := context.WithCancel(r.ctx)
	cancel()
	before := r.get(cb.ID)
	for name, do := range map[string]func() error{
		"start":  func() error { _, err := r.m.Start(ctx, manager.Request{Service: "desk", Number: swiss2}); return err },
		"cancel": func() error { _, err := r.m.Cancel(ctx, manager.CancelRequest{ID: cb.ID}); return err },
		"reschedule": func() error {
			_, err := r.m.Reschedule(ctx, manager.RescheduleRequest{ID: cb.ID, Desired: monday().Add(2 * time.Hour)})
			return err
		},
		"update": func() error {
			_, err := r.m.Update(ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"a": "b"}})
			return err
		},
		"tick":   func() error { _, err := r.m.Tick(ctx, monday().Add(time.Hour)); return err },
		"search": func() error { _, err := r.m.SearchPage(ctx, callback.Query{}); return err },
	} {
		if err := do(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if diff := cmp.Diff(before.Revision, r.get(cb.ID).Revision); diff != "" {
		t.Errorf("the callback changed:\n%s", diff)
	}
	if page, _ := r.m.SearchPage(r.ctx, callback.Query{}); len(page.Callbacks) != 1 {
		t.Errorf("%d callbacks", len(page.Callbacks))
	}
}
