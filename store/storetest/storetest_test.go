package storetest

import (
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) callback.Store { return store.NewMemory(store.Config{}) })
}

func TestNaive(t *testing.T) {
	Run(t, func(*testing.T) callback.Store { return &naive{} })
}
