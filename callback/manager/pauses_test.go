package manager_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store"
)

// A Manager that does not tick notices pauses of other Managers within Config.Poll, and
// the engine withdraws callbacks during requests as usual.
func TestPositionLearnsOfPauses(t *testing.T) {
	estimator := scheduler.EstimatorFunc(func(int, time.Time) (time.Duration, bool) { return time.Minute, true })
	r, _ := queueRig(t, func(s *callback.Service, _ *manager.Config) { s.Booking.Estimator = estimator })
	id := r.enqueue(0)[0]
	api := r.node("api")
	known := func() bool {
		p, err := api.Position(r.ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return p.Known
	}
	if _, err := api.Pause(r.ctx, drill()); err != nil {
		t.Fatal(err)
	}
	r.resume(over(), 1)
	r.clock.Advance(10 * time.Minute)
	if !known() {
		t.Error("the pause has ended, the wait is not known")
	}
	r.pause(drill(), 1)
	late := r.enqueue(0)[0]
	id = late
	r.clock.Advance(10 * time.Minute)
	if known() {
		t.Error("the service is paused, the wait is known")
	}
	// A method has just read the pauses; the engine reads them again.
	r.position(late)
	r.tick()
	r.wantState(late, callback.Paused)
}

// A paused service is emptied though all places of the dialer are taken.
func TestPauseWhileTheDialerIsBusy(t *testing.T) {
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		c.MaxInFlight = 1
		s.Limits.SameNumber = callback.NoLimit
	})
	if err := r.services.Set("", callback.Service{Name: "aaa", Numbers: callback.Numbers{Country: "US", Countries: []string{"CH"}}}); err != nil {
		t.Fatal(err)
	}
	block, placed := make(chan struct{}), make(chan struct{}, 1)
	m := r.node("busy", func(c *manager.Config) {
		c.MaxInFlight, c.Synchronous = 1, false
		c.Dialer = callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
			placed <- struct{}{}
			<-block
			return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}, nil
		})
	})
	defer func() {
		close(block)
		if err := m.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	r.start(manager.Request{Service: "aaa"})
	r.start(manager.Request{Service: "aaa", Number: swiss2})
	tickNode(t, m, r.clock.Now())
	<-placed
	if _, err := m.Pause(r.ctx, drill()); err != nil {
		t.Fatal(err)
	}
	cb := r.start(manager.Request{Number: swiss3})
	r.clock.Advance(time.Minute)
	tickNode(t, m, r.clock.Now())
	r.wantState(cb.ID, callback.Paused)
	r.wantState("cb000002", callback.Queued)
}

// faultyRig is a rig whose store has faults.
func faultyRig(t *testing.T, change func(*callback.Service, *manager.Config)) (*rig, *callbacktest.FaultyStore) {
	t.Helper()
	faults := callbacktest.NewFaultyStore(store.NewMemory(store.Config{}))
	return newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Store = faults.Store()
		if change != nil {
			change(s, c)
		}
	}), faults
}

