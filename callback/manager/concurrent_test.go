package manager_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// TestManagersUnderFaults runs three Managers in a bubble, with store faults,
// calls from several goroutines, and a Shutdown of one Manager while they last.
// It plays 8 histories, 1 with -short.
func TestManagersUnderFaults(t *testing.T) {
	seeds := uint64(8)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { underFaults(t, seed) })
		})
	}
}

func underFaults(t *testing.T, seed uint64) {
	inner := store.NewMemory(store.Config{})
	dialer := callbacktest.NewDialer(time.Now)
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(seed, 3))
	n := func(k int) int {
		mu.Lock()
		defer mu.Unlock()
		return rnd.IntN(k)
	}
	dialer.OnCall(func(callback.Call) (callbacktest.Step, bool) {
		switch n(10) {
		case 0:
			return callbacktest.Busy().With(callbacktest.Twice), true
		case 1:
			return callbacktest.Lost(nil), true
		case 2:
			return callbacktest.Refused(), true
		case 3:
			return callbacktest.NoAnswer().With(callbacktest.Mute), true
		case 4:
			return callbacktest.Answered(time.Minute).With(callbacktest.Blocks), true
		case 5:
			return callbacktest.Answered(time.Minute).With(callbacktest.Early), true
		case 6:
			return callbacktest.Crashed(1), true
		}
		return callbacktest.Answered(time.Minute).With(callbacktest.Backwards), true
	})
	router := callbacktest.NewRouter(3)
	service := callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}, Retention: 1000 * time.Hour}
	service.Preview.On = seed%3 == 0
	service.Preview.Rejects = 2
	services, err := callback.NewServices(service)
	if err != nil {
		t.Fatal(err)
	}
	ids := callbacktest.IDs("cb")
	var managers []*manager.Manager
	var faults []*callbacktest.FaultyStore
	for i := range 3 {
		f := callbacktest.NewFaultyStore(inner)
		f.Randomly(seed*10+uint64(i), callbacktest.Rates{Before: .01, After: .01, Cancel: .01,
			Methods: []callbacktest.Method{callbacktest.MethodApply, callbacktest.MethodClaim, callbacktest.MethodCount}})
		m, err := manager.New(manager.Config{Store: f.Store(), Services: services, Dialer: dialer, NewID: ids, Router: router,
			Node: fmt.Sprint("n", i), Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			t.Fatal(err)
		}
		managers, faults = append(managers, m), append(faults, f)
	}
	if err := dialer.Attach(managers[0]); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running, requests sync.WaitGroup
	for _, m := range managers {
		running.Go(func() { _ = m.Run(ctx) })
	}
	running.Go(func() { dialer.Run(ctx, managers[1]) })
	for range 4 {
		requests.Go(func() {
			for i := range 60 {
				time.Sleep(time.Duration(n(20000)) * time.Millisecond)
				m := managers[n(3)]
				id := callback.ID(fmt.Sprintf("cb%06d", 1+n(40)))
				switch n(8) {
				case 0, 1, 2:
					_, err := m.Start(ctx, manager.Request{Service: "desk", Number: fmt.Sprintf("+4178555%04d", 6600+n(20)), Key: fmt.Sprint("k", n(80))})
					_ = err
				case 3:
					_, _ = m.Cancel(ctx, manager.CancelRequest{ID: id})
				case 4:
					_, _ = m.Update(ctx, manager.UpdateRequest{ID: id, Set: callback.Values{"n": i}})
				case 5:
					_, _ = m.Answer(ctx, manager.AnswerRequest{ID: id, Answer: callback.OfferAnswer(1 + n(3))})
				case 6:
					_, _ = m.Tick(ctx, time.Now())
				case 7:
					m.Wake()
				}
			}
		})
	}
	time.Sleep(5 * time.Minute)
	short, cancel := context.WithTimeout(ctx, time.Duration(n(40))*time.Second)
	if err := managers[2].Shutdown(short); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	cancel()
	requests.Wait()
	for _, f := range faults {
		f.Heal()
	}
	time.Sleep(30 * time.Hour)
	synctest.Wait()
	page, _ := inner.Search(ctx, callback.Query{Limit: 1000})
	for _, cb := range page.Callbacks {
		if cb.State != callback.Completed {
			t.Errorf("%s is left %v next %v: %s", cb.ID, cb.State, cb.NextAt, cb.Detail)
		}
	}
	callbacktest.VerifyAudit(t, inner)
	callbacktest.VerifyPermits(t, inner, time.Now(), "")
	callbacktest.RequireNoDoubles(t, dialer)
	for id := range router.Reserved("") {
		cb, _ := inner.Get(ctx, callback.By{ID: id})
		t.Errorf("%s is %v and keeps an agent", id, cb)
	}
	stop()
	for _, m := range managers {
		if err := m.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
	running.Wait()
}
