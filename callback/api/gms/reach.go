package gms

import (
	"slices"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// reach returns the callback that the request names, [callback.ErrNotFound] if
// there is none that the caller can see.
func (h *Handler) reach(c *call) (*callback.Callback, error) {
	if !text.IsID(c.id) {
		return nil, callback.ErrNotFound
	}
	cb, err := h.manager.Tenant(c.caller.Tenant).Get(c.r.Context(), callback.ID(c.id))
	if err == nil {
		err = c.caller.Reach(cb)
	}
	switch {
	case err != nil:
		return nil, err
	case c.name != "" && c.op != opStart && !h.shows(c, cb):
		return nil, callback.ErrNotFound
	}
	c.found = true
	return cb, nil
}

// shows reports whether cb can be addressed under the service in the path: its
// own service, or one that may redirect to it.
func (h *Handler) shows(c *call, cb *callback.Callback) bool {
	if c.name == cb.Service {
		return true
	}
	policy, err := h.manager.Tenant(c.caller.Tenant).Policy(c.r.Context(), c.name)
	return err == nil && h.handsOn(c, policy.Service())
}

// handsOn reports whether a service may redirect requests.
func (h *Handler) handsOn(c *call, s callback.Service) bool {
	if s.Redirect != "" || slices.Contains(s.Overwritable, keyRedirect) {
		return true
	}
	options := h.viewOf(c.caller.Tenant).options
	return options != nil && options.Settings[s.Name].Templates[keyRedirect] != ""
}
