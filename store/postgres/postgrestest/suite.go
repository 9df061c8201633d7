package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"
)

// startWithin limits the start of a suite's cluster.
const startWithin = time.Minute

// Suite is one cluster for all tests of a test binary. It starts when the first
// test asks for it, so tests without a database need no server, and ends with
// the binary. The test package keeps it in a variable and runs the tests
// through it:
//
//	var suite postgrestest.Suite
//
//	func TestMain(m *testing.M) { os.Exit(suite.Main(m)) }
//
// The zero value is ready to use. Its methods are safe for concurrent use.
type Suite struct {
	// Options configures the cluster. It is read when the cluster starts.
	Options Options

	mu      sync.Mutex
	started bool
	cluster *Cluster
	err     error
}

// Main runs the tests, closes the cluster if one was started, and returns the
// exit code.
func (s *Suite) Main(m *testing.M) int {
	code := m.Run()
	if err := s.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "postgrestest:", err)
		code = max(code, 1)
	}
	return code
}

// Start returns the suite's cluster and starts it on the first call. It is for
// examples; tests use [Suite.Cluster]. A failed start is not repeated.
func (s *Suite) Start(ctx context.Context) (*Cluster, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.started {
		s.started = true
		s.cluster, s.err = Start(ctx, s.Options)
	}
	return s.cluster, s.err
}

// Cluster returns the suite's cluster. A missing server fails the test: a test
// that skips itself would look like a success.
func (s *Suite) Cluster(t testing.TB) *Cluster {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startWithin)
	defer cancel()
	c, err := s.Start(ctx)
	if errors.Is(err, ErrNoServer) {
		t.Fatalf("%v (make test installs it if possible)", err)
	}
	if err != nil {
		t.Fatalf("private cluster: %v", err)
	}
	return c
}

// NewDatabase creates an empty database in the suite's cluster for a test; see
// [Cluster.NewDatabase].
func (s *Suite) NewDatabase(t testing.TB) (dsn string) {
	t.Helper()
	return s.Cluster(t).NewDatabase(t)
}

// Close ends the cluster if one was started. Main calls it.
func (s *Suite) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cluster == nil {
		return nil
	}
	return s.cluster.Close()
}
