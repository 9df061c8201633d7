package engine

import (
	"cmp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
	"github.com/ringback-go/ringback/scheduler"
)

// Engine does the work on callbacks that were taken.
type Engine struct {
	*Intake
	waiter  callback.BlockingDialer // the dialer, when it makes whole calls
	limits  callback.DialerLimits
	Rules   decide.DialRules
	tickMu  sync.Mutex // one Tick at a time
	flights flights
	hush    atomic.Bool // the Manager itself is giving an agent back
	Pauses  pauses

	mu     sync.Mutex
	orders map[ServiceKey]*scheduler.Order
	pace   pace
	cool   map[ServiceKey]time.Time // no dial before: the platform asked for a pause
}

// New makes an engine of a configuration that has been checked.
func New(config Config) *Engine {
	m := &Engine{
		Intake: &Intake{
			Config: config, Store: config.Store, Log: config.Logger, wake: make(chan struct{}, 1),
			Feed: newBroadcast(), Life: newLifetime(), policies: new(policies), owed: new(owed),
		},
		orders: make(map[ServiceKey]*scheduler.Order), cool: make(map[ServiceKey]time.Time),
	}
	m.Clock, _ = unwrap.As[callback.ClockStore](config.Store)
	m.Pauses.init(config.Store)
	m.waiter, _ = unwrap.As[callback.BlockingDialer](config.Dialer)
	if limited, ok := unwrap.As[callback.LimitedDialer](config.Dialer); ok {
		m.limits = limited.Limits()
	}
	m.limits.Settle = cmp.Or(m.limits.Settle, 32*time.Second)
	_, lookup := unwrap.As[callback.LookupDialer](config.Dialer)
	m.Rules = decide.DialRules{Lookup: lookup, Fenced: m.limits.Fenced, Finals: m.limits.FinalOnly, Settle: m.limits.Settle, Random: config.Random, Media: []string{"voice"}}
	if d, ok := unwrap.As[callback.MediaDialer](config.Dialer); ok {
		m.Rules.Media = d.MediaTypes()
	}
	m.flights.init(config.MaxInFlight, m.limits.MaxInFlight)
	if waker, ok := unwrap.As[callback.WakingRouter](config.Router); ok {
		waker.OnFree(m.onFree)
	}
	return m
}
