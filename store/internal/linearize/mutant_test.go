package linearize

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

// mutant is a store with one deliberate fault: hooks that replace its methods.
// A hook calls the correct store through the embedded one. Calls ignore
// cancellation, so that the steps of a faulty method stay together as far as
// the fault allows.
type mutant struct {
	callback.Store
	change func(ctx context.Context, now time.Time, c callback.Change) error
	claim  func(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error)
	get    func(ctx context.Context, by callback.By) (*callback.Callback, error)
	erase  func(ctx context.Context, now time.Time, req callback.EraseRequest) error

	mu      sync.Mutex
	carried int // number of carriers so far
}

func newMutant() *mutant { return &mutant{Store: store.NewMemory(store.Config{})} }

func (m *mutant) Apply(ctx context.Context, now time.Time, changes []callback.Change) ([]error, error) {
	if m.change == nil {
		return m.Store.Apply(ctx, now, changes)
	}
	errs := make([]error, len(changes))
	for i, c := range changes {
		if c.Record.State == callback.Completed && c.Record.Revision == 1 || c.Unclaim && c.Epoch == 0 {
			errs[i] = m.one(ctx, now, c) // clean-up after a history
			continue
		}
		errs[i] = m.change(context.WithoutCancel(ctx), now, c)
	}
	return errs, nil
}

func (m *mutant) Claim(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
	if m.claim == nil {
		return m.Store.Claim(ctx, now, req)
	}
	return m.claim(context.WithoutCancel(ctx), now, req)
}

func (m *mutant) Get(ctx context.Context, by callback.By) (*callback.Callback, error) {
	if m.get == nil {
		return m.Store.Get(ctx, by)
	}
	return m.get(context.WithoutCancel(ctx), by)
}

func (m *mutant) Erase(ctx context.Context, now time.Time, req callback.EraseRequest) ([]error, error) {
	if m.erase == nil || req.Actor == "" { // clean-up after a history
		return m.Store.Erase(ctx, now, req)
	}
	return []error{m.erase(context.WithoutCancel(ctx), now, req)}, nil
}

// Search hides the carriers.
func (m *mutant) Search(ctx context.Context, q callback.Query) (callback.Page, error) {
	page, err := m.Store.Search(ctx, q)
	var kept []*callback.Callback
	for _, cb := range page.Callbacks {
		if !strings.HasPrefix(string(cb.ID), carrier) {
			kept = append(kept, cb)
		}
	}
	page.Callbacks = kept
	return page, err
}

const carrier = "carrier"

// one makes a change correctly.
func (m *mutant) one(ctx context.Context, now time.Time, c callback.Change) error {
	return only(m.Store.Apply(ctx, now, []callback.Change{c}))
}

// eraseOne erases correctly.
func (m *mutant) eraseOne(ctx context.Context, now time.Time, req callback.EraseRequest) error {
	return only(m.Store.Erase(ctx, now, req))
}

// move gives units back and takes others independently of the callbacks that
// the clients know, by creating a carrier that is erased at once.
func (m *mutant) move(ctx context.Context, now time.Time, tenant string, give []callback.Held, take []callback.Permit) error {
	m.mu.Lock()
	m.carried++
	id := callback.ID(fmt.Sprint(carrier, m.carried))
	m.mu.Unlock()
	cb := &callback.Callback{Tenant: tenant, ID: id, Service: service, Revision: 1, State: callback.Completed}
	c := callback.Change{Record: cb, Give: give, Take: take, Event: callback.Event{Type: callback.EventAccepted}}
	if err := m.one(ctx, now, c); err != nil {
		return err
	}
	item := callback.Precondition{ID: id, Revision: 1}
	return m.eraseOne(ctx, now, callback.EraseRequest{Tenant: tenant, Items: []callback.Precondition{item}})
}

// free returns permits without a limit for units.
func free(held []callback.Held) []callback.Permit {
	var take []callback.Permit
	for _, h := range held {
		take = append(take, callback.Permit{Key: h.Key, N: h.N, Max: -1})
	}
	return take
}

