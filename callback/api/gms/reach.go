package gms

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ringback-go/ringback/callback"
)

// reach returns the callback that the request names, [callback.ErrNotFound]
// when there is none that the caller can know of.
func (h *Handler) reach(c *call) (*callback.Callback, error) {
	if !isID(c.id) {
		return nil, callback.ErrNotFound
	}
	cb, err := h.manager.Get(c.r.Context(), c.caller.Tenant, callback.ID(c.id))
	switch {
	case err != nil:
		return nil, err
	case !c.caller.Reaches(cb), c.name != "" && c.op != opStart && !h.shows(c, cb):
		return nil, callback.ErrNotFound
	}
	c.found = true
	return cb, nil
}

// isID reports whether a text can be the identifier of a callback.
func isID(text string) bool {
	return text != "" && len(text) <= 128 && isText(text)
}

// isText reports whether a text can be stored and compared with what is: UTF-8
// without control characters.
func isText(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// ruleText is the rule that other texts break.
const ruleText = "has control characters or is not UTF-8"

// shows reports whether a callback can be named under the service of the path:
// its own, or one that hands requests on.
func (h *Handler) shows(c *call, cb *callback.Callback) bool {
	if c.name == cb.Service {
		return true
	}
	policy, err := h.manager.Policy(c.r.Context(), c.caller.Tenant, c.name)
	return err == nil && h.handsOn(c, policy.Service())
}

// handsOn reports whether a service may hand requests on to another.
func (h *Handler) handsOn(c *call, s callback.Service) bool {
	if s.Redirect != "" || slices.Contains(s.Overwritable, keyRedirect) {
		return true
	}
	options := h.viewOf(c.caller.Tenant).options
	return options != nil && options.Settings[s.Name].Templates[keyRedirect] != ""
}