func tickNode(t *testing.T, m *manager.Manager, now time.Time) callback.Progress {
	t.Helper()
	p, err := m.Tick(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Another node notices a pause, and its end, within its Poll, and reads the
// pauses no more often than that.
func TestOtherNodesNoticeAPauseWithinPoll(t *testing.T) {
	r, faults := faultyRig(t, nil)
	const poll = 5 * time.Second
	other := r.node("n2", func(c *manager.Config) { c.Poll = poll })
	tickNode(t, other, r.clock.Now())
	r.pause(drill(), 0)
	early := r.start(manager.Request{})
	if p := tickNode(t, other, r.clock.Now()); p.Dialed != 1 {
		t.Errorf("the rig shows nothing: a node that has just looked dialled %d", p.Dialed)
	}
	late := r.start(manager.Request{Number: swiss2})
	r.clock.Advance(poll)
	reads := faults.Count(callbacktest.MethodPauses)
	if p := tickNode(t, other, r.clock.Now()); p.Dialed != 0 {
		t.Errorf("%d attempts began a Poll after the pause", p.Dialed)
	}
	r.wantState(late.ID, callback.Paused)
	r.wantState(early.ID, callback.Dialing)
	// One read to see the pause, one to see that what was taken out stays out.
	if n := faults.Count(callbacktest.MethodPauses) - reads; n != 2 {
		t.Errorf("the pauses were read %d times", n)
	}
	reads = faults.Count(callbacktest.MethodPauses)
	waiting := r.start(manager.Request{Number: swiss3})
	for range 10 {
		r.clock.Advance(poll/10 - time.Millisecond)
		p := tickNode(t, other, r.clock.Now())
		if p.Dialed != 0 || p.NextAt.IsZero() || p.NextAt.After(r.clock.Now().Add(poll)) {
			t.Errorf("progress is %+v", p)
		}
	}
	if n := faults.Count(callbacktest.MethodPauses) - reads; n != 0 {
		t.Errorf("the pauses were read %d times within Poll", n)
	}
	r.wantState(waiting.ID, callback.Queued)
	r.resume(over(), 1)
	r.clock.Advance(poll)
	if p := tickNode(t, other, r.clock.Now()); p.Dialed != 2 {
		t.Errorf("%d attempts began a Poll after the end of the pause, want 2", p.Dialed)
	}
}

// A tick has reserved an agent when its Manager is paused: the attempt does not
// begin, and the agent is given back, even where Pause fails half way.
func TestPauseBetweenReservationAndAttempt(t *testing.T) {
	for _, broken := range []bool{false, true} {
		router := &deskRouter{free: func() (int, error) { return 1, nil }}
		r, faults := faultyRig(t, func(_ *callback.Service, c *manager.Config) { c.Router = router })
		router.reserve = func(cb *callback.Callback) (callback.Reservation, error) {
			if broken {
				faults.Inject(callbacktest.Fault{Method: callbacktest.MethodSearch, Kind: callbacktest.FailBefore})
			}
			if _, err := r.m.Pause(r.ctx, drill()); (err != nil) != broken {
				t.Errorf("Pause: %v", err)
			}
			return agent(cb)
		}
		cb := r.start(manager.Request{})
		p := r.tick()
		if p.Dialed != 0 || len(r.dialer.Dials()) != 0 {
			t.Errorf("Pause broken %v: %d attempts began after it", broken, p.Dialed)
		}
		if len(router.released) != 1 || len(r.get(cb.ID).Attempts) != 0 {
			t.Errorf("Pause broken %v: released %v, attempts %v", broken, router.released, r.get(cb.ID).Attempts)
		}
		r.clock.Advance(time.Second)
		r.tick()
		r.wantState(cb.ID, callback.Paused)
	}
}

// slowReader is a store that answers a question for the pauses late.
type slowReader struct {
	*store.Memory
	after func()
}

func (s *slowReader) Pauses(ctx context.Context, tenant string, all bool) ([]callback.Pause, error) {
	list, err := s.Memory.Pauses(ctx, tenant, all)
	if f := s.after; f != nil {
		s.after = nil
		f()
	}
	return list, err
}

// What a tick has read before Pause must not make it forget the pause.
func TestPauseWhileATickReadsThePauses(t *testing.T) {
	slow := &slowReader{Memory: store.NewMemory(store.Config{})}
	r := newRig(t, func(_ *callback.Service, c *manager.Config) { c.Store = slow })
	cb := callback.ID("")
	slow.after = func() {
		r.pause(drill(), 0)
		cb = r.start(manager.Request{}).ID
	}
	if p := r.tick(); p.Dialed != 0 {
		t.Errorf("%d attempts began after Pause", p.Dialed)
	}
	r.tick()
	r.wantState(cb, callback.Paused)
}

// Pause does not return while an attempt is on its way to the store.
func TestPauseWaitsForTheCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, faults := faultyRig(t, nil)
		cb := r.start(manager.Request{})
		done := make(chan error, 1)
		faults.Inject(callbacktest.Fault{
			Method: callbacktest.MethodApply,
			Change: func(c callback.Change) bool { return c.Event.Type == callback.EventDialing },
			Hook: func(context.Context, callbacktest.Op) {
				go func() {
					_, err := r.m.Pause(r.ctx, drill())
					done <- err
				}()
				synctest.Wait()
				select {
				case err := <-done:
					t.Errorf("Pause returned, %v, before the attempt was written", err)
				default:
				}
			},
		})
		r.tick()
		if err := <-done; err != nil {
			t.Error(err)
		}
		r.wantState(cb.ID, callback.Dialing)
		// A caller whose context ends first gets its error.
		ctx, cancel := context.WithCancel(r.ctx)
		cancel()
		if _, err := r.m.Pause(ctx, drill()); !errors.Is(err, context.Canceled) {
			t.Errorf("Pause under a context that has ended: %v", err)
		}
	})
}

