package postgrestest_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// failing replaces the testing.TB of a test that must fail.
type failing struct {
	testing.TB
	said string
}

func (f *failing) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	panic(f) // ends the test, as the real Fatalf does
}

// fails runs a step that must fail and returns the failure message.
func fails(t *testing.T, step func(testing.TB)) (said string) {
	t.Helper()
	f := &failing{TB: t}
	defer func() {
		if met := recover(); met != nil && met != any(f) {
			panic(met)
		}
		said = f.said
	}()
	step(f)
	t.Error("the step did not fail")
	return ""
}

func TestSuiteShares(t *testing.T) {
	var own postgrestest.Suite
	t.Cleanup(func() {
		if err := own.Close(); err != nil {
			t.Error(err)
		}
	})
	clusters := make([]*postgrestest.Cluster, 4)
	var group sync.WaitGroup
	for i := range clusters {
		group.Go(func() {
			c, err := own.Start(soon(t))
			if err != nil {
				t.Error(err)
			}
			clusters[i] = c
		})
	}
	group.Wait()
	for _, c := range clusters {
		if c != clusters[0] || c != own.Cluster(t) {
			t.Error("the suite has more than one cluster")
		}
	}
	if err := own.Close(); err != nil {
		t.Error(err)
	}
	if err := clusters[0].Restart(soon(t)); !errors.Is(err, postgrestest.ErrClosed) {
		t.Errorf("cluster after Close of the suite: %v", err)
	}
}

// A missing server fails a test and does not skip it.
func TestSuiteWithoutServer(t *testing.T) {
	bin, err := postgrestest.Find()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(postgrestest.BinVariable, filepath.Join(t.TempDir(), "nothing"))
	var own postgrestest.Suite
	for range 2 {
		said := fails(t, func(tb testing.TB) { own.NewDatabase(tb) })
		if !strings.Contains(said, "make test") || !strings.Contains(said, postgrestest.BinVariable) {
			t.Errorf("unhelpful failure: %s", said)
		}
	}
	// All tests of a binary get the same result.
	t.Setenv(postgrestest.BinVariable, bin)
	if _, err := own.Start(soon(t)); !errors.Is(err, postgrestest.ErrNoServer) {
		t.Errorf("a failed start was repeated: %v", err)
	}
	if err := own.Close(); err != nil {
		t.Error(err)
	}
}

func TestSuiteBadOptions(t *testing.T) {
	own := postgrestest.Suite{Options: postgrestest.Options{Settings: map[string]string{"port": "1"}}}
	if said := fails(t, func(tb testing.TB) { own.Cluster(tb) }); !strings.Contains(said, `"port"`) {
		t.Errorf("the failure does not name the setting: %s", said)
	}
}
