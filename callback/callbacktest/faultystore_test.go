package callbacktest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
)

// created is the change that creates a callback.
func created(id callback.ID) callback.Change {
	return callback.Change{
		Record: &callback.Callback{ID: id, Service: "support", Revision: 1, State: callback.Queued},
		Event:  callback.Event{Type: callback.EventAccepted},
	}
}

// faultyNotebook is a faulty store around a notebook that holds one callback.
func faultyNotebook(t testing.TB) (*callbacktest.FaultyStore, callback.Store, *notebook) {
	t.Helper()
	n := newNotebook()
	f := callbacktest.NewFaultyStore(n)
	if _, err := n.Apply(t.Context(), noon, []callback.Change{created("first")}); err != nil {
		t.Fatal(err)
	}
	return f, f.Store(), n
}

// everyMethod calls each method of a store once.
func everyMethod(ctx context.Context, s callback.Store) map[callbacktest.Method]error {
	errs := make(map[callbacktest.Method]error)
	_, errs[callbacktest.MethodApply] = s.Apply(ctx, noon, []callback.Change{created("second")})
	_, errs[callbacktest.MethodGet] = s.Get(ctx, callback.By{ID: "first"})
	_, errs[callbacktest.MethodClaim] = s.Claim(ctx, noon, callback.ClaimRequest{})
	_, errs[callbacktest.MethodSearch] = s.Search(ctx, callback.Query{})
	_, errs[callbacktest.MethodCount] = s.Count(ctx, callback.Query{})
	_, errs[callbacktest.MethodLoad] = s.Load(ctx, noon, callback.LoadRequest{})
	_, errs[callbacktest.MethodEvents] = s.Events(ctx, callback.EventQuery{})
	_, errs[callbacktest.MethodErase] = s.Erase(ctx, noon, callback.EraseRequest{Items: []callback.Precondition{{ID: "first", Revision: 1}}})
	return errs
}

// Every method, failed before and after: the error class is never the opposite
// of the truth.
func TestFaultsByMethod(t *testing.T) {
	for method := callbacktest.MethodApply; method < callbacktest.MethodNow; method++ {
		for _, kind := range []callbacktest.FaultKind{callbacktest.FailBefore, callbacktest.FailAfter, callbacktest.Cancel} {
			t.Run(fmt.Sprintf("%s %s", method, kind), func(t *testing.T) {
				f, s, n := faultyNotebook(t)
				f.Inject(callbacktest.Fault{Method: method, Kind: kind})
				want := callbacktest.ErrInjected
				switch kind {
				case callbacktest.FailAfter:
					want = callback.ErrOutcomeUnknown
				case callbacktest.Cancel:
					want = context.Canceled
				}
				for m, err := range everyMethod(t.Context(), s) {
					if m == method && !errors.Is(err, want) || m != method && err != nil {
						t.Errorf("%s = %v", m, err)
					}
					if f.Count(m) != 1 {
						t.Errorf("%s was counted %d times", m, f.Count(m))
					}
				}
				if f.Count(callbacktest.AnyMethod) != 8 {
					t.Errorf("%d calls were counted, want 8", f.Count(callbacktest.AnyMethod))
				}
				_, applied := n.records[callback.By{ID: "second"}]
				if want := method != callbacktest.MethodApply || kind == callbacktest.FailAfter; applied != want {
					t.Errorf("applied is %t, want %t", applied, want)
				}
				_, left := n.records[callback.By{ID: "first"}]
				if want := method == callbacktest.MethodErase && kind != callbacktest.FailAfter; left != want {
					t.Errorf("left is %t, want %t", left, want)
				}
				if got := f.Injected(); len(got) != 1 || got[0].Method != method || got[0].N != 1 || got[0].Kind != kind {
					t.Errorf("injected %+v", got)
				}
			})
		}
	}
}

func TestFaultsByOccurrence(t *testing.T) {
	down := errors.New("down")
	tests := []struct {
		name   string
		faults []callbacktest.Fault
		want   string // one letter per call: '.' fine, 'x' down
	}{
		{"first", []callbacktest.Fault{{Kind: callbacktest.FailBefore, Err: down}}, "x......."},
		{"third and fourth", []callbacktest.Fault{{Kind: callbacktest.FailBefore, Err: down, Skip: 2, Times: 2}}, "..xx...."},
		{"all from the second", []callbacktest.Fault{{Kind: callbacktest.FailBefore, Err: down, Skip: 1, Times: -1}}, ".xxxxxxx"},
		{"another method", []callbacktest.Fault{{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Err: down}}, "........"},
		{"never", nil, "........"},
		{"every other", []callbacktest.Fault{{Kind: callbacktest.FailBefore, Err: down, Times: -1, When: func(op callbacktest.Op) bool { return op.N%2 == 0 }}}, ".x.x.x.x"},
		{"two rules", []callbacktest.Fault{
			{Kind: callbacktest.FailBefore, Err: down, Skip: 1}, {Kind: callbacktest.FailBefore, Err: down, Skip: 6},
		}, ".x....x."},
		{"hidden by an earlier rule", []callbacktest.Fault{
			{Kind: callbacktest.FailBefore, Err: down}, {Kind: callbacktest.FailBefore, Err: down},
		}, "x......."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, s, _ := faultyNotebook(t)
			f.Inject(test.faults...)
			got := ""
			for range len(test.want) {
				if _, err := s.Get(t.Context(), callback.By{ID: "first"}); errors.Is(err, down) {
					got += "x"
				} else {
					got += "."
				}
			}
			if got != test.want {
				t.Errorf("calls went %s, want %s", got, test.want)
			}
		})
	}
}

