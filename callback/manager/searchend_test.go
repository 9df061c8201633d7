package manager_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
)

// newMovingRig has callbacks that are dialed, and queued again, once a minute.
func newMovingRig(t *testing.T, n int) *rig {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Dialing.Retry = scheduler.RetryPolicy{MaxAttempts: 1000, Default: scheduler.Rule{Max: 1000, Delay: time.Minute}}
		s.Queueing.Lines = callback.NoLimit
	})
	r.dialer.On(callbacktest.AnyNumber, callbacktest.Busy())
	for i := range n {
		r.start(manager.Request{Number: fmt.Sprintf("+4178555%04d", 1000+i)})
	}
	return r
}

// A search in any order ends although all callbacks move while its pages are read,
// and so does the sequence of all that match.
func TestSearchEndsWhileCallbacksMove(t *testing.T) {
	const n, limit = 30, 4
	for order := callback.ByDesired; order <= callback.ByQueue; order++ {
		for _, desc := range []bool{false, true} {
			t.Run(fmt.Sprintf("order %d, descending %t", order, desc), func(t *testing.T) {
				r := newMovingRig(t, n)
				q := callback.Query{Order: order, Desc: desc, Limit: limit}
				seen, pages := make(map[callback.ID]bool), 0
				for {
					page, err := r.m.SearchPage(r.ctx, q)
					if err != nil {
						t.Fatal(err)
					}
					for _, cb := range page.Callbacks {
						if seen[cb.ID] && !desc {
							t.Errorf("callback %s is on two pages", cb.ID)
						}
						seen[cb.ID] = true
					}
					if pages++; page.Next == "" || pages > 2*n {
						break
					}
					q.After = page.Next
					r.run(2 * time.Minute)
				}
				if pages > n/limit+1 {
					t.Errorf("%d pages of %d callbacks", pages, n)
				}
				if stable := order == callback.ByDesired || order == callback.ByCreated; stable && len(seen) != n {
					t.Errorf("%d callbacks of %d in an order in which none moved", len(seen), n)
				}
				found := 0
				for _, err := range r.m.Search(r.ctx, callback.Query{Order: order, Desc: desc, Limit: limit}) {
					if err != nil {
						t.Fatal(err)
					}
					if found++; found > 2*n {
						t.Fatalf("%d callbacks of %d, and no end", found, n)
					}
					if found%limit == 0 {
						r.run(2 * time.Minute)
					}
				}
			})
		}
	}
}

// A cancellation of all that match ends while the callbacks move, and so does the
// export of those that were cancelled.
func TestBulkWalksEndWhileCallbacksMove(t *testing.T) {
	const n = 30
	r := newMovingRig(t, n)
	r.run(time.Minute)
	result, err := r.m.CancelAll(r.ctx, manager.CancelAllRequest{Query: &callback.Query{}, Actor: "ann", Reason: callback.ReasonCancelled})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(result.Items); got != n {
		t.Errorf("%d items of %d callbacks", got, n)
	}
	exported := 0
	for _, err := range r.m.ExportCancelled(r.ctx, manager.ExportRequest{Reasons: []callback.Reason{callback.ReasonCancelled}}) {
		if err != nil {
			t.Fatal(err)
		}
		exported++
		// New ones are cancelled while the export runs.
		cb := r.start(manager.Request{Number: fmt.Sprintf("+4178555%04d", 2000+exported)})
		if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID, Actor: "ann", Reason: callback.ReasonCancelled}); err != nil {
			t.Fatal(err)
		}
		r.clock.Advance(time.Second)
		if exported > 5*n {
			t.Fatalf("%d callbacks were exported, and no end", exported)
		}
	}
}