// crowded returns the refusal of the first permit that exceeds its maximum,
// according to a separate read of the counters less the units given back.
func (m *mutant) crowded(ctx context.Context, now time.Time, c *callback.Change) error {
	for _, p := range c.Take {
		counters, err := m.Load(ctx, now, callback.LoadRequest{
			Tenant: c.Record.Tenant, Kind: p.Key.Kind, Service: p.Key.Service, From: p.Key.Slot, To: p.Key.Slot,
		})
		if err != nil {
			return err
		}
		used := int64(0)
		for _, counter := range counters {
			used += counter.Used
		}
		for _, h := range c.Give {
			if h.Key == p.Key {
				used -= h.N
			}
		}
		if p.Max >= 0 && used+p.N > p.Max {
			return &callback.PermitError{Permit: p, Used: used}
		}
	}
	return nil
}

// conflict is the error of a change that lost against another one.
func conflict() error { return fmt.Errorf("planted: %w", callback.ErrConflict) }

// linger yields, where a faulty store would have a race.
func linger() {
	for range 50 {
		runtime.Gosched()
	}
}

// present returns a callback, or nil if there is none.
func (m *mutant) present(ctx context.Context, by callback.By) (*callback.Callback, error) {
	cb, err := m.Store.Get(ctx, by)
	if errors.Is(err, callback.ErrNotFound) {
		return nil, nil
	}
	return cb, err
}

func byID(c *callback.Change) callback.By {
	return callback.By{Tenant: c.Record.Tenant, ID: c.Record.ID}
}

// within is the number of histories within which a mutant must be found.
const within = 200

// TestMutants checks that a campaign can fail: every fault is found as an
// illegal history, under either rule.
func TestMutants(t *testing.T) {
	for _, planted := range mutants() {
		t.Run(planted.name, func(t *testing.T) {
			for _, rules := range []Rules{{}, {PassOver: true}} {
				v := findMutant(t, planted.make(), rules)
				t.Logf("%s %+v: found in history %d of %d operations", planted.name, rules, v.Seed+1, len(v.History.Operations()))
			}
		})
	}
}

func findMutant(t *testing.T, s callback.Store, rules Rules) *Violation {
	t.Helper()
	c := &Campaign{Stores: []callback.Store{s}, Rules: rules, Histories: within}
	_, err := c.Run(t.Context())
	v, ok := errors.AsType[*Violation](err)
	if !ok {
		t.Fatalf("%+v: not found within %d histories: %v", rules, within, err)
	}
	if v.Fault != nil || v.Result != porcupine.Illegal {
		t.Fatalf("%+v: found as %v, want an illegal history", rules, err)
	}
	return v
}

// TestControl runs a mutant without a fault.
func TestControl(t *testing.T) {
	for _, rules := range []Rules{{}, {PassOver: true}} {
		sound := newMutant()
		sound.claim, sound.get, sound.erase = sound.Store.Claim, sound.Store.Get, sound.eraseOne
		sound.change = func(ctx context.Context, now time.Time, c callback.Change) error {
			return errors.Join(sound.one(ctx, now, c), sound.move(ctx, now, c.Record.Tenant, nil, nil))
		}
		c := &Campaign{Stores: []callback.Store{sound}, Rules: rules, Histories: within}
		if report, err := c.Run(t.Context()); err != nil || report.Histories != within || report.Passing != 0 {
			t.Errorf("%+v: %v, %v", rules, report, err)
		}
	}
}

func TestVisualize(t *testing.T) {
	v := findMutant(t, doubleBooks(), Rules{})
	path := filepath.Join(t.TempDir(), "history.html")
	result, err := v.History.Visualize(Rules{}, time.Minute, path)
	if err != nil || result != porcupine.Illegal {
		t.Fatal(result, err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<html", "start c", "load seats"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page does not contain %q", want)
		}
	}
	if text := v.History.String(); !strings.Contains(text, "Seed:") || !strings.Contains(text, "client 0: ") {
		t.Errorf("history: %q", text)
	}
}
