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

// CancelAllRequest cancels many callbacks (GMS 4.11).
type CancelAllRequest struct {
	// IDs are the callbacks, at most 1,000. Exactly one of IDs and Query is
	// given.
	IDs []callback.ID
	// Query selects the callbacks instead: those that are there when CancelAll
	// is called, however many. Without States it selects all that are not
	// Completed. Its Tenant is empty or the Manager's; Order, Desc, Limit
	// and After must be zero.
	Query *callback.Query
	// Reason is what they complete with. Defaults to ReasonCancelledByAdmin.
	Reason callback.Reason
	Force  bool   // as in [CancelRequest]
	DryRun bool   // change nothing, tell what would happen
	Actor  string // required
	Detail string // why, for the history
}

// String tells how many callbacks are named, not which the query looks for.
func (r CancelAllRequest) String() string {
	return fmt.Sprintf("cancellation of %d callbacks and a query: %v", len(r.IDs), r.Query != nil)
}

// Format prints what String does, for every verb.
func (r CancelAllRequest) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// LogValue is what slog records.
func (r CancelAllRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// CancelAll cancels many callbacks, each on its own and as [Manager.Cancel]
// does: what becomes of one does not touch the others. The result has one item
// for each callback, in the order of IDs or, for a query, of creation; an ID
// that is named twice is handled once. An item's Err is nil when it was
// cancelled, a [StateError] for a completed callback, one that is an
// [ErrInFlight] for a call in flight, after which the callback ends as soon as
// the call has, [ErrConflict] for one that somebody else changed meanwhile so
// that the query does not select it any more, [ErrNotFound], [ErrOutcomeUnknown], or what the store said.
//
// With DryRun nothing changes and each item is what would happen.
//
// Errors: [callback.FieldError] for a malformed request and
// [callback.ErrStopped], both before anything is done; or the store's while it
// reads the query, with the items that were done by then.
func (m *Manager) CancelAll(ctx context.Context, req CancelAllRequest) (BulkResult, error) {
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

// checkDeed bounds what somebody leaves in the history who changes many
// callbacks, and who must have a name.
func checkDeed(actor, detail string, reason callback.Reason) error {
	if actor == "" {
		return decide.Invalid("actor", "is required")
	}
	return decide.CheckNote(actor, detail, reason)
}

func checkCount(field string, n int) error {
	if n > maxPage {
		return decide.Invalid(field, fmt.Sprintf("has %d entries, at most %d are allowed", n, maxPage))
	}
	return nil
}

// checkID refuses what cannot be an identifier, item by item.
func checkID(id callback.ID) error {
	if id == "" {
		return decide.Invalid("id", "is empty")
	}
	return decide.CheckText("id", string(id), text.MaxName)
}

// cancelIDs cancels the callbacks that are named.
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

func concerned(cb *callback.Callback) int {
	if cb == nil {
		return 0
	}
	return 1
}

// cancelQuery cancels what a query selects, a page at a time. The order of
// creation does not change under it, and what is created from now on is not
// looked at: it ends.
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
	for {
		page, err := m.SearchPage(ctx, q)
		if err != nil {
			return result, err
		}
		errs := make(map[callback.ID]error)
		req.Query = &q
		m.cancelEach(ctx, req, page.Callbacks, errs)
		for _, cb := range page.Callbacks {
			result.add(BulkItem{ID: cb.ID, N: 1, Err: errs[cb.ID]})
		}
		if page.Next == "" {
			return result, nil
		}
		q.After = page.Next
	}
}

// readAll reads callbacks by their IDs, as many as one page holds. errs has the
// error of every one that is not found or could not be read.
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
			errs[id] = fmt.Errorf("%s: %w", text.Clip(string(id)), callback.ErrNotFound)
		}
	}
	return found, errs
}

// cancelEach cancels callbacks as they were read, in one batch, and notes in
// errs what did not happen. Each that somebody else changed meanwhile is
// cancelled by itself, where a query selects it still.
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
	if len(b.Changes) == 0 {
		return
	}
	written, err := m.engine.Store.Apply(ctx, now, b.Changes)
	for i, d := range b.Drafts {
		failure := err
		if err == nil && written != nil {
			failure = written[i]
		}
		errs[d.Callback.ID] = m.cancelled(ctx, req, d, failure)
	}
	m.engine.Feed.Signal()
	m.engine.Wake()
}

