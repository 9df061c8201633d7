package manager

import (
	"context"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// Refused tells a [callback.RefusalObserver] of a request of the named operation that
// code of the host refuses with err, such as an HTTP handler that finds no credentials.
// The methods of the Manager tell their own refusals. It does nothing if err is nil.
func (m *Manager) Refused(ctx context.Context, operation string, err error) {
	m.refuse(ctx, operation, nil, err)
}

// refuse tells the observer of an error that ends a request. cb is the callback that
// was found, or nil.
func (m *Manager) refuse(ctx context.Context, operation string, cb *callback.Callback, err error) {
	if err == nil {
		return
	}
	r := callback.NewRefusal(operation, err)
	r.Tenant = m.tenant
	if cb != nil {
		r.Service, r.Callback = cb.Service, cb.ID
	}
	m.engine.Refuse(ctx, r)
}

// named returns a callback of the service that a refused request names, or nil if
// there is no such service.
func (m *Manager) named(ctx context.Context, service string, err error) *callback.Callback {
	if err == nil {
		return nil
	}
	return &callback.Callback{Service: m.engine.ServiceNamed(ctx, m.tenant, service)}
}

// refuseItems tells the observer of the items of a bulk operation that failed, and of
// the error that ended it.
func (m *Manager) refuseItems(ctx context.Context, operation string, result BulkResult, err error) {
	for _, item := range result.Items {
		var cb *callback.Callback
		if item.N > 0 && text.Redact(string(item.ID)) == string(item.ID) {
			cb = &callback.Callback{ID: item.ID}
		}
		m.refuse(ctx, operation, cb, item.Err)
	}
	m.refuse(ctx, operation, nil, err)
}
