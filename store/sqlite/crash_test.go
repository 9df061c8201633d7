package sqlite_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// The test binary is its own child process. An environment variable tells the
// child what to do.
const (
	childEnv = "RINGBACK_SQLITE_CHILD" // "crash" or "hammer"
	pathEnv  = "RINGBACK_SQLITE_PATH"
	seedEnv  = "RINGBACK_SQLITE_SEED"
	stepEnv  = "RINGBACK_SQLITE_STEP"
)

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(childEnv) {
	case "crash":
		err = crashChild()
	case "lock":
		err = lockChild()
	case "hammer":
		err = hammerChild()
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child starts a child process and returns it with its output.
func child(t *testing.T, kind, path string, seed uint64, step int) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+kind, pathEnv+"="+path, fmt.Sprint(seedEnv, "=", seed), fmt.Sprint(stepEnv, "=", step))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &out, &errs
}

func childSettings() (path string, seed uint64, step int, err error) {
	seed, err = strconv.ParseUint(os.Getenv(seedEnv), 10, 64)
	if err == nil {
		step, err = strconv.Atoi(os.Getenv(stepEnv))
	}
	return os.Getenv(pathEnv), seed, step, err
}

// crashChild works on a store until it kills itself before the n-th statement.
func crashChild() error {
	path, seed, step, err := childSettings()
	if err != nil {
		return err
	}
	ctx, n := context.Background(), 0
	s, err := sqlite.Open(ctx, path, sqlite.Config{}.WithHook(func(string) {
		if n++; n == step {
			die()
		}
	}))
	if err != nil {
		return err
	}
	w := newWorker(s, seed, fmt.Sprint("w", seed))
	w.note = func(format string, args ...any) { fmt.Printf(format, args...) }
	for {
		if err := w.step(ctx); err != nil {
			return err
		}
	}
}

// die ends the process at once, like SIGKILL.
func die() {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}

// promise is the content of the ledger for one callback.
type promise struct {
	tried, did     int64 // revisions
	tryErase, did0 bool
}

// ledger parses what a child tried and what was acknowledged.
func ledger(t *testing.T, out *bytes.Buffer) map[callback.ID]*promise {
	t.Helper()
	all := make(map[callback.ID]*promise)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] == "claimed" || fields[0] == "refused" {
			continue
		}
		id := callback.ID(fields[1])
		p := all[id]
		if p == nil {
			p = &promise{}
			all[id] = p
		}
		var revision int64
		if len(fields) > 2 {
			revision, _ = strconv.ParseInt(fields[2], 10, 64)
		}
		switch fields[0] {
		case "try":
			p.tried = max(p.tried, revision)
		case "did":
			p.did = max(p.did, revision)
		case "try-erase":
			p.tryErase = true
		case "erased":
			p.did0 = true
		}
	}
	return all
}

// keeps checks that a store has what its ledger promises.
func keeps(t *testing.T, s *sqlite.Store, promises map[callback.ID]*promise) {
	t.Helper()
	for id, p := range promises {
		cb, err := s.Get(t.Context(), callback.By{Tenant: storetest.Tenant, ID: id})
		gone := errors.Is(err, callback.ErrNotFound)
		switch {
		case err != nil && !gone:
			t.Errorf("callback %s: %v", id, err)
		case gone && p.did > 0 && !p.tryErase:
			t.Errorf("callback %s is lost: revision %d was acknowledged", id, p.did)
		case !gone && p.did0:
			t.Errorf("callback %s was erased and is there", id)
		case !gone && (cb.Revision < p.did || cb.Revision > p.tried):
			t.Errorf("callback %s has revision %d, %d was acknowledged, %d tried", id, cb.Revision, p.did, p.tried)
		case !gone && cb.Idempotency.Key == "":
			t.Errorf("callback %s came back without its key", id)
		}
	}
}

// A process that is killed between any two statements loses no acknowledged
// change and leaves no partial one.
func TestKilledProcess(t *testing.T) {
	t.Parallel()
	const perFile = 10
	rounds := 60
	if os.Getenv("SOAK") != "" {
		rounds = 200
	}
	r := rand.New(rand.NewPCG(2026, 11))
	var path string
	kills := 0
	for round := range rounds {
		if round%perFile == 0 {
			path = filepath.Join(t.TempDir(), "callbacks.db")
		}
		cmd, out, errs := child(t, "crash", path, uint64(round), 1+r.IntN(150))
		err := cmd.Wait()
		if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.Exited() {
			t.Fatalf("round %d: the child was to be killed, and ended with %v\n%s", round, err, errs)
		}
		kills++
		s, err := sqlite.Open(t.Context(), path, sqlite.Config{})
		if err != nil {
			t.Fatalf("round %d: opening after the kill: %v", round, err)
		}
		keeps(t, s, ledger(t, out))
		verifyFile(t, openRaw(t, path))
		if round%perFile == perFile-1 {
			verify(t, s, path, storetest.At(24*time.Hour))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
	if kills != rounds {
		t.Errorf("%d processes were killed, want %d", kills, rounds)
	}
}
