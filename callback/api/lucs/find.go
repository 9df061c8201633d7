package lucs

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/safetext"
	"github.com/ringback-go/ringback/callback/manager"
)

// externalParameter names the callback in the query of a get.
const externalParameter = "externalTaskId"

// get answers with the callback that the path names.
func (h *Handler) get(w http.ResponseWriter, r *request) error {
	cb, err := h.find(r.Context(), r.caller, r.id)
	if err != nil {
		return err
	}
	return h.answer(w, r, cb)
}

// findByExternal answers with the callback that the query names.
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
		return api.NewFault(http.StatusBadRequest, externalParameter, "is there more than once")
	}
	r.id = ids[0]
	return h.get(w, r)
}

// cancel ends the callback that the path names and answers with it. A body is
// checked and otherwise not looked at; where there is none, its type does not
// matter, because some clients name one by habit.
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
	return happened(h.answer(w, r, cb))
}

// find returns the callback that has the Id, or else the ExternalTaskId, among
// those that the caller reaches.
func (h *Handler) find(ctx context.Context, caller *api.Caller, id string) (*callback.Callback, error) {
	if !safetext.IsID(id) {
		return nil, callback.ErrNotFound // no callback has such a name
	}
	cb, err := h.byID(ctx, caller, id)
	if !errors.Is(err, callback.ErrNotFound) {
		return cb, err
	}
	return h.byExternal(ctx, caller, id)
}

// byID finds a callback by its Id. GUIDs are the same in any spelling.
func (h *Handler) byID(ctx context.Context, caller *api.Caller, id string) (*callback.Callback, error) {
	spellings := []string{id}
	if guid, err := uuid.Parse(id); err == nil && guid.String() != id {
		spellings = append(spellings, guid.String())
	}
	for _, id := range spellings {
		cb, err := h.manager.Tenant(caller.Tenant).Get(ctx, callback.ID(id))
		if err == nil && caller.Reaches(cb) {
			return cb, nil
		}
		if err != nil && !errors.Is(err, callback.ErrNotFound) {
			return nil, err
		}
	}
	return nil, callback.ErrNotFound
}

// byExternal finds the one callback with an ExternalTaskId that is not
// Terminated, or else the newest.
func (h *Handler) byExternal(ctx context.Context, caller *api.Caller, id string) (*callback.Callback, error) {
	q := callback.Query{
		Tenant: caller.Tenant, CustomerID: caller.Own, ExternalID: id, NotStates: terminated.states(),
		Order: callback.ByCreated, Desc: true, Limit: 2,
	}
	page, err := h.manager.Tenant(caller.Tenant).SearchPage(ctx, q)
	if err != nil {
		return nil, err
	}
	switch len(page.Callbacks) {
	case 1:
		return page.Callbacks[0], nil
	case 2:
		return nil, errAmbiguous
	}
	q.NotStates, q.Limit = nil, 1
	if page, err = h.manager.Tenant(caller.Tenant).SearchPage(ctx, q); err != nil {
		return nil, err
	}
	if len(page.Callbacks) == 0 {
		return nil, callback.ErrNotFound
	}
	return page.Callbacks[0], nil
}
