package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// gate blocks the writer before its commits until it is opened.
type gate struct {
	commits atomic.Int64
	held    chan struct{} // receives a value when a commit is blocked
	open    chan struct{} // close to release
}

func newGate() *gate { return &gate{held: make(chan struct{}, 100), open: make(chan struct{})} }

func (g *gate) hook(statement string) {
	if statement == "COMMIT" {
		g.commits.Add(1)
		g.held <- struct{}{}
		<-g.open
	}
}

// create creates a callback in a goroutine and sends the result.
func create(ctx context.Context, s *sqlite.Store, id callback.ID) <-chan error {
	done := make(chan error, 1)
	go func() {
		errs, err := s.Apply(ctx, storetest.Start(), []callback.Change{storetest.Write(storetest.New(id))})
		done <- errors.Join(append(errs, err)...)
	}()
	return done
}

func waiting(s *sqlite.Store, n int) {
	for s.Waiting() < n {
		runtime.Gosched()
	}
}

func exists(t *testing.T, s *sqlite.Store, id callback.ID) bool {
	t.Helper()
	_, err := s.Get(context.WithoutCancel(t.Context()), callback.By{Tenant: storetest.Tenant, ID: id})
	if err != nil && !errors.Is(err, callback.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

// Callers that arrive during a commit share the next one.
func TestCallersShareCommits(t *testing.T) {
	const callers = 40
	g := newGate()
	s, _ := openNew(t, sqlite.Config{}.WithHook(g.hook))
	first := create(t.Context(), s, "first")
	<-g.held
	var others []<-chan error
	for i := range callers {
		others = append(others, create(t.Context(), s, callback.ID(fmt.Sprint("c", i))))
	}
	waiting(s, callers)
	close(g.open)
	for _, done := range append(others, first) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := g.commits.Load(); n != 2 {
		t.Errorf("%d callers took %d commits, want 2", callers+1, n)
	}
}

// If the context ends while the call waits for its turn, nothing happened; if
// it ends while the change is being written, the outcome is unknown.
func TestContextEnds(t *testing.T) {
	g := newGate()
	s, _ := openNew(t, sqlite.Config{}.WithHook(g.hook))
	ctx, cancel := context.WithCancel(t.Context())
	written := create(ctx, s, "written")
	<-g.held
	queued := create(ctx, s, "queued")
	stays := create(t.Context(), s, "stays")
	waiting(s, 2)
	cancel()
	if err := <-queued; !errors.Is(err, context.Canceled) || errors.Is(err, callback.ErrOutcomeUnknown) {
		t.Errorf("waiting: %v", err)
	}
	if err := <-written; !errors.Is(err, context.Canceled) || !errors.Is(err, callback.ErrOutcomeUnknown) {
		t.Errorf("being written: %v", err)
	}
	close(g.open)
	if err := <-stays; err != nil {
		t.Error(err)
	}
	for id, want := range map[callback.ID]bool{"written": true, "queued": false, "stays": true} {
		if got := exists(t, s, id); got != want {
			t.Errorf("%s exists: %v, want %v", id, got, want)
		}
	}
}

// lockChild holds the write lock of a file until its standard input ends.
func lockChild() error {
	path, _, _, err := childSettings()
	if err != nil {
		return err
	}
	s, err := sqlite.Open(context.Background(), path, sqlite.Config{}.WithHook(func(statement string) {
		if strings.HasPrefix(statement, "INSERT INTO ids") {
			fmt.Println("locked")
			_, _ = io.Copy(io.Discard, os.Stdin)
		}
	}))
	if err != nil {
		return err
	}
	_, err = s.Apply(context.Background(), storetest.Start(), []callback.Change{storetest.Write(storetest.New("of-the-child"))})
	return errors.Join(err, s.Close())
}

// lock makes another process hold the write lock until release is called.
func lock(t *testing.T, path string) (release func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=lock", pathEnv+"="+path, seedEnv+"=1", stepEnv+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("locked\n"))); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := errors.Join(in.Close(), cmd.Wait()); err != nil {
			t.Fatal(err)
		}
	}
}

