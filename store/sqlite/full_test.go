package sqlite_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// While the disk is full, changes fail as a whole; they succeed again
// afterwards.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	const points = 200
	var s *sqlite.Store
	var path string
	var w *worker
	var out bytes.Buffer
	r := rand.New(rand.NewPCG(5, 7))
	for point := range points {
		if point%20 == 0 {
			s, path = openNew(t)
			out.Reset()
			w = newWorker(s, uint64(point), "w")
			w.size = 20_000
			w.note = func(format string, args ...any) { fmt.Fprintf(&out, format, args...) }
		}
		pages, err := s.Number(t.Context(), "PRAGMA page_count")
		if err != nil {
			t.Fatal(err)
		}
		limit(t, s, pages+r.Int64N(4))
		full := 0
		w.fault = func(err error) error {
			if errors.Is(err, callback.ErrOutcomeUnknown) || !errors.Is(err, sqlite.ErrFull) {
				return err
			}
			full++
			return nil
		}
		for step := 0; full == 0; step++ {
			if step > 2000 {
				t.Fatalf("point %d: the disk is never full", point)
			}
			// Records only grow here, so that space runs out.
			if err := w.start(t.Context()); err != nil {
				t.Fatalf("point %d: %v", point, err)
			}
			if err := w.step(t.Context()); err != nil {
				t.Fatalf("point %d: %v", point, err)
			}
			w.give(t, step)
		}
		limit(t, s, 1<<30)
		w.fault = func(err error) error { return err }
		if err := w.start(t.Context()); err != nil {
			t.Fatalf("point %d, with room again: %v", point, err)
		}
		if point%20 == 19 {
			keeps(t, s, ledger(t, bytes.NewBuffer(bytes.Clone(out.Bytes()))))
			verify(t, s, path, storetest.At(24*time.Hour))
		}
		if t.Failed() {
			t.Fatalf("point %d", point)
		}
	}
}

func limit(t *testing.T, s *sqlite.Store, pages int64) {
	t.Helper()
	if _, err := s.Number(t.Context(), fmt.Sprint("PRAGMA max_page_count = ", pages)); err != nil {
		t.Fatal(err)
	}
}

// give frees seats in the buckets for new callbacks.
func (w *worker) give(t *testing.T, step int) {
	t.Helper()
	for _, cb := range w.cbs {
		if step%3 == 0 && cb.State != callback.Completed {
			if err := w.apply(t.Context(), w.revise(cb, w.complete)); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
}

// If the disk is full for one of several callers that share a commit, each
// other gets the result that it would have had alone.
func TestDiskFullHurtsOnlyWhoNeedsRoom(t *testing.T) {
	s, path := openNew(t)
	w := newWorker(s, 1, "w")
	var all []callback.Change
	for range 20 {
		all = append(all, storetest.Write(storetest.New(w.seated().Record.ID, storetest.DueAt(storetest.Start()))))
	}
	apply(t, s, all...)
	pages, err := s.Number(t.Context(), "PRAGMA page_count")
	if err != nil {
		t.Fatal(err)
	}
	limit(t, s, pages+10) // space for the small changes but not for the large one
	large := storetest.Write(storetest.New("large", func(cb *callback.Callback) {
		cb.UserData = callback.Values{"text": string(bytes.Repeat([]byte("x"), 100_000))}
	}))
	done := make(chan error, 21)
	for i := range 20 {
		go func() {
			errs, err := s.Apply(t.Context(), storetest.Start(), []callback.Change{storetest.Revise(all[i].Record)})
			done <- errors.Join(append(errs, err)...)
		}()
	}
	go func() {
		_, err := s.Apply(t.Context(), storetest.Start(), []callback.Change{large})
		if !errors.Is(err, sqlite.ErrFull) {
			t.Errorf("a change without room: %v", err)
		}
		done <- nil
	}()
	for range 21 {
		if err := <-done; err != nil {
			t.Errorf("a change for which there is room: %v", err)
		}
	}
	limit(t, s, 1<<30)
	db := openRaw(t, path)
	faults, err := sqlite.Faults(t.Context(), db)
	if err != nil || len(faults) > 0 {
		t.Error(faults, err)
	}
	apply(t, s, large)
}
