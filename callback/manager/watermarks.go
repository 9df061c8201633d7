package manager

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// WatermarksRequest asks how many callbacks are at work (GMS 4.8).
type WatermarksRequest struct {
	// Services names the services, at most 1,000. Empty means all that are
	// known, including idle ones: those of a [ServiceLister] and those that have
	// something to count.
	Services []string
	// Age: callbacks desired longer ago are ignored. At most 4,000 days.
	// Defaults to 3 hours.
	Age time.Duration
}

// Watermarks are the callbacks that are neither Scheduled nor Completed.
type Watermarks struct {
	Total int
	// Services has every service that was asked for, zero when it is idle.
	Services map[string]int
}

// maxAge bounds how far back Watermarks looks.
const maxAge = 4000 * 24 * time.Hour

// Watermarks counts the callbacks at work by service (GMS 4.8). A named service
// that has none, or is unknown, is listed with zero.
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