func TestFaultOfSomeChanges(t *testing.T) {
	second := func(c callback.Change) bool { return c.Record.ID == "b" }
	for _, kind := range []callbacktest.FaultKind{callbacktest.FailBefore, callbacktest.FailAfter} {
		t.Run(kind.String(), func(t *testing.T) {
			f, s, n := faultyNotebook(t)
			f.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: kind, Err: callback.ErrOutcomeUnknown, Change: second})
			if errs, err := s.Apply(t.Context(), noon, []callback.Change{created("x")}); err != nil || errs[0] != nil {
				t.Fatalf("a change that is not meant = %v, %v", errs, err)
			}
			errs, err := s.Apply(t.Context(), noon, []callback.Change{created("a"), created("b"), created("x")})
			if err != nil || len(errs) != 3 {
				t.Fatalf("Apply = %v, %v", errs, err)
			}
			if errs[0] != nil || !errors.Is(errs[1], callback.ErrOutcomeUnknown) || !errors.Is(errs[2], callback.ErrConflict) {
				t.Errorf("errors %v: each must stay with its change", errs)
			}
			if _, applied := n.records[callback.By{ID: "b"}]; applied != (kind == callbacktest.FailAfter) {
				t.Errorf("applied is %t", applied)
			}
		})
	}
	f, s, n := faultyNotebook(t)
	f.Inject(callbacktest.Fault{Kind: callbacktest.FailBefore, Change: func(callback.Change) bool { return true }})
	if errs, err := s.Apply(t.Context(), noon, []callback.Change{created("a")}); err != nil || !errors.Is(errs[0], callbacktest.ErrInjected) {
		t.Errorf("all changes withheld = %v, %v", errs, err)
	}
	n.fail = errors.New("disk is full")
	f.Inject(callbacktest.Fault{Kind: callbacktest.FailAfter, Change: second})
	if errs, err := s.Apply(t.Context(), noon, []callback.Change{created("a"), created("b")}); errs != nil || !errors.Is(err, n.fail) {
		t.Errorf("a store that fails by itself = %v, %v", errs, err)
	}
}

// An error of the store itself is told as it is: what failed by itself did not
// happen, and FailAfter must not turn it into "may have happened".
func TestFailAfterKeepsTrueErrors(t *testing.T) {
	f, s, n := faultyNotebook(t)
	n.fail = errors.New("disk is full")
	f.Inject(callbacktest.Fault{Kind: callbacktest.FailAfter, Times: -1})
	for m, err := range everyMethod(t.Context(), s) {
		if !errors.Is(err, n.fail) {
			t.Errorf("%s = %v", m, err)
		}
	}
}

func TestHooks(t *testing.T) {
	f, s, n := faultyNotebook(t)
	var seen []string
	f.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Hook: func(ctx context.Context, op callbacktest.Op) {
		seen = append(seen, fmt.Sprintf("%s %d of %s", op.Method, op.N, op.Changes[0].Record.ID))
		// Another writer is first.
		if _, err := n.Apply(ctx, noon, []callback.Change{created("a")}); err != nil {
			t.Error(err)
		}
	}})
	errs, err := s.Apply(t.Context(), noon, []callback.Change{created("a")})
	if err != nil || !errors.Is(errs[0], callback.ErrConflict) {
		t.Errorf("Apply = %v, %v, want a lost race", errs, err)
	}
	if diff := cmp.Diff([]string{"Apply 1 of a"}, seen); diff != "" {
		t.Errorf("hooks (-want +got):\n%s", diff)
	}
	want := []callbacktest.Injected{{Method: callbacktest.MethodApply, N: 1, Kind: callbacktest.Pass}}
	if diff := cmp.Diff(want, f.Injected(), cmpopts.EquateErrors()); diff != "" {
		t.Errorf("injected (-want +got):\n%s", diff)
	}
}

