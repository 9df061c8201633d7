package callbacktest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
)

// pausing is the optional interface of stores that keep pauses; it counts.
type pausing struct{ set *int }

func (p pausing) SetPause(ctx context.Context, _ callback.Pause, _ bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	*p.set++
	return nil
}

func (p pausing) Pauses(ctx context.Context, tenant string, _ bool) ([]callback.Pause, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return []callback.Pause{{Tenant: tenant, Service: "desk"}}, nil
}

func TestPauserPassesThrough(t *testing.T) {
	n := newNotebook()
	hint := new(func())
	for _, test := range []struct {
		name                      string
		store                     func(p pausing) callback.Store
		pauses, isClock, notifies bool
	}{
		{"no pauser", func(pausing) callback.Store { return n }, false, false, false},
		{"pauser", func(p pausing) callback.Store {
			return struct {
				*notebook
				pausing
			}{n, p}
		}, true, false, false},
		{"pauser and clock", func(p pausing) callback.Store {
			return struct {
				clocked
				pausing
			}{clocked{n}, p}
		}, true, true, false},
		{"pauser and notifier", func(p pausing) callback.Store {
			return struct {
				*notebook
				hinting
				pausing
			}{n, hinting{hint}, p}
		}, true, false, true},
		{"all", func(p pausing) callback.Store {
			return struct {
				clocked
				hinting
				pausing
			}{clocked{n}, hinting{hint}, p}
		}, true, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := 0
			f := callbacktest.NewFaultyStore(test.store(pausing{&set}))
			s := f.Store()
			pauser, pauses := s.(callback.PausingStore)
			_, isClock := s.(callback.ClockStore)
			_, notifies := s.(callback.NotifyingStore)
			if pauses != test.pauses || isClock != test.isClock || notifies != test.notifies {
				t.Fatalf("pauser %t, clock %t, notifier %t", pauses, isClock, notifies)
			}
			if !pauses {
				return
			}
			pausesWithFaults(t, f, pauser, &set)
		})
	}
}

func pausesWithFaults(t *testing.T, f *callbacktest.FaultyStore, pauser callback.PausingStore, set *int) {
	ctx := t.Context()
	// The methods are not among those of callback.Store.
	f.Inject(callbacktest.Fault{Method: callbacktest.AnyMethod, Kind: callbacktest.FailBefore, Times: -1})
	pause := callback.Pause{Service: "desk", Since: time.Unix(1, 0)}
	if err := pauser.SetPause(ctx, pause, true); err != nil || *set != 1 {
		t.Errorf("SetPause = %v, called %d times", err, *set)
	}
	if list, err := pauser.Pauses(ctx, "acme", false); err != nil || len(list) != 1 || list[0].Tenant != "acme" {
		t.Errorf("Pauses = %v, %v", list, err)
	}
	f.Inject(
		callbacktest.Fault{Method: callbacktest.MethodSetPause, Kind: callbacktest.FailBefore},
		callbacktest.Fault{Method: callbacktest.MethodSetPause, Kind: callbacktest.FailAfter, Skip: 1},
		callbacktest.Fault{Method: callbacktest.MethodSetPause, Kind: callbacktest.Cancel, Skip: 2},
		callbacktest.Fault{Method: callbacktest.MethodPauses, Kind: callbacktest.FailBefore},
	)
	for i, want := range []error{callbacktest.ErrInjected, callback.ErrOutcomeUnknown, context.Canceled, nil} {
		if err := pauser.SetPause(ctx, pause, true); !errors.Is(err, want) {
			t.Errorf("SetPause %d = %v, want %v", i, err, want)
		}
	}
	if *set != 3 {
		t.Errorf("%d pauses were set, want those of the first, the lost acknowledgement and the last", *set)
	}
	if list, err := pauser.Pauses(ctx, "acme", false); !errors.Is(err, callbacktest.ErrInjected) || list != nil {
		t.Errorf("Pauses = %v, %v", list, err)
	}
	if n := f.Count(callbacktest.MethodSetPause); n != 5 {
		t.Errorf("%d calls of SetPause were counted", n)
	}
	if text := callbacktest.MethodSetPause.String() + " " + callbacktest.MethodPauses.String(); text != "SetPause Pauses" {
		t.Errorf("names are %s", text)
	}
}
