package manager_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/store"
)

// hangingLook is a dialer whose look-ups hang until their context ends.
type hangingLook struct {
	most int

	mu        sync.Mutex
	looks, up int // the most at a time, and now
}

func (d *hangingLook) Dial(_ context.Context, call callback.Call) (callback.Ref, error) {
	return callback.Ref(call.Key), nil
}

func (d *hangingLook) Limits() callback.DialerLimits {
	return callback.DialerLimits{MaxInFlight: d.most}
}

func (d *hangingLook) Lookup(ctx context.Context, _ string, _ callback.AttemptKey, _ callback.Ref) (callback.Found, error) {
	d.count(1)
	<-ctx.Done()
	d.count(-1)
	return callback.Found{}, ctx.Err()
}

func (d *hangingLook) count(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.up += n
	d.looks = max(d.looks, d.up)
}

// Look-ups that hang keep no new callback from being dialed, and are not more at a
// time than the dialer takes.
func TestHangingLookups(t *testing.T) {
	for _, most := range []int{1, 4} {
		synctest.Test(t, func(t *testing.T) {
			d := &hangingLook{most: most}
			desk := managertest.Desk()
			desk.Queueing.Lines = callback.NoLimit
			services, err := callback.NewServices(desk)
			if err != nil {
				t.Fatal(err)
			}
			m, err := manager.New(manager.Config{Store: store.NewMemory(store.Config{}), Services: services, Dialer: d, ShutdownTimeout: 5 * time.Minute, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- m.Run(ctx) }()
			for i := range 40 {
				cb, err := m.Start(ctx, manager.Request{Service: "desk", Number: numbered(i)})
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Second)
				if cb, err = m.Get(ctx, cb.ID); err != nil || cb.Current() == nil {
					t.Fatalf("at most %d: the callback of %d others waits for 2 s: %v", most, i, err)
				}
				if err := m.Report(ctx, callback.Report{Key: cb.Current().Key, Stage: callback.StageBridged}); err != nil {
					t.Fatal(err)
				}
				if i == 20 {
					time.Sleep(2 * time.Minute)
				}
			}
			d.mu.Lock()
			looks := d.looks
			d.mu.Unlock()
			if looks != most {
				t.Errorf("%d look-ups at a time, the dialer takes %d", looks, most)
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}
