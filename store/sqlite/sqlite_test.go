package sqlite_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// configOf returns the configuration that a test gave, or the zero one.
func configOf(given []sqlite.Config) sqlite.Config { return append(given, sqlite.Config{})[0] }

// openAt opens a store and closes it at the end of the test.
func openAt(tb testing.TB, path string, config ...sqlite.Config) *sqlite.Store {
	tb.Helper()
	s, err := sqlite.Open(tb.Context(), path, configOf(config))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// openNew opens a store in a new file.
func openNew(tb testing.TB, config ...sqlite.Config) (s *sqlite.Store, path string) {
	tb.Helper()
	path = filepath.Join(tb.TempDir(), "callbacks.db")
	return openAt(tb, path, config...), path
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) callback.Store {
		s, _ := openNew(t)
		return s
	})
}

func isConflict(err error) bool { return errors.Is(err, callback.ErrConflict) }

func isNotFound(err error) bool { return errors.Is(err, callback.ErrNotFound) }

func isRefusal(err error) bool { return errors.Is(err, callback.ErrPermitRefused) }
