package callbacktest_test

import (
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/storetest"
)

// A clock far from the times of the suite decides about windows, through a
// FaultyStore as well.
func TestClockStoreKeepsTheContract(t *testing.T) {
	clock := callbacktest.NewClock(storetest.At(-1000 * time.Hour))
	storetest.Run(t, func(*testing.T) callback.Store {
		return callbacktest.NewFaultyStore(callbacktest.NewClockStore(store.NewMemory(store.Config{}), clock.Now)).Store()
	})
}
