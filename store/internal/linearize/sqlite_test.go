package linearize

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/sqlite"
)

func TestSQLite(t *testing.T) {
	var stores []callback.Store
	for n := range 2 {
		// Durability is not tested here.
		s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), fmt.Sprintf("store%d.db", n)), sqlite.Config{Synchronous: sqlite.Normal})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		stores = append(stores, s)
	}
	prove(t, &Campaign{Stores: stores})
}
