package interaction_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/interaction"
	"github.com/ringback-go/ringback/callback/manager"
)

// die simulates a crash of the process: no later effect of the Notifiers is
// visible.
func (b *bubble) die() {
	b.keeper.mu.Lock()
	b.keeper.frozen = true
	b.keeper.mu.Unlock()
	b.receiver.mu.Lock()
	b.receiver.script = func(*http.Request, delivery) answer { return answer{err: errors.New("dead")} }
	b.receiver.mu.Unlock()
	b.stop()
}

func TestCrashLosesNothing(t *testing.T) {
	// Crash before and after each answer and each save.
	for point := 0; ; point++ {
		reached := false
		for _, where := range []string{"before the answer", "after the answer", "saving", "after saving"} {
			inBubble(t, nil, func(b *bubble) {
				first, second := b.receiver, newReceiver(b.t)
				crash := make(chan struct{})
				at := func(n int, here bool) bool {
					if n != point || !here {
						return false
					}
					select {
					case <-crash:
						return false
					default:
						close(crash)
						return true
					}
				}
				count := 0
				first.script = func(_ *http.Request, d delivery) answer {
					n := count
					count++
					a := answer{wait: 300 * time.Millisecond}
					if d.Sequence == 2 && n%3 == 0 {
						a.status = 503
					}
					switch {
					case at(n, where == "before the answer"):
						a.err = errors.New("dead")
					case at(n, where == "after the answer"):
						b.keeper.mu.Lock()
						b.keeper.frozen = true
						b.keeper.mu.Unlock()
					}
					return a
				}
				b.keeper.fail = func(save int) error {
					if at(save-1, where == "saving") {
						return errors.New("dead")
					}
					at(save-1, where == "after saving")
					return nil
				}
				b.config.MaxInFlight = 1
				b.notify()
				for range 3 {
					b.life()
					b.pass(700 * time.Millisecond)
				}
				select {
				case <-crash:
					reached = true
				case <-time.After(time.Minute):
				}
				b.die()
				before := first.got()

				b.keeper.mu.Lock()
				b.keeper.frozen, b.keeper.fail = false, nil
				b.keeper.mu.Unlock()
				b.config.Transport, b.receiver = second, second
				b.notify()
				b.life()
				b.pass(time.Hour)
				all := lists(append(slices.Clone(before), second.got()...))
				for id, want := range b.wanted() {
					var once []string
					for _, got := range all[id] {
						if !slices.Contains(once, got) {
							once = append(once, got)
						}
					}
					if diff := cmp.Diff(want, once); diff != "" {
						t.Fatalf("died %s %d; %s (-wanted +got):\n%s", where, point, id, diff)
					}
				}
				// A repeated notification has the same id.
				ids := make(map[string]string)
				for _, d := range append(before, second.got()...) {
					key := fmt.Sprint(d.callback(), d.Sequence, d.Event)
					if ids[key] == "" {
						ids[key] = d.ID
					}
					if ids[key] != d.ID {
						t.Fatalf("%s has the ids %s and %s", key, ids[key], d.ID)
					}
				}
			})
		}
		if !reached {
			if point < 10 {
				t.Fatalf("only %d places to die at were found", point)
			}
			return
		}
	}
}

func TestGracefulStop(t *testing.T) {
	inBubble(t, func(b *bubble) { b.config.MaxInFlight = 1 }, func(b *bubble) {
		b.receiver.script = func(*http.Request, delivery) answer { return answer{wait: 5 * time.Second} }
		b.notify()
		for range 3 {
			b.start(manager.Request{Desired: time.Now().Add(2 * time.Hour)})
			synctest.Wait()
		}
		b.pass(7 * time.Second)
		began := time.Now()
		b.stop()
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("stopping took %v, the delivery under way needed 3 s", took)
		}
		if n := len(b.receiver.got()); n != 2 {
			t.Errorf("%d taken, want 2", n)
		}
		synctest.Wait()
		b.receiver.script = nil
		b.notify()
		b.pass(time.Minute)
		if n := len(b.receiver.all()); n != 3 {
			t.Errorf("%d tries in all: what was taken was sent again", n)
		}
		if diff := cmp.Diff(b.wanted(), lists(b.receiver.all())); diff != "" {
			t.Errorf("deliveries (-wanted +got):\n%s", diff)
		}
	})
}

