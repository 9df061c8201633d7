package linearize

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

func TestGenerate(t *testing.T) {
	for seed := range uint64(1000) {
		w := Generate(seed)
		if w != Generate(seed) {
			t.Fatalf("seed %d: two different workloads", seed)
		}
		if w.Clients < 3 || w.Clients > 6 || w.Steps < 6 || w.Steps > 12 || w.Seats < 1 || w.Seats > 3 || w.Callbacks > MaxCallbacks {
			t.Fatalf("%+v", w)
		}
	}
}

func TestWorkloadOutOfRange(t *testing.T) {
	sound := Generate(0)
	for _, edit := range []func(*Workload){
		func(w *Workload) { w.Clients = 0 },
		func(w *Workload) { w.Clients = maxClients },
		func(w *Workload) { w.Callbacks = 0 },
		func(w *Workload) { w.Callbacks = MaxCallbacks + 1 },
		func(w *Workload) { w.Buckets = 0 },
		func(w *Workload) { w.Buckets = MaxBuckets + 1 },
		func(w *Workload) { w.Keys = -1 },
		func(w *Workload) { w.Keys = MaxKeys + 1 },
	} {
		w := sound
		edit(&w)
		if _, err := w.Run(t.Context(), store.NewMemory(store.Config{})); err == nil {
			t.Errorf("%+v was accepted", w)
		}
	}
}

// TestAlone runs a single client, whose calls have only one order: it checks
// that the specification agrees with the reference store.
func TestAlone(t *testing.T) {
	s := store.NewMemory(store.Config{})
	for seed := range uint64(500) {
		w := Generate(seed)
		w.Clients, w.Steps = 1, 40
		h, err := w.Run(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if n := h.Overlapping(); n > 0 {
			t.Fatalf("%d calls of one client overlap", n)
		}
		if got := h.Check(Rules{}, time.Minute); got != porcupine.Ok {
			t.Fatalf("seed %d: %s\n%s", seed, got, h)
		}
	}
}

// TestLeavesNothingDue checks that one history of a store cannot affect the
// next.
func TestLeavesNothingDue(t *testing.T) {
	s := store.NewMemory(store.Config{})
	c := &Campaign{Stores: []callback.Store{s}, Histories: 20}
	if _, err := c.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := s.Claim(t.Context(), formOf(c.First).at(1<<30), callback.ClaimRequest{Owner: "late", Lease: time.Second, Due: true, Limit: 1})
	if err != nil || len(got.Callbacks) > 0 || !got.NextAt.IsZero() {
		t.Errorf("due: %v, %v", got, err)
	}
}

func TestCampaignFault(t *testing.T) {
	broken := errors.New("disk failure")
	for name, s := range map[string]callback.Store{
		"error": &mutant{Store: store.NewMemory(store.Config{}), get: func(context.Context, callback.By) (*callback.Callback, error) { return nil, broken }},
		"foreign callback": &mutant{Store: store.NewMemory(store.Config{}), get: func(context.Context, callback.By) (*callback.Callback, error) {
			return &callback.Callback{Tenant: "other"}, nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := &Campaign{Stores: []callback.Store{s}, Histories: within}
			_, err := c.Run(t.Context())
			v, ok := errors.AsType[*Violation](err)
			if !ok || v.Fault == nil || !strings.Contains(v.Error(), "get c") {
				t.Fatal(err)
			}
			if name == "error" && !errors.Is(err, broken) {
				t.Errorf("%v does not wrap the cause", err)
			}
		})
	}
}

func TestCampaignCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := &Campaign{Stores: []callback.Store{store.NewMemory(store.Config{})}, Histories: 1}
	if report, err := c.Run(ctx); !errors.Is(err, context.Canceled) || report.Histories != 0 {
		t.Errorf("%d histories, %v", report.Histories, err)
	}
}

// TestOutOfTime checks a history with too many orders to try: an unknown result
// does not count as legal.
func TestOutOfTime(t *testing.T) {
	var h History
	for i := range int64(40) {
		in := start(0)
		in.Row.Tag = int32(i)
		in.Take = []Units{{Counter: places, N: i + 1, Max: -1}}
		h.operations = append(h.operations, at(i+1, 0, in, ended(Uncertain)))
		erase := forget(int8(i % MaxCallbacks))
		erase.Row.Revision = 100 + i
		h.operations = append(h.operations, at(i+100, 0, erase, ended(Uncertain)))
	}
	h.operations = append(h.operations, at(500, 501, seats(), used(1)))
	if got := h.Check(Rules{}, 50*time.Millisecond); got != porcupine.Unknown {
		t.Errorf("check: %s, want Unknown", got)
	}
	v := &Violation{Seed: 7, History: &h, Result: porcupine.Unknown}
	if got := v.Error(); !strings.Contains(got, "seed 7") || !strings.Contains(got, "Unknown") {
		t.Errorf("error: %q", got)
	}
}
