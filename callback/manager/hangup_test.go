package manager_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// stuckHanger places calls and never returns from a hang-up.
type stuckHanger struct {
	dialFunc
	release chan struct{}
}

func (s stuckHanger) Hangup(context.Context, callback.Hangup) error {
	<-s.release
	return nil
}

func TestStuckHangupHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dialer := stuckHanger{release: make(chan struct{}), dialFunc: func(context.Context, callback.Call) (callback.Ref, error) { return "r", nil }}
		m := liveRig(t, dialer, nil)
		runUntilDone(t, m)
		first, err := m.Start(t.Context(), request())
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := m.Report(t.Context(), callback.Report{Key: callback.NewAttemptKey(first.ID, 1), Stage: callback.StageCustomer}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour) // nobody comes: the call is to be hung up
		req := request()
		req.Number = swiss2
		second, err := m.Start(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got, _ := m.Get(t.Context(), second.ID); len(got.Attempts) != 1 {
			t.Errorf("the engine waits for a hang-up: the next callback is %v", got.State)
		}
		close(dialer.release)
	})
}

// A router that wakes the Manager at every release must not make it spin when
// nothing can be done.
func TestWakingRouterDoesNotSpin(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*callback.Service)
		second bool
	}{
		{"the number is on the phone", func(*callback.Service) {}, true},
		{"too late to dial", func(s *callback.Service) { s.Queueing.CannotDial = 4*time.Hour - time.Second }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				faulty := callbacktest.NewFaultyStore(store.NewMemory())
				router := callbacktest.NewRouter(2)
				block := make(chan struct{})
				m := liveRig(t, callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
					<-block
					return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}, nil
				}), func(s *callback.Service, config *manager.Config) {
					c.change(s)
					config.Store, config.Router = faulty.Store(), router
				})
				if !c.second {
					router.SetFree(callbacktest.AnyService, 0)
				}
				runUntilDone(t, m)
				if _, err := m.Start(t.Context(), request()); err != nil {
					t.Fatal(err)
				}
				if c.second {
					if _, err := m.Start(t.Context(), request()); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(10 * time.Second)
				router.SetFree(callbacktest.AnyService, 2)
				before := faulty.Count(callbacktest.MethodClaim)
				time.Sleep(time.Minute)
				if n := faulty.Count(callbacktest.MethodClaim) - before; n > 500 {
					t.Errorf("%d claims in a minute in which nothing can be done", n)
				}
				close(block)
			})
		})
	}
}