// one is the same cancellation of one callback.
func (r *CancelAllRequest) one(id callback.ID) CancelRequest {
	return CancelRequest{ID: id, Reason: r.Reason, Force: r.Force, Actor: r.Actor, Detail: r.Detail}
}

// draftCancel decides what a cancellation does to a callback. The error is what
// becomes of the item when the draft is written, or was not needed.
func (m *Manager) draftCancel(ctx context.Context, cb *callback.Callback, now time.Time, req CancelAllRequest) (*decide.Draft, error) {
	policy, err := m.engine.PolicyOf(ctx, cb, true)
	if err != nil {
		return nil, err
	}
	d, flying := decide.Cancel(cb, policy, now, decide.CancelInput(req.one(cb.ID)))
	switch {
	case flying && d == nil && !req.DryRun:
		// Asked for before: the call is hung up again.
		return nil, m.inFlight(ctx, cb, req.Reason)
	case d == nil || flying:
		return d, &callback.StateError{ID: cb.ID, State: cb.State, Operation: "cancel"}
	}
	return d, nil
}

// inFlight hangs up a call whose callback is to be cancelled, unless the
// parties talk, and tells that it is in flight.
func (m *Manager) inFlight(ctx context.Context, cb *callback.Callback, reason callback.Reason) error {
	if h := decide.HangupOf(cb, reason); h != nil && cb.State != callback.Processing {
		m.engine.HangUp(ctx, *h)
	}
	return &callback.StateError{ID: cb.ID, State: cb.State, Operation: "cancel"}
}

// cancelled does what follows the write of a cancellation and returns what
// became of it.
func (m *Manager) cancelled(ctx context.Context, req CancelAllRequest, d *decide.Draft, err error) error {
	if errors.Is(err, callback.ErrOutcomeUnknown) {
		err = m.happened(ctx, d, err)
	}
	switch {
	case err == nil:
		m.engine.Settle(ctx, d)
		if d.Callback.State != callback.Completed {
			return m.inFlight(ctx, d.Callback, req.Reason)
		}
		return nil
	case errors.Is(err, callback.ErrConflict) && req.Query != nil:
		return m.cancelStill(ctx, req, d.Callback.ID)
	case errors.Is(err, callback.ErrConflict):
		_, err = m.Cancel(ctx, req.one(d.Callback.ID))
	}
	return err
}

// cancelStill cancels a callback that somebody else changed since it was read,
// provided that the query still selects it.
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
		if err = m.engine.Write(ctx, d.Change(), now); errors.Is(err, callback.ErrOutcomeUnknown) {
			err = m.happened(ctx, d, err)
		}
		if !errors.Is(err, callback.ErrConflict) {
			if err == nil {
				return m.cancelled(ctx, req, d, nil)
			}
			return err
		}
	}
	return callback.ErrConflict
}

// unselected is the error of a callback that a query selected and, since
// somebody else changed it, does not any more.
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

// happened reads whether a write happened of which unknown tells that it may
// have: nil when it did, [ErrConflict] when it did not, unknown when nobody can
// tell.
func (m *Manager) happened(ctx context.Context, d *decide.Draft, unknown error) error {
	cb, err := m.engine.Store.Get(ctx, callback.By{Tenant: d.Callback.Tenant, ID: d.Callback.ID})
	if err == nil && cb.Revision == d.Callback.Revision && cb.State == d.Callback.State && cb.Reason == d.Callback.Reason &&
		cb.CancelReason == d.Callback.CancelReason && sameMicrosecond(cb.Updated, d.Now) {
		return nil
	}
	m.engine.SettleUnknown(ctx, d, unknown)
	if err != nil {
		return unknown
	}
	return callback.ErrConflict
}

// sameMicrosecond compares times as stores keep them.
func sameMicrosecond(a, b time.Time) bool {
	return a.Truncate(time.Microsecond).Equal(b.Truncate(time.Microsecond))
}