// A node takes callbacks out while another ends the pause: they are put back.
func TestResumeWhileAnEngineTakesOut(t *testing.T) {
	r, faults := faultyRig(t, nil)
	other := r.node("n2")
	r.pause(drill(), 0)
	cb := r.start(manager.Request{})
	faults.Inject(callbacktest.Fault{
		Method: callbacktest.MethodApply,
		Change: func(c callback.Change) bool { return c.Event.Type == callback.EventPaused },
		Hook:   func(context.Context, callbacktest.Op) { r.resume(over(), 0) },
	})
	if p := tickNode(t, other, r.clock.Now()); p.Dialed != 1 {
		t.Errorf("%d attempts after the pause", p.Dialed)
	}
	r.wantState(cb.ID, callback.Dialing)
	r.rec.RequireHistory(t, cb.ID, callback.EventAccepted, callback.EventPaused, callback.EventResumed, callback.EventDialing, callback.EventPlaced)
}

// Resume ends the pause while Pause still withdraws callbacks.
func TestResumeDuringPause(t *testing.T) {
	r, faults := faultyRig(t, nil)
	cb := r.start(manager.Request{})
	other := r.node("n2")
	faults.Inject(callbacktest.Fault{
		Method: callbacktest.MethodApply,
		Change: func(c callback.Change) bool { return c.Event.Type == callback.EventPaused },
		Hook: func(context.Context, callbacktest.Op) {
			if n, err := other.Resume(r.ctx, over()); n != 0 || err != nil {
				t.Errorf("Resume: %d, %v", n, err)
			}
		},
	})
	r.pause(drill(), 1)
	r.wantState(cb.ID, callback.Queued)
	r.tick()
	r.wantState(cb.ID, callback.Dialing)
}

// An offer that is accepted during a pause leads back to the queue, and the agent
// is free again.
func TestAcceptedOfferDuringAPause(t *testing.T) {
	for name, pause := range map[string]func(r *rig){
		"by Pause": func(r *rig) { r.pause(drill(), 0) },
		"by the configuration": func(r *rig) {
			_ = r.services.Set("", callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "US", Countries: []string{"CH"}}, Paused: true, Preview: callback.Preview{On: true}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			router := &deskRouter{free: func() (int, error) { return 1, nil }, reserve: agent}
			r := newRig(t, func(s *callback.Service, c *manager.Config) { s.Preview.On, c.Router = true, router })
			cb := r.start(manager.Request{})
			r.tick()
			r.wantState(cb.ID, callback.Offered)
			pause(r)
			if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: cb.ID, Answer: callback.AnswerAccept}); err != nil {
				t.Fatal(err)
			}
			r.clock.Advance(2 * time.Second)
			r.tick()
			got := r.get(cb.ID)
			if got.State != callback.Paused && got.State != callback.Queued || !got.QueuedAt.Equal(cb.QueuedAt) || len(got.Attempts) != 0 {
				t.Errorf("it is %v with %d attempts", got, len(got.Attempts))
			}
			if len(router.released) != 1 || got.Reservation != nil {
				t.Errorf("released %v, reserved %v", router.released, got.Reservation)
			}
		})
	}
}

