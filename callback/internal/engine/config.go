package engine

import (
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Config has the fields of manager.Config, checked and with defaults filled in.
type Config struct {
	Store           callback.Store
	Services        callback.ServiceSource
	Dialer          callback.Dialer
	Router          callback.Router
	Contacts        callback.ContactModes
	Resolver        callback.NumberResolver
	Now             func() time.Time
	Logger          *slog.Logger
	Node            string
	NewID           func() callback.ID
	NewCode         func() string
	Random          func() float64
	Lease           time.Duration
	Poll            time.Duration
	Batch           int
	MaxInFlight     int
	MaxThrottle     time.Duration
	Synchronous     bool
	StoreTimeout    time.Duration
	ShutdownTimeout time.Duration
	Observer        callback.Observer
}
