package postgres_test

import (
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/storetest"
)

func TestConformance(t *testing.T) {
	r := newRig(t, suite.NewDatabase(t))
	storetest.Run(t, func(t *testing.T) callback.Store { return r.open(t) })
}
