package manager

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// WatermarksRequest asks for the number of callbacks in progress. GMS: 4.8.
type WatermarksRequest struct {
	// Services are the names of at most 1,000 services. Empty means all of the
	// [callback.ServiceLister] and all that have callbacks in progress.
	Services []string
	// Age is how long ago the desired time of a callback may be. At most 4,000
	// days. Defaults to 3 hours.
	Age time.Duration
}

// Watermarks count callbacks that are neither Scheduled nor Completed.
type Watermarks struct {
	Total    int            // of all services in the answer
	Services map[string]int // by service; idle ones are there with zero
}

// maxAge is the largest WatermarksRequest.Age.
const maxAge = 4000 * 24 * time.Hour

// Watermarks counts the callbacks in progress by service. A service that the
// request names is in the answer even if it is unknown.
//
// Errors: [callback.FieldError] for a malformed request, and the store's.
func (m *Manager) Watermarks(ctx context.Context, req WatermarksRequest) (Watermarks, error) {
	if req.Age < 0 || req.Age > maxAge {
		return Watermarks{}, decide.Invalid("age", fmt.Sprintf("%v is not between 0 and %v", req.Age, maxAge))
	}
	req.Age = cmp.Or(req.Age, 3*time.Hour)
	now, err := m.engine.Now(ctx)
	if err != nil {
		return Watermarks{}, err
	}
	q := callback.Query{
		Tenant: m.tenant, Services: once(req.Services),
		NotStates: []callback.State{callback.Scheduled, callback.Completed}, DesiredFrom: now.Add(-req.Age),
	}
	if err := checkQuery(q); err != nil {
		return Watermarks{}, err
	}
	names := q.Services
	if len(names) == 0 {
		if names, err = m.known(ctx); err != nil {
			return Watermarks{}, err
		}
	}
	marks := Watermarks{Services: make(map[string]int, len(names))}
	for _, name := range names {
		marks.Services[name] = 0
	}
	groups, err := m.engine.Store.Count(ctx, q)
	if err != nil {
		return Watermarks{}, err
	}
	for _, g := range groups {
		marks.Services[g.Queue.Service] += g.N
		marks.Total += g.N
	}
	return marks, nil
}
