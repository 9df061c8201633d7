package faulttest

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
)

func entry(d Deed, id callback.ID, n int) Entry { return Entry{Deed: d, Key: key(id, n), ID: id} }

// key returns an attempt key of a callback.
func key(id callback.ID, n int) callback.AttemptKey { return callback.NewAttemptKey(id, n) }

func newWorld(t *testing.T, fenced bool) *World {
	t.Helper()
	dir, err := os.MkdirTemp("", "rb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	w, err := NewWorld(WorldConfig{Socket: filepath.Join(dir, "world"), Fenced: fenced, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func (w *World) dial(t *testing.T, key callback.AttemptKey, epoch int64) finding {
	t.Helper()
	return w.put(t, question{Op: opWhole, Key: key, Epoch: epoch, NotAfter: time.Now().Add(time.Minute)})
}

func (w *World) put(t *testing.T, q question) finding {
	t.Helper()
	q.ID, _, _ = q.Key.Split()
	f, err := ask[question, finding](context.Background(), w.config.Socket, q, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestFence checks that a fenced world places an attempt once, refuses old epochs,
// and does not place an attempt that it reported as not placed.
func TestFence(t *testing.T) {
	w := newWorld(t, true)
	if f := w.dial(t, key("a", 1), 3); f.Refused || f.Found.State != callback.FoundEnded {
		t.Errorf("first attempt: %+v", f)
	}
	if f := w.dial(t, key("a", 1), 3); f.Refused || w.Ledger.Count(Repeated) != 1 || w.Ledger.Count(Placed) != 1 {
		t.Errorf("same attempt again: %+v", f)
	}
	if f := w.dial(t, key("a", 2), 2); !f.Refused {
		t.Errorf("older epoch: %+v", f)
	}
	if f := w.put(t, question{Op: opLookup, Key: key("a", 3)}); f.Found.State != callback.FoundNotPlaced {
		t.Errorf("look-up of an attempt that was not placed: %+v", f)
	}
	if f := w.dial(t, key("a", 3), 9); !f.Refused {
		t.Errorf("attempt reported as not placed: %+v", f)
	}
	if f := w.dial(t, key("a", 4), 9); f.Refused {
		t.Errorf("new attempt: %+v", f)
	}
	if faults := w.Ledger.Faults(); len(faults) > 0 {
		t.Error(faults)
	}
}

// TestDeadline checks that a world without a fence refuses a request after its deadline,
// also one that was in time when it was sent, and that a fence needs no deadline.
func TestDeadline(t *testing.T) {
	late := question{Op: opWhole, Key: key("a", 1), Epoch: 3, NotAfter: time.Now().Add(-2 * wireMost)}
	w := newWorld(t, false)
	if f := w.put(t, late); !f.Refused || w.Ledger.Count(Placed) != 0 || w.Ledger.Count(Refused) != 1 {
		t.Errorf("after the deadline: %+v", f)
	}
	if f := w.put(t, question{Op: opLookup, Key: late.Key}); f.Found.State != callback.FoundNotPlaced {
		t.Errorf("look-up after the deadline: %+v", f)
	}
	if f := newWorld(t, true).put(t, late); f.Refused {
		t.Errorf("fenced: %+v", f)
	}
}

// TestLateSender checks that a node whose time is over before it sends still sends.
func TestLateSender(t *testing.T) {
	w := newWorld(t, false)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q := question{Op: opDial, Key: key("a", 1), ID: "a", NotAfter: time.Now().Add(time.Minute)}
	_, err := ask[question, finding](ctx, w.config.Socket, q, nil)
	for end := time.Now().Add(10 * time.Second); w.put(t, question{Op: opLookup, Key: q.Key}).Found.State == callback.FoundNotPlaced; {
		if time.Now().After(end) {
			t.Fatalf("the request did not arrive: %v", err)
		}
	}
}

// TestOpenWorld checks that a world without a fence places every request in time, so
// that a node that relies on a fence is detected.
func TestOpenWorld(t *testing.T) {
	w := newWorld(t, false)
	if f := w.put(t, question{Op: opLookup, Key: key("a", 1)}); f.Found.State != callback.FoundNotPlaced {
		t.Errorf("look-up before: %+v", f)
	}
	w.dial(t, key("a", 1), 3)
	w.dial(t, key("a", 1), 2)
	if f := w.put(t, question{Op: opLookup, Key: key("a", 1)}); f.Found.State != callback.FoundEnded {
		t.Errorf("look-up after: %+v", f)
	}
	if n := w.Ledger.Count(Placed); n != 2 || len(w.Ledger.Faults()) == 0 {
		t.Errorf("%d placed, faults %v", n, w.Ledger.Faults())
	}
}
