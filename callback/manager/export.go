package manager

import (
	"context"
	"iter"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// ExportRequest asks for callbacks that were cancelled in bulk. GMS: 4.10
// "reportcancelled".
type ExportRequest struct {
	Services []string          // empty means all
	Reasons  []callback.Reason // at least one
	// From and To are the first and the last desired time. Zero means 30 days
	// before and 15 days after now. They are at most 45 days apart.
	From, To time.Time
}

// The range of an export without From and To.
const (
	exportBefore = 30 * 24 * time.Hour
	exportAfter  = 15 * 24 * time.Hour
)

// ExportCancelled returns the callbacks that [Manager.CancelAll] cancelled and that
// completed with one of the reasons, by desired time. It reads a page when the one before is consumed, so that an
// export of any size takes the memory of one page.
//
// Errors: [callback.FieldError] for a request without reasons,
// [RangeError], and the store's; the iterator yields one, last.
func (m *Manager) ExportCancelled(ctx context.Context, req ExportRequest) iter.Seq2[*callback.Callback, error] {
	return func(yield func(*callback.Callback, error) bool) {
		q, err := m.exportQuery(ctx, req)
		if err != nil {
			yield(nil, err)
			return
		}
		for cb, err := range m.Search(ctx, q) {
			if err == nil && !cb.CancelledInBulk {
				continue
			}
			if !yield(cb, err) {
				return
			}
		}
	}
}

// exportQuery checks a request and returns its query.
func (m *Manager) exportQuery(ctx context.Context, req ExportRequest) (callback.Query, error) {
	if len(req.Reasons) == 0 {
		return callback.Query{}, decide.Invalid("callback_reason", "is required")
	}
	for _, r := range req.Reasons {
		if r == "" {
			return callback.Query{}, decide.Invalid("callback_reason", "is empty")
		}
		if err := decide.CheckText("callback_reason", string(r), text.MaxName); err != nil {
			return callback.Query{}, err
		}
	}
	now, err := m.engine.Now(ctx)
	if err != nil {
		return callback.Query{}, err
	}
	q := callback.Query{
		Tenant: m.tenant, Services: once(req.Services), States: []callback.State{callback.Completed}, Reasons: once(req.Reasons), Limit: maxPage,
	}
	q.DesiredFrom, q.DesiredTo, err = window(now, req.From, req.To, exportBefore, exportAfter, exportBefore+exportAfter)
	return q, err
}