// Many pauses and ends, starts, and two engines at once: after each Pause no
// attempt of its Manager is written, and in the end everybody has been called.
func TestPauseRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := store.NewMemory(store.Config{})
		dialer := callback.DialerFunc(func(ctx context.Context, _ callback.Call) (callback.Outcome, error) {
			await(ctx, 3*time.Second)
			return callback.Outcome{Result: callback.ResultBridged, Certainty: callback.Known}, nil
		})
		service := func(node string) func(*callback.Service, *manager.Config) {
			return func(s *callback.Service, c *manager.Config) {
				s.Queueing.Lines, s.Limits.SameNumber = callback.NoLimit, callback.NoLimit
				c.Store, c.Node, c.NewID = memory, node, callbacktest.IDs(node+"-")
			}
		}
		a, b := liveRig(t, dialer, service("a")), liveRig(t, dialer, service("b"))
		runUntilDone(t, a)
		runUntilDone(t, b)
		var work sync.WaitGroup
		for i := range 4 {
			work.Go(func() {
				for j := range 50 {
					req := request()
					req.Number, req.Parameters = fmt.Sprintf("+4178%07d", 1000*i+j), map[string]string{"_customer_number": fmt.Sprint(i, j)}
					if _, err := []*manager.Manager{a, b}[j%2].Start(t.Context(), req); err != nil {
						t.Errorf("Start: %v", err)
					}
					await(t.Context(), 700*time.Millisecond)
				}
			})
		}
		for i := range 10 {
			m, node := a, "a"
			if i%2 == 1 {
				m, node = b, "b"
			}
			if _, err := m.Pause(t.Context(), drill()); err != nil {
				t.Errorf("Pause: %v", err)
			}
			from := feedEnd(t, memory)
			await(t.Context(), 2*time.Second)
			if late := dialings(t, memory, from, node); len(late) != 0 {
				t.Errorf("%s began %v after it was paused", node, late)
			}
			if _, err := a.Resume(t.Context(), over()); err != nil {
				t.Errorf("Resume: %v", err)
			}
			await(t.Context(), time.Second)
		}
		work.Wait()
		await(t.Context(), time.Hour)
		synctest.Wait()
		page, err := a.SearchPage(t.Context(), callback.Query{Limit: 1000})
		if err != nil || len(page.Callbacks) != 200 {
			t.Fatalf("%d callbacks, %v", len(page.Callbacks), err)
		}
		for _, cb := range page.Callbacks {
			if cb.Reason != callback.ReasonAgentConnected || len(cb.Attempts) != 1 {
				t.Errorf("%v after %d attempts", cb, len(cb.Attempts))
			}
		}
		callbacktest.VerifyAudit(t, memory)
		callbacktest.VerifyPermits(t, memory, time.Now(), "")
	})
}

// await lets the bubble's time pass.
func await(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func feedEnd(t *testing.T, s callback.Store) callback.Cursor {
	t.Helper()
	page, err := s.Events(t.Context(), callback.EventQuery{AllTenants: true, Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	return page.Next
}

// dialings lists the attempts that a node has begun after a place in the feed.
func dialings(t *testing.T, s callback.Store, after callback.Cursor, node string) []callback.ID {
	t.Helper()
	page, err := s.Events(t.Context(), callback.EventQuery{AllTenants: true, After: after, Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	var ids []callback.ID
	for _, e := range page.Events {
		if e.Type == callback.EventDialing && e.Actor == node {
			ids = append(ids, e.Callback)
		}
	}
	slices.Sort(ids)
	return ids
}
