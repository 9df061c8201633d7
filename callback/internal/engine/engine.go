// Package engine runs callbacks: it claims what is due, dials, applies the
// decisions of package decide to the store, and reads the feed of events. Package
// manager is its public interface.
package engine

import (
	"slices"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
	"github.com/ringback-go/ringback/scheduler"
)

// Engine does what is due for stored callbacks: releases, time-outs, attempts,
// look-ups and recovery.
type Engine struct {
	*Intake
	waiter  callback.BlockingDialer // the dialer if it is one, else nil
	limits  callback.DialerLimits
	Rules   decide.DialRules
	tickMu  sync.Mutex // held by Tick
	flights flights
	breaker breaker
	Pauses  pauses

	// These belong to Tick.
	fair     fairness
	walks    walks
	visited  map[ServiceKey]bool // services that a sweep that was broken off is done with
	looked   map[ServiceKey]bool // services without a pause whose paused callbacks were put back
	lookedAt time.Time           // when the paused callbacks were counted
	lookTook time.Duration       // how long that took

	mu     sync.Mutex
	orders map[ServiceKey]*scheduler.Order
	pace   pace
	cool   map[ServiceKey]span // when the platform allows dials again
}

// Blocking reports whether the dialer, or the one that it wraps, makes whole calls.
func (m *Engine) Blocking() bool { return m.waiter != nil }

// longestSettle bounds DialerLimits.Settle, so that no time overflows.
const longestSettle = 24 * time.Hour

// New returns an engine. The configuration has been checked and has no field left
// that needs a default.
func New(config Config) *Engine {
	m := &Engine{
		Intake: &Intake{
			Config: config, Log: config.Logger, wake: make(chan struct{}, 1),
			Feed: newBroadcast(), Life: newLifetime(), policies: new(policies), agents: new(agents), tally: new(tally), handouts: new(handouts),
		},
		fair: fairness{node: config.Node}, visited: make(map[ServiceKey]bool),
		orders: make(map[ServiceKey]*scheduler.Order), cool: make(map[ServiceKey]span),
	}
	m.Store = &watchedStore{config.Store, m.Intake}
	m.Clock, _ = unwrap.As[callback.ClockStore](config.Store)
	m.Pauses.init(config.Store)
	m.waiter, _ = unwrap.As[callback.BlockingDialer](config.Dialer)
	if limited, ok := unwrap.As[callback.LimitedDialer](config.Dialer); ok {
		m.limits = limited.Limits()
	}
	if m.limits.Settle <= 0 {
		m.limits.Settle = 32 * time.Second
	}
	m.limits.Settle = min(m.limits.Settle, longestSettle)
	_, lookup := unwrap.As[callback.LookupDialer](config.Dialer)
	_, hangUp := unwrap.As[callback.HangupDialer](config.Dialer)
	m.Rules = decide.DialRules{Lookup: lookup, HangUp: hangUp, Resolves: config.Resolver != nil, Fenced: m.limits.Fenced, Finals: m.limits.FinalOnly, Settle: m.limits.Settle, Random: config.Random, Media: []string{"voice"}}
	if d, ok := unwrap.As[callback.MediaDialer](config.Dialer); ok {
		m.Rules.Media = slices.Clone(d.MediaTypes())
	}
	m.policies.rules = m.Rules
	m.flights.init(config.MaxInFlight, m.limits.MaxInFlight)
	m.walks = walks{freed: &m.agents.freed, every: config.Poll}
	if waker, ok := unwrap.As[callback.WakingRouter](config.Router); ok {
		waker.OnFree(m.onFree)
		m.walks.every = declineFor
	}
	return m
}
