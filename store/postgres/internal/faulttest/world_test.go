package faulttest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/ringback-go/ringback/callback"
)

func entry(d Deed, key string) Entry {
	id, _, _ := callback.AttemptKey(key).Split()
	return Entry{Deed: d, Key: callback.AttemptKey(key), ID: id}
}

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
	return w.put(t, question{Op: opWhole, Key: key, Epoch: epoch})
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

// TestFence expects a fenced world to place an attempt once, to refuse old epochs, and to keep its word on what it has not placed.
func TestFence(t *testing.T) {
	w := newWorld(t, true)
	if f := w.dial(t, "a/1", 3); f.Refused || f.Found.State != callback.FoundEnded {
		t.Errorf("a first attempt: %+v", f)
	}
	if f := w.dial(t, "a/1", 3); f.Refused || w.Ledger.Count(Repeated) != 1 || w.Ledger.Count(Placed) != 1 {
		t.Errorf("the same again: %+v", f)
	}
	if f := w.dial(t, "a/2", 2); !f.Refused {
		t.Errorf("an older epoch: %+v", f)
	}
	if f := w.put(t, question{Op: opLookup, Key: "a/3"}); f.Found.State != callback.FoundNotPlaced {
		t.Errorf("a look-up of what was never placed: %+v", f)
	}
	if f := w.dial(t, "a/3", 9); !f.Refused {
		t.Errorf("what was said never to be placed: %+v", f)
	}
	if f := w.dial(t, "a/4", 9); f.Refused {
		t.Errorf("a new attempt: %+v", f)
	}
	if faults := w.Ledger.Faults(); len(faults) > 0 {
		t.Error(faults)
	}
}

// TestOpenWorld expects a world without a fence to place whatever it is asked, so that whoever relies on it is found out.
func TestOpenWorld(t *testing.T) {
	w := newWorld(t, false)
	if f := w.put(t, question{Op: opLookup, Key: "a/1"}); f.Found.State != callback.FoundNotPlaced {
		t.Errorf("a look-up before: %+v", f)
	}
	w.dial(t, "a/1", 3)
	w.dial(t, "a/1", 2)
	if f := w.put(t, question{Op: opLookup, Key: "a/1"}); f.Found.State != callback.FoundEnded {
		t.Errorf("a look-up afterwards: %+v", f)
	}
	if n := w.Ledger.Count(Placed); n != 2 || len(w.Ledger.Faults()) == 0 {
		t.Errorf("%d placed, faults %v", n, w.Ledger.Faults())
	}
}
