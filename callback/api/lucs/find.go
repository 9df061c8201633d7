package lucs

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/callback/manager"
)

// externalParameter is the query parameter of a get.
const externalParameter = "externalTaskId"

// get responds with the callback in the path.
func (h *Handler) get(w http.ResponseWriter, r *request) error {
	cb, err := h.find(r.Context(), r.caller, r.id)
	if err != nil {
		return err
	}
	return h.answer(w, r, cb, true)
}

// findByExternal responds with the callback in the query.
func (h *Handler) findByExternal(w http.ResponseWriter, r *request) error {
	var ids []string
	for name, values := range r.URL.Query() {
		if strings.EqualFold(name, externalParameter) {
			ids = append(ids, values...)
		}
	}
	switch {
	case len(ids) == 0 || ids[0] == "":
		return api.NewFault(http.StatusBadRequest, externalParameter, "is required")
	case len(ids) > 1:
		return api.NewFault(http.StatusBadRequest, externalParameter, "is given more than once")
	}
	r.id = ids[0]
	return h.get(w, r)
}

// cancel cancels the callback in the path and responds with it. A body must be
// a JSON object and is ignored. Without a body the content type is not checked,
// because some clients always set it.
func (h *Handler) cancel(w http.ResponseWriter, r *request) error {
	if r.ContentLength != 0 {
		body, _, err := api.ReadBody(w, r.Request, api.JSON)
		if err != nil {
			return err
		}
		if len(body) > 0 {
			if _, err := readObject(body); err != nil {
				return err
			}
		}
	}
	cb, err := h.find(r.Context(), r.caller, r.id)
	if err != nil {
		return err
	}
	cb, err = h.manager.Tenant(cb.Tenant).Cancel(r.Context(), manager.CancelRequest{ID: cb.ID, Actor: r.caller.Name})
	if err != nil {
		return err
	}
	return happened(h.answer(w, r, cb, mayRead(r.caller)))
}

// mayRead reports whether the caller may read the callbacks that it reaches.
func mayRead(c *api.Caller) bool { return c.Has(api.RoleRead) || c.Has(api.RoleOperate) }

// find returns the callback with an Id, or else an ExternalTaskId, that the
// caller can see.
func (h *Handler) find(ctx context.Context, caller *api.Caller, id string) (*callback.Callback, error) {
	if !text.IsID(id) {
		return nil, callback.ErrNotFound // not a valid identifier
	}
	cb, missing := h.byID(ctx, caller, id)
	if !errors.Is(missing, callback.ErrNotFound) {
		return cb, missing
	}
	cb, err := h.byExternal(ctx, caller, id)
	if errors.Is(err, callback.ErrNotFound) {
		return nil, missing // it may say that there is one of another customer
	}
	return cb, err
}

// byID returns a callback by Id. All spellings of a GUID are equivalent.
func (h *Handler) byID(ctx context.Context, caller *api.Caller, id string) (*callback.Callback, error) {
	spellings := []string{id}
	if guid, err := uuid.Parse(id); err == nil && guid.String() != id {
		spellings = append(spellings, guid.String())
	}
	missing := callback.ErrNotFound
	for _, id := range spellings {
		cb, err := h.manager.Tenant(caller.Tenant).Get(ctx, callback.ID(id))
		if err == nil {
			if err = caller.Reach(cb); err == nil {
				return cb, nil
			}
			missing = err
		}
		if !errors.Is(err, callback.ErrNotFound) {
			return nil, err
		}
	}
	return nil, missing
}

// byExternal returns the only callback with an ExternalTaskId that is not
// Terminated, or else the newest, of those that the caller may find by it.
func (h *Handler) byExternal(ctx context.Context, caller *api.Caller, id string) (*callback.Callback, error) {
	q := callback.Query{
		Tenant: caller.Tenant, CustomerID: caller.Own, ExternalID: id, NotStates: terminated.states(),
		Order: callback.ByCreated, Desc: true, Limit: maxSameTask,
	}
	found, err := h.findable(ctx, caller, q, 2)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 2:
		return nil, errAmbiguous
	case len(found) == 0:
		q.NotStates = nil
		if found, err = h.findable(ctx, caller, q, 1); err != nil {
			return nil, err
		}
	}
	if len(found) == 0 {
		return nil, callback.ErrNotFound
	}
	return found[0], nil
}

// maxSameTask is the maximum number of callbacks with one ExternalTaskId that a
// request looks at.
const maxSameTask = 100

// findable returns at most n callbacks of a query that the caller may find by an
// ExternalTaskId, which can be guessed: a caller who may not read, and is not
// restricted to a customer, finds only the callbacks that it created.
func (h *Handler) findable(ctx context.Context, caller *api.Caller, q callback.Query, n int) ([]*callback.Callback, error) {
	all := mayRead(caller) || caller.Own != ""
	if all {
		q.Limit = n
	}
	page, err := h.manager.Tenant(caller.Tenant).SearchPage(ctx, q)
	if err != nil || all {
		return page.Callbacks, err
	}
	var found []*callback.Callback
	for _, cb := range page.Callbacks {
		history, err := h.manager.Tenant(caller.Tenant).History(ctx, cb.ID)
		switch {
		case errors.Is(err, callback.ErrNotFound):
			continue // it was erased
		case err != nil:
			return nil, err
		}
		if first := history[0]; first.Seq == 1 && first.Actor == caller.Name {
			if found = append(found, cb); len(found) == n {
				break
			}
		}
	}
	return found, nil
}
