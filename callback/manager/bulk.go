package manager

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/engine"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// CancelAllRequest asks to cancel many callbacks. Exactly one of IDs and Query is
// given. GMS: 4.11.
type CancelAllRequest struct {
	// IDs are the callbacks, at most 1,000.
	IDs []callback.ID
	// Query selects the callbacks, any number of them, that exist when
	// CancelAll is called. Without States it selects all that are not
	// Completed. Tenant is empty or the Manager's; Order, Desc, Limit and After
	// must be zero.
	Query *callback.Query
	// Reason is the reason of the completed callbacks. Defaults to
	// ReasonCancelledByAdmin.
	Reason callback.Reason
	Force  bool   // as in [CancelRequest]
	DryRun bool   // change nothing and return what would happen
	Actor  string // required; kept in the history; at most 128 bytes
	Detail string // why, kept in the history; at most 1,024 bytes
}

// String returns how many IDs there are and whether there is a query. It does
// not show what the query looks for.
func (r CancelAllRequest) String() string {
	return fmt.Sprintf("cancellation of %d callbacks and a query: %v", len(r.IDs), r.Query != nil)
}

// Format prints String for every formatting verb.
func (r CancelAllRequest) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// LogValue returns String.
func (r CancelAllRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// CancelAll cancels many callbacks, each independently as [Manager.Cancel] does.
// The result has one item per callback, in the order of IDs or, for a query, of
// creation; an ID that is given twice has one item.
//
// The Err of an item is nil if the callback is cancelled. Otherwise it is a
// [callback.StateError] for a completed callback; one that is
// [callback.ErrInFlight] while a call is in flight, after which the callback
// completes; [callback.ErrConflict] for a callback that has changed since so
// that the query does not select it any more; [callback.ErrNotFound];
// [callback.ErrOutcomeUnknown]; or an error of the store.
//
// The returned error concerns the whole operation. After a
// [callback.FieldError] for a malformed request and [callback.ErrStopped]
// nothing was cancelled. After an error of the store while the query was read,
// the items are the callbacks that were handled before.
//
// Errors: [callback.FieldError] for a malformed request and
// [callback.ErrStopped], both before anything is done; or the store's while it
// reads the query, with the items that were done by then.
func (m *Manager) CancelAll(ctx context.Context, req CancelAllRequest) (BulkResult, error) {
	result, err := m.cancelAll(ctx, req)
	if !req.DryRun {
		m.refuseItems(ctx, "cancel_all", result, err)
	}
	return result, err
}

func (m *Manager) cancelAll(ctx context.Context, req CancelAllRequest) (BulkResult, error) {
	if err := m.engine.Life.Check(); err != nil {
		return BulkResult{}, err
	}
	req.Reason = cmp.Or(req.Reason, callback.ReasonCancelledByAdmin)
	if err := req.check(m.tenant); err != nil {
		return BulkResult{}, err
	}
	if req.Query == nil {
		return m.cancelIDs(ctx, req), nil
	}
	return m.cancelQuery(ctx, req)
}

func (r *CancelAllRequest) check(tenant string) error {
	if err := checkDeed(r.Actor, r.Detail, r.Reason); err != nil {
		return err
	}
	q := r.Query
	switch {
	case (q == nil) == (len(r.IDs) == 0):
		return decide.Invalid("ids", "or a query must be given, and not both")
	case q == nil:
		return checkCount("ids", len(r.IDs))
	case q.Tenant != "" && q.Tenant != tenant:
		return decide.Invalid("query.tenant", "is not the Manager's")
	case q.Limit != 0 || q.After != "" || q.Order != 0 || q.Desc:
		return decide.Invalid("query", "must not have an order, a limit or a cursor: all that match are cancelled")
	}
	return checkQuery(*q)
}

// checkDeed checks what an operation on many callbacks leaves in their histories.
// It has to name its actor.
func checkDeed(actor, detail string, reason callback.Reason) error {
	if actor == "" {
		return decide.Invalid("actor", "is required")
	}
	return decide.CheckNote(actor, detail, reason)
}

// checkCount refuses a list of more than maxPage entries.
func checkCount(field string, n int) error {
	if n > maxPage {
		return decide.Invalid(field, fmt.Sprintf("has %d entries, at most %d are allowed", n, maxPage))
	}
	return nil
}

// checkID refuses text that cannot be an ID.
func checkID(id callback.ID) error {
	if id == "" {
		return decide.Invalid("id", "is empty")
	}
	return decide.CheckText("id", string(id), text.MaxName)
}

// cancelIDs cancels callbacks by their IDs.
func (m *Manager) cancelIDs(ctx context.Context, req CancelAllRequest) BulkResult {
	var result BulkResult
	for ids := range chunks(once(req.IDs), m.engine.Config.Batch) {
		found, errs := m.readAll(ctx, ids)
		list := make([]*callback.Callback, 0, len(found))
		for _, id := range ids {
			if cb := found[id]; cb != nil {
				list = append(list, cb)
			}
		}
		m.cancelEach(ctx, req, list, errs)
		for _, id := range ids {
			result.add(BulkItem{ID: id, N: concerned(found[id]), Err: errs[id]})
		}
	}
	return result
}

// concerned returns the N of the item of a callback, which is nil if there is none.
func concerned(cb *callback.Callback) int {
	if cb == nil {
		return 0
	}
	return 1
}

// cancelQuery cancels the callbacks that a query selects, a page at a time. The
// order of creation is stable, and callbacks created after the start are left
// out, so that it ends.
func (m *Manager) cancelQuery(ctx context.Context, req CancelAllRequest) (BulkResult, error) {
	var result BulkResult
	now, err := m.engine.Now(ctx)
	if err != nil {
		return result, err
	}
	q := *req.Query
	q.Tenant, q.Order, q.Limit = m.tenant, callback.ByCreated, min(m.engine.Config.Batch, maxPage)
	if len(q.States) == 0 {
		q.NotStates = append([]callback.State{callback.Completed}, q.NotStates...)
	}
	if q.CreatedTo.IsZero() || q.CreatedTo.After(now) {
		if q.CreatedFrom.After(now) {
			return result, nil
		}
		q.CreatedTo = now
	}
	req.Query = &q
	for page, err := range pages(ctx, q, m.SearchPage) {
		if err != nil {
			return result, err
		}
		errs := make(map[callback.ID]error)
		m.cancelEach(ctx, req, page.Callbacks, errs)
		for _, cb := range page.Callbacks {
			result.add(BulkItem{ID: cb.ID, N: 1, Err: errs[cb.ID]})
		}
	}
	return result, nil
}

// readAll reads callbacks by their IDs, at most one page. errs has the errors of
// those that do not exist or could not be read.
func (m *Manager) readAll(ctx context.Context, ids []callback.ID) (found map[callback.ID]*callback.Callback, errs map[callback.ID]error) {
	found, errs = make(map[callback.ID]*callback.Callback, len(ids)), make(map[callback.ID]error)
	asked := make([]callback.ID, 0, len(ids))
	for _, id := range ids {
		if err := checkID(id); err != nil {
			errs[id] = err
		} else {
			asked = append(asked, id)
		}
	}
	if len(asked) == 0 {
		return found, errs
	}
	page, err := m.engine.Store.Search(ctx, callback.Query{Tenant: m.tenant, IDs: asked, Limit: len(asked)})
	for _, cb := range page.Callbacks {
		found[cb.ID] = cb
	}
	for _, id := range asked {
		switch {
		case err != nil:
			errs[id] = err
		case found[id] == nil:
			errs[id] = fmt.Errorf("%q: %w", id, callback.ErrNotFound)
		}
	}
	return found, errs
}

// cancelEach cancels callbacks in one batch and notes in errs what was not
// cancelled. A callback that another change reached first is cancelled by
// itself, provided that the query, if there is one, still selects it.
func (m *Manager) cancelEach(ctx context.Context, req CancelAllRequest, list []*callback.Callback, errs map[callback.ID]error) {
	now, err := m.engine.Now(ctx)
	if err != nil {
		for _, cb := range list {
			errs[cb.ID] = err
		}
		return
	}
	var b engine.Batch
	for _, cb := range list {
		d, err := m.draftCancel(ctx, cb, now, req)
		if d != nil && !req.DryRun {
			b.Add(d)
			continue
		}
		errs[cb.ID] = err
	}
	if b.Len() == 0 {
		return
	}
	// If the whole call fails, each result says so.
	results, _ := m.engine.Write(ctx, now, &b)
	for _, r := range results {
		errs[r.Draft.Callback.ID] = m.cancelled(ctx, req, r)
	}
	m.engine.Wake()
}

// one returns the same cancellation of one callback.
func (r *CancelAllRequest) one(id callback.ID) CancelRequest {
	return CancelRequest{ID: id, Reason: r.Reason, Force: r.Force, Actor: r.Actor, Detail: r.Detail}
}

// draftCancel decides what a cancellation does to a callback. The error belongs
// to the item if the draft is nil, or is not to be written.
func (m *Manager) draftCancel(ctx context.Context, cb *callback.Callback, now time.Time, req CancelAllRequest) (*decide.Draft, error) {
	policy, err := m.engine.PolicyOf(ctx, cb, engine.AdoptOrphans)
	if err != nil {
		return nil, err
	}
	d, inFlight := decide.Cancel(cb, policy, now, decide.CancelInput(req.one(cb.ID)))
	if d != nil {
		d.Callback.CancelledInBulk = true
	}
	switch {
	case inFlight && d == nil && !req.DryRun:
		// It has been requested before: hang up again.
		return nil, m.endCall(ctx, cb, req.Reason, false, nil)
	case d == nil || inFlight:
		return d, &callback.StateError{ID: cb.ID, State: cb.State, Operation: "cancel"}
	}
	return d, nil
}

// cancelled returns the error of an item after its draft was handed to the store.
func (m *Manager) cancelled(ctx context.Context, req CancelAllRequest, r engine.Result) error {
	cb := r.Draft.Callback
	switch {
	case r.Fate == engine.Written:
		return m.ended(ctx, req, cb)
	case !errors.Is(r.Err, callback.ErrConflict):
		return r.Err
	case req.Query != nil:
		return m.cancelStill(ctx, req, cb.ID)
	}
	var found *callback.Callback
	_, err := m.cancel(ctx, req.one(cb.ID), &found, true)
	return err
}

// ended returns the error of an item whose cancellation is written: nil unless a
// call has to end first.
func (m *Manager) ended(ctx context.Context, req CancelAllRequest, cb *callback.Callback) error {
	if cb.State == callback.Completed {
		return nil
	}
	return m.endCall(ctx, cb, req.Reason, true, nil)
}

// cancelStill cancels a callback that has changed since it was read, provided
// that the query still selects it.
func (m *Manager) cancelStill(ctx context.Context, req CancelAllRequest, id callback.ID) error {
	q := *req.Query
	q.IDs, q.After, q.Limit = []callback.ID{id}, "", 1
	for range engine.MaxConflicts {
		page, err := m.SearchPage(ctx, q)
		if err != nil {
			return err
		}
		if len(page.Callbacks) == 0 {
			return m.unselected(ctx, id)
		}
		now, err := m.engine.Now(ctx)
		if err != nil {
			return err
		}
		d, err := m.draftCancel(ctx, page.Callbacks[0], now, req)
		if d == nil {
			return err
		}
		switch err := m.engine.Commit(ctx, d); {
		case err == nil:
			return m.ended(ctx, req, d.Callback)
		case !errors.Is(err, callback.ErrConflict):
			return err
		}
	}
	return callback.ErrConflict
}

// unselected returns the error of a callback that the query selected first, and
// does not any more.
func (m *Manager) unselected(ctx context.Context, id callback.ID) error {
	cb, err := m.engine.Store.Get(ctx, callback.By{Tenant: m.tenant, ID: id})
	if err != nil {
		return err
	}
	if cb.State == callback.Completed {
		return &callback.StateError{ID: id, State: cb.State, Operation: "cancel"}
	}
	return fmt.Errorf("callback %s is not selected by the query any more: %w", id, callback.ErrConflict)
}