// Every call returns by its deadline while another process holds the lock, and
// what failed did not happen. A call without a deadline eventually gets the
// lock.
func TestLockedByAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "callbacks.db")
	s := openAt(t, path)
	apply(t, s, storetest.Write(storetest.New("c1", storetest.DueAt(storetest.Start()))))
	release := lock(t, path)
	const patience = 150 * time.Millisecond
	stays := create(t.Context(), s, "stays")
	for name, call := range map[string]func(ctx context.Context) error{
		"Apply": func(ctx context.Context) error { return <-create(ctx, s, "late") },
		"Claim": func(ctx context.Context) error {
			_, err := s.Claim(ctx, storetest.At(time.Minute), callback.ClaimRequest{Owner: "n", Lease: time.Minute, Due: true, Limit: 9})
			return err
		},
		"Erase": func(ctx context.Context) error {
			_, err := s.Erase(ctx, storetest.Start(), callback.EraseRequest{Tenant: storetest.Tenant, Items: []callback.Precondition{{ID: "c1", Revision: 1}}})
			return err
		},
		"Open": func(ctx context.Context) error {
			other, err := sqlite.Open(ctx, path, sqlite.Config{})
			if err == nil {
				other.Close()
			}
			return err
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		began := time.Now()
		err := call(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, callback.ErrOutcomeUnknown) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(began); took > patience+5*time.Second {
			t.Errorf("%s took %v, its deadline was %v", name, took, patience)
		}
	}
	// Readers do not need the lock.
	if !exists(t, s, "c1") || exists(t, s, "late") {
		t.Error("reads while the lock is held are wrong")
	}
	release()
	if err := <-stays; err != nil {
		t.Error(err)
	}
	for id, want := range map[callback.ID]bool{"c1": true, "late": false, "stays": true, "of-the-child": true} {
		if got := exists(t, s, id); got != want {
			t.Errorf("%s exists: %v, want %v", id, got, want)
		}
	}
}

// Close finishes accepted changes; later calls fail with ErrClosed.
func TestClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "callbacks.db")
	g := newGate()
	s, err := sqlite.Open(t.Context(), path, sqlite.Config{}.WithHook(g.hook))
	if err != nil {
		t.Fatal(err)
	}
	first := create(t.Context(), s, "first")
	<-g.held
	second := create(t.Context(), s, "second")
	waiting(s, 1)
	var closing sync.WaitGroup
	for range 2 {
		closing.Go(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	for _, err := s.Load(t.Context(), storetest.Start(), callback.LoadRequest{}); !errors.Is(err, store.ErrClosed); {
		_, err = s.Load(t.Context(), storetest.Start(), callback.LoadRequest{})
	}
	close(g.open)
	closing.Wait()
	for _, done := range []<-chan error{first, second} {
		if err := <-done; err != nil {
			t.Errorf("accepted before Close: %v", err)
		}
	}
	for name, err := range calls(t.Context(), s) {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
	again := openAt(t, path)
	if !exists(t, again, "first") || !exists(t, again, "second") {
		t.Error("what was acknowledged is gone")
	}
}

// calls makes every call of a store and returns the errors.
func calls(ctx context.Context, s *sqlite.Store) map[string]error {
	all := make(map[string]error)
	_, all["Apply"] = s.Apply(ctx, storetest.Start(), []callback.Change{storetest.Write(storetest.New("x"))})
	_, all["Get"] = s.Get(ctx, callback.By{ID: "x"})
	_, all["Claim"] = s.Claim(ctx, storetest.Start(), callback.ClaimRequest{Owner: "n", Lease: time.Minute, Due: true, Limit: 1})
	_, all["Search"] = s.Search(ctx, callback.Query{})
	_, all["Count"] = s.Count(ctx, callback.Query{})
	_, all["Load"] = s.Load(ctx, storetest.Start(), callback.LoadRequest{})
	_, all["Events"] = s.Events(ctx, callback.EventQuery{})
	_, all["Erase"] = s.Erase(ctx, storetest.Start(), callback.EraseRequest{Tenant: storetest.Tenant, Subjects: []string{"x"}})
	_, all["Claim of a queue"] = s.Claim(ctx, storetest.Start(), callback.ClaimRequest{
		Owner: "n", Lease: time.Minute, Queues: []callback.QueueClaim{{Queue: callback.QueueKey{Tenant: storetest.Tenant, Service: storetest.Service}, N: 1}},
	})
	_, all["Damaged"] = s.Damaged(ctx, 1)
	all["SetPause"] = s.SetPause(ctx, callback.Pause{Service: storetest.Service}, true)
	_, all["Pauses"] = s.Pauses(ctx, storetest.Tenant, true)
	all["Backup"] = s.Backup(ctx, "nowhere.db")
	return all
}