func TestCursorSkipsUnwanted(t *testing.T) {
	inBubble(t, func(b *bubble) {
		b.config.Notify = map[interaction.Name][]string{interaction.OnReminder: nil}
	}, func(b *bubble) {
		b.notify()
		b.life()
		b.pass(2 * time.Second)
		page, err := b.store.Events(context.Background(), callback.EventQuery{})
		if err != nil {
			t.Fatal(err)
		}
		if got := b.keeper.kept(); got != page.Events[len(page.Events)-1].Cursor {
			t.Errorf("cursor is %q, want that of the last of %d events", got, len(page.Events))
		}
	})
}

func TestCursorBeforeUndelivered(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		poison := b.life()
		b.receiver.script = func(_ *http.Request, d delivery) answer {
			if d.callback() == string(poison) {
				return answer{status: 500}
			}
			return answer{}
		}
		b.notify()
		b.life()
		b.pass(time.Hour)
		if got := b.keeper.kept(); got != "" {
			t.Errorf("cursor moved to %q", got)
		}
	})
}

func TestCursorSaveIsRetried(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		b.keeper.fail = func(save int) error {
			switch {
			case save == 2:
				panic("full")
			case save < 5:
				return errors.New("disk is full")
			}
			return nil
		}
		b.notify()
		b.life()
		b.pass(3500 * time.Millisecond)
		if got := b.keeper.kept(); got != "" {
			t.Errorf("cursor is %q", got)
		}
		b.pass(2 * time.Second)
		if got := b.keeper.kept(); got == "" {
			t.Error("the cursor was not saved")
		}
		saves := b.keeper.saves
		b.pass(time.Hour)
		if b.keeper.saves != saves {
			t.Errorf("a cursor that did not move was saved %d times", b.keeper.saves-saves)
		}
	})
}

func TestRunErrors(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		n, err := interaction.NewNotifier(b.config)
		if err != nil {
			t.Fatal(err)
		}
		b.keeper.loadErr = errors.New("no such disk")
		if err := n.Run(context.Background()); !errors.Is(err, b.keeper.loadErr) {
			t.Errorf("without a cursor Run returned %v", err)
		}
		b.keeper.loadErr = nil
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- n.Run(ctx) }()
		synctest.Wait()
		if err := n.Run(ctx); !errors.Is(err, interaction.ErrRunning) {
			t.Errorf("a second Run returned %v", err)
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
}

func TestRunEndsWithManager(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		b.notify()
		b.life()
		b.pass(time.Second)
		if err := b.manager.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		b.pass(10 * time.Second)
		if got := b.keeper.kept(); got == "" {
			t.Error("the cursor was not kept")
		}
		if n := len(b.receiver.all()); n != 4 {
			t.Errorf("%d deliveries, want 4", n)
		}
	})
}

func TestTwoNotifiers(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		b.notify()
		b.config.Cursor = &keeper{}
		b.notify()
		b.life()
		b.pass(time.Second)
		if all, once := len(b.receiver.all()), len(b.receiver.got()); all != 8 || once != 4 {
			t.Errorf("%d deliveries under %d ids, want 8 under 4", all, once)
		}
	})
}

func TestFileCursor(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	f := interaction.FileCursor(filepath.Join(dir, "cursor"))
	if c, err := f.Load(ctx); c != "" || err != nil {
		t.Errorf("before the first save: %q, %v", c, err)
	}
	for _, want := range []callback.Cursor{"1", "a much longer cursor \x00\n", "2"} {
		if err := f.Save(ctx, want); err != nil {
			t.Fatal(err)
		}
		if c, err := interaction.FileCursor(filepath.Join(dir, "cursor")).Load(ctx); c != want || err != nil {
			t.Errorf("loaded %q, %v; want %q", c, err, want)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 1 {
		t.Errorf("the folder holds %v, %v", left, err)
	}
	gone := interaction.FileCursor(filepath.Join(dir, "no", "cursor"))
	if err := gone.Save(ctx, "1"); err == nil {
		t.Error("saved into a folder that is not there")
	}
	if _, err := interaction.FileCursor(dir).Load(ctx); err == nil {
		t.Error("loaded a folder")
	}
	if err := interaction.FileCursor(dir).Save(ctx, "1"); err == nil {
		t.Error("saved over a folder")
	}
	if left, err := filepath.Glob(dir + "*"); err != nil || len(left) != 1 {
		t.Errorf("a failed save left %v, %v", left, err)
	}
}
