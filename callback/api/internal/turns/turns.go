// Package turns lets the dear requests of a tenant be answered one after
// another, so that they cannot use the time of other tenants.
package turns

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback/api"
)

// wait is how long a request waits for its turn.
const wait = 10 * time.Second

// Turns holds the requests that are being answered. The zero value has none. It
// is safe for concurrent use.
type Turns struct {
	mu      sync.Mutex
	tenants map[string]*turn
}

// turn is the turn of a tenant.
type turn struct {
	free  chan struct{} // holds one value while no request is being answered
	users int           // requests that wait or are being answered
}

// Take waits until no other request of the tenant has the turn, and then takes
// it until done is called. The error is an [api.Fault] with status 429 if others
// have it for 10 seconds, or that of ctx. The header Retry-After is then set.
func (t *Turns) Take(ctx context.Context, header http.Header, tenant string) (done func(), err error) {
	own := t.enter(tenant)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-own.free:
		return func() {
			own.free <- struct{}{}
			t.leave(tenant, own)
		}, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		header.Set("Retry-After", "10")
		err = api.NewFault(http.StatusTooManyRequests, "", "other large requests are being answered")
	}
	t.leave(tenant, own)
	return nil, err
}

func (t *Turns) enter(tenant string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	own := t.tenants[tenant]
	if own == nil {
		own = &turn{free: make(chan struct{}, 1)}
		own.free <- struct{}{}
		if t.tenants == nil {
			t.tenants = make(map[string]*turn)
		}
		t.tenants[tenant] = own
	}
	own.users++
	return own
}

func (t *Turns) leave(tenant string, own *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if own.users--; own.users == 0 {
		delete(t.tenants, tenant)
	}
}