func TestRandomFaultsAreReplayed(t *testing.T) {
	run := func(seed uint64) string {
		f, s, _ := faultyNotebook(t)
		delays := 0
		f.Randomly(seed, callbacktest.Rates{Before: .1, After: .1, Unknown: .1, Cancel: .1, Delay: .1,
			Hook: func(context.Context, callbacktest.Op) { delays++ }})
		for range 500 {
			_ = everyMethod(t.Context(), s)
		}
		counts := make(map[string]int)
		for _, i := range f.Injected() {
			kind := i.Kind.String()
			if i.Kind == callbacktest.FailBefore && errors.Is(i.Err, callback.ErrOutcomeUnknown) {
				kind = "unknown"
			}
			counts[kind]++
		}
		if counts["pass"] != delays {
			t.Errorf("%d delays, %d hooks", counts["pass"], delays)
		}
		for _, kind := range []string{"fail before", "fail after", "unknown", "cancel", "pass"} {
			if n := counts[kind]; n < 300 || n > 500 {
				t.Errorf("seed %d: %d of 4000 calls met %s, want about 400", seed, n, kind)
			}
		}
		return fmt.Sprint(f.Injected())
	}
	first, second := run(1), run(1)
	if first != second {
		t.Error("the same seed gives other faults")
	}
	if first == run(2) {
		t.Error("two seeds give the same faults")
	}
}

func TestRandomFaultsOfSomeMethods(t *testing.T) {
	f, s, _ := faultyNotebook(t)
	f.Randomly(1, callbacktest.Rates{Before: 1, Methods: []callbacktest.Method{callbacktest.MethodGet, callbacktest.MethodNow}})
	for m, err := range everyMethod(t.Context(), s) {
		if (err != nil) != (m == callbacktest.MethodGet) {
			t.Errorf("%s = %v", m, err)
		}
	}
	f.Heal()
	if _, err := s.Get(t.Context(), callback.By{ID: "second"}); err != nil {
		t.Errorf("healed Get = %v", err)
	}
	f.Inject(callbacktest.Fault{Kind: callbacktest.FailBefore, Times: -1})
	f.Heal()
	if _, err := s.Get(t.Context(), callback.By{ID: "second"}); err != nil {
		t.Errorf("healed Get = %v", err)
	}
}

// clocked and hinting are the notebook with the optional interfaces.
type clocked struct{ *notebook }

func (clocked) Now(context.Context) (time.Time, error) { return noon, nil }

type hinting struct{ hint *func() }

func (h hinting) Notify(f func()) func() {
	*h.hint = f
	return func() { *h.hint = nil }
}

func TestOptionalInterfacesPassThrough(t *testing.T) {
	n := newNotebook()
	hint := new(func())
	stores := []struct {
		name              string
		store             callback.Store
		isClock, notifies bool
	}{
		{"neither", n, false, false},
		{"clock", clocked{n}, true, false},
		{"notifier", struct {
			*notebook
			hinting
		}{n, hinting{hint}}, false, true},
		{"both", struct {
			clocked
			hinting
		}{clocked{n}, hinting{hint}}, true, true},
	}
	for _, test := range stores {
		t.Run(test.name, func(t *testing.T) {
			f := callbacktest.NewFaultyStore(test.store)
			s := f.Store()
			clock, isClock := s.(callback.ClockStore)
			notifier, notifies := s.(callback.NotifyingStore)
			if isClock != test.isClock || notifies != test.notifies {
				t.Fatalf("clock %t, notifier %t", isClock, notifies)
			}
			if isClock {
				f.Inject(callbacktest.Fault{Method: callbacktest.AnyMethod, Kind: callbacktest.FailBefore})
				f.Inject(callbacktest.Fault{Method: callbacktest.MethodNow, Kind: callbacktest.FailBefore, Skip: 1})
				if at, err := clock.Now(t.Context()); err != nil || !at.Equal(noon) {
					t.Errorf("Now = %v, %v", at, err)
				}
				if _, err := clock.Now(t.Context()); !errors.Is(err, callbacktest.ErrInjected) {
					t.Errorf("second Now = %v", err)
				}
			}
			if notifies {
				hints := 0
				stop := notifier.Notify(func() { hints++ })
				f.Inject(
					callbacktest.Fault{Method: callbacktest.MethodNotify, Kind: callbacktest.FailBefore, Skip: 1},
					callbacktest.Fault{Method: callbacktest.MethodNotify, Kind: callbacktest.FailAfter, Skip: 2},
				)
				var seen []int
				for range 4 {
					(*hint)()
					seen = append(seen, hints)
				}
				if want := []int{1, 1, 3, 4}; !slices.Equal(seen, want) {
					t.Errorf("hints %v, want %v: one passed, one lost, one doubled, one passed", seen, want)
				}
				if stop(); *hint != nil {
					t.Error("stop was not passed on")
				}
			}
		})
	}
}

func TestFaultNames(t *testing.T) {
	if got := fmt.Sprint(callbacktest.AnyMethod, callbacktest.MethodErase, callbacktest.MethodNotify, callbacktest.Method(99)); got != "any Erase Notify Method(99)" {
		t.Errorf("methods are %s", got)
	}
	if got := fmt.Sprint(callbacktest.Pass, callbacktest.FailBefore, callbacktest.FailAfter, callbacktest.Cancel, callbacktest.FaultKind(9)); got != "pass fail before fail after cancel FaultKind(9)" {
		t.Errorf("kinds are %s", got)
	}
	f, _, _ := faultyNotebook(t)
	if n := f.Count(callbacktest.Method(200)); n != 0 {
		t.Errorf("Count of no method = %d", n)
	}
}
