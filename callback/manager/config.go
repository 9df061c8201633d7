package manager

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"time"

	"github.com/google/uuid"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// Config is what a Manager is made of. Store, Services and Dialer are
// required; the zero value of everything else is the documented default.
type Config struct {
	// Store keeps everything.
	Store callback.Store
	// Services knows the services by tenant and name; [callback.NewServices] makes one
	// of a list.
	Services callback.ServiceSource
	// Dialer makes the calls.
	Dialer callback.Dialer
	// Router says who takes the calls. Defaults to none: then
	// Service.Queueing.Lines alone bounds the calls of a service.
	Router callback.Router
	// Contacts knows the ways to reach a customer by account, for a Start that
	// names a contact mode. Defaults to none.
	Contacts callback.ContactModes
	// Resolver finds the numbers of customers whose requests have none, for services
	// whose RequiredKeys do not contain the number. Defaults to none: then every
	// request that is to be called needs a number.
	Resolver callback.NumberResolver

	// Now returns the time that each public method decides by, unless the store
	// is a [callback.ClockStore]. Defaults to time.Now.
	Now func() time.Time
	// Logger gets what an operator should know; never a number. Defaults to
	// slog.Default().
	Logger *slog.Logger
	// Node names this Manager in leases and events; different for every
	// Manager on one store. Defaults to a random name.
	Node string
	// NewID returns a new unique identifier of 1 to 128 letters, digits, '_' and
	// '-', fit for URLs and channel names. Defaults to UUIDs of version 7.
	NewID func() callback.ID
	// NewCode returns a new access code, for services with Inbound.Codes; from any
	// goroutine. A code that another customer of the tenant has is not used, and
	// NewCode is called again. Customers type it, and whoever guesses it takes the
	// place of another in the queue: 1 to 128 bytes, hard to guess. Defaults to six
	// random digits.
	NewCode func() string
	// Random gives numbers in [0,1) for the jitter of retries, from any
	// goroutine. Defaults to no jitter.
	Random func() float64

	// Lease is how long claimed work belongs to this Manager; 1 s to 10
	// minutes. Work whose lease ran out is claimed again. Defaults to 30 s.
	Lease time.Duration
	// Poll is the longest Run sleeps, whatever it knows of: how soon the
	// changes of other nodes are noticed without a notifying store, and how soon
	// a pause of another node's is, with any. 10 ms to 1 minute. Defaults to 1 s.
	Poll time.Duration
	// Batch is how many callbacks one claim takes; 1 to 10,000. Defaults to
	// 500.
	Batch int
	// MaxInFlight bounds the calls of Dial and DialAndWait that have not
	// returned, stuck ones included, and apart from them those of Lookup. Defaults
	// to 256.
	MaxInFlight int
	// MaxThrottle bounds the pauses that the dialer's platform asks for
	// ([callback.ThrottledError], Outcome.RetryAfter). A longer one is cut and
	// logged, and [Manager.Resume] ends one early. 1 s to 24 hours. Defaults to 15
	// minutes.
	MaxThrottle time.Duration
	// Synchronous makes Tick call the dialer on its own goroutine, one call
	// after another in a fixed order: for tests and simulations that replay to
	// the byte. Defaults to false.
	Synchronous bool
	// StoreTimeout bounds each call of the store that must outlive a cancelled
	// context, such as noting that a call was placed. Defaults to 10 s.
	StoreTimeout time.Duration
	// ShutdownTimeout bounds how long Run, after its context has ended, waits for
	// calls of the dialer that have begun. Defaults to 30 s.
	ShutdownTimeout time.Duration
	// Observer hears what the Manager does besides the events; see
	// [callback.Observer]. Defaults to none.
	Observer callback.Observer
}

// withDefaults returns a copy with every zero field set.
func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Node == "" {
		c.Node = "node-" + uuid.NewString()
	}
	if c.NewID == nil {
		c.NewID = newID
	}
	if c.NewCode == nil {
		c.NewCode = newCode
	}
	c.Lease = cmp.Or(c.Lease, 30*time.Second)
	c.Poll = cmp.Or(c.Poll, time.Second)
	c.Batch = cmp.Or(c.Batch, 500)
	c.MaxInFlight = cmp.Or(c.MaxInFlight, 256)
	c.MaxThrottle = cmp.Or(c.MaxThrottle, 15*time.Minute)
	c.StoreTimeout = cmp.Or(c.StoreTimeout, 10*time.Second)
	c.ShutdownTimeout = cmp.Or(c.ShutdownTimeout, 30*time.Second)
	return c
}

func newID() callback.ID {
	id, err := uuid.NewV7()
	if err != nil {
		// The random source of the system failed; version 4 would fail too.
		return ""
	}
	return callback.ID(id.String())
}

// newCode returns six digits of the system's source of randomness, which does not
// fail.
func newCode() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000))
	return fmt.Sprintf("%06d", n)
}

// validate reports every fault of a configuration that has its defaults.
func (c Config) validate() error {
	var faults []error
	if c.Store == nil {
		faults = append(faults, decide.Misconfigured("Store", "is required"))
	}
	if c.Services == nil {
		faults = append(faults, decide.Misconfigured("Services", "is required"))
	}
	if c.Dialer == nil {
		faults = append(faults, decide.Misconfigured("Dialer", "is required"))
	}
	if len(c.Node) > text.MaxName {
		faults = append(faults, decide.Misconfigured("Node", fmt.Sprintf("is longer than %d bytes", text.MaxName)))
	}
	check := func(field string, ok bool, rule string) {
		if !ok {
			faults = append(faults, decide.Misconfigured(field, rule))
		}
	}
	check("Lease", c.Lease >= time.Second && c.Lease <= 10*time.Minute, fmt.Sprintf("%v is not between 1s and 10m", c.Lease))
	check("Poll", c.Poll >= 10*time.Millisecond && c.Poll <= time.Minute, fmt.Sprintf("%v is not between 10ms and 1m", c.Poll))
	check("Batch", c.Batch >= 1 && c.Batch <= 10000, fmt.Sprintf("%d is not between 1 and 10000", c.Batch))
	check("MaxInFlight", c.MaxInFlight >= 1, fmt.Sprintf("%d is below 1", c.MaxInFlight))
	check("MaxThrottle", c.MaxThrottle >= time.Second && c.MaxThrottle <= 24*time.Hour, fmt.Sprintf("%v is not between 1s and 24h", c.MaxThrottle))
	check("StoreTimeout", c.StoreTimeout > 0, fmt.Sprintf("%v is not positive", c.StoreTimeout))
	check("ShutdownTimeout", c.ShutdownTimeout > 0, fmt.Sprintf("%v is not positive", c.ShutdownTimeout))
	return errors.Join(faults...)
}
