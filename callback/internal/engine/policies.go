package engine

import (
	"sync"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// policies caches the prepared policy of each service for as long as the source
// returns the same one.
type policies struct {
	rules decide.DialRules // of the dialer

	mu    sync.RWMutex
	known map[ServiceKey]*decide.Policy
}

// prepared returns the prepared form of p.
func (c *policies) prepared(key ServiceKey, p *callback.Policy) *decide.Policy {
	c.mu.RLock()
	known := c.known[key]
	c.mu.RUnlock()
	if known != nil && known.Source == p {
		return known
	}
	known = c.prepare(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = make(map[ServiceKey]*decide.Policy)
	}
	c.known[key] = known
	return known
}

// prepare returns the prepared form of a policy that is not cached.
func (c *policies) prepare(p *callback.Policy) *decide.Policy {
	prepared := decide.NewPolicy(p)
	prepared.Settle, prepared.Lookup, prepared.HangUp, prepared.Resolves = c.rules.Settle, c.rules.Lookup, c.rules.HangUp, c.rules.Resolves
	return prepared
}

// ServiceKey names a service of a tenant.
type ServiceKey struct{ Tenant, Name string }
