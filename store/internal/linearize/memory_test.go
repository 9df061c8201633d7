package linearize

import (
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

func TestMemory(t *testing.T) {
	prove(t, &Campaign{Stores: []callback.Store{store.NewMemory(store.Config{}), store.NewMemory(store.Config{})}})
}
