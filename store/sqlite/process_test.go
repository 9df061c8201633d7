package sqlite_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// hammer works on a store with several concurrent workers and writes their
// ledger.
func hammer(ctx context.Context, s *sqlite.Store, ledger io.Writer, name string, seed uint64, steps int) error {
	const workers = 3
	var mu sync.Mutex
	var all sync.WaitGroup
	errs := make(chan error, workers)
	for i := range workers {
		all.Go(func() {
			w := newWorker(witness{s, ledger, &mu}, seed+uint64(i), fmt.Sprint(name, i))
			w.note = func(format string, args ...any) {
				mu.Lock()
				defer mu.Unlock()
				fmt.Fprintf(ledger, format, args...)
			}
			for range steps {
				if err := w.step(ctx); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	all.Wait()
	close(errs)
	return <-errs
}

// witness records which callback was claimed with which epoch.
type witness struct {
	callback.Store
	ledger io.Writer
	mu     *sync.Mutex
}

func (w witness) Claim(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
	claimed, err := w.Store.Claim(ctx, now, req)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, cb := range claimed.Callbacks {
		fmt.Fprintf(w.ledger, "claimed %s/%d\n", cb.ID, cb.Lease.Epoch)
	}
	return claimed, err
}

func hammerChild() error {
	path, seed, steps, err := childSettings()
	if err != nil {
		return err
	}
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path, sqlite.Config{})
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := hammer(ctx, s, &out, fmt.Sprint("child", seed, "-"), seed, steps); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	fmt.Print(out.String())
	return nil
}

// Several processes share a file whose seats are always taken: no acknowledged
// change is lost, no bucket exceeds its seats, and nothing is claimed twice
// with one epoch.
func TestProcessesShareAFile(t *testing.T) {
	t.Parallel()
	const steps = 100
	path := filepath.Join(t.TempDir(), "callbacks.db")
	s := openAt(t, path)
	one, oneOut, oneErrs := child(t, "hammer", path, 100, steps)
	two, twoOut, twoErrs := child(t, "hammer", path, 200, steps)
	var out bytes.Buffer
	if err := hammer(t.Context(), s, &out, "parent-", 300, steps); err != nil {
		t.Error(err)
	}
	for _, process := range []struct {
		wait func() error
		errs *bytes.Buffer
	}{{one.Wait, oneErrs}, {two.Wait, twoErrs}} {
		if err := process.wait(); err != nil {
			t.Fatalf("%v\n%s", err, process.errs)
		}
	}
	out.Write(oneOut.Bytes())
	out.Write(twoOut.Bytes())
	claims := make(map[string]bool)
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, "claimed ") {
			continue
		}
		if claims[line] {
			t.Errorf("twice: %s", line)
		}
		claims[line] = true
	}
	if refused := strings.Count(out.String(), "refused "); len(claims) < steps || refused < 20 {
		t.Errorf("only %d claims and %d refusals in the ledgers", len(claims), refused)
	}
	keeps(t, s, ledger(t, &out))
	verify(t, s, path, storetest.At(24*time.Hour))
}
