package gms

import (
	"context"
	"net/http"
	"time"

	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/callback/manager"
)

// pauseBody is a pause of a service, or of all services of the tenant if it names
// none.
type pauseBody struct {
	Service    string `json:"service"`
	Since      string `json:"since,omitempty"`
	Actor      string `json:"actor,omitempty"`
	Reason     string `json:"reason,omitempty"`
	Configured bool   `json:"configured"` // by _paused_services_list: it cannot be lifted here
}

type pausesBody struct {
	Pauses []pauseBody `json:"pauses"`
}

// concernedBody is the response to a pause and to its end.
type concernedBody struct {
	Callbacks int `json:"callbacks"`
}

// pauses responds with the pauses in force. GMS itself has no request for it: its
// administrators edit a list.
func (h *Handler) pauses(c *call) error {
	list, err := h.manager.Tenant(c.caller.Tenant).Pauses(c.r.Context())
	if err != nil {
		return err
	}
	body := pausesBody{Pauses: make([]pauseBody, len(list))}
	for i, p := range list {
		body.Pauses[i] = pauseBody{Service: p.Service, Since: sinceOf(p.Since), Actor: p.Actor, Reason: p.Reason, Configured: p.Configured}
	}
	return c.answer(http.StatusOK, body)
}

func sinceOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return wire.Time(t)
}

// pause pauses the service in the path, or all services.
func (h *Handler) pause(c *call) error { return h.switchPause(c, (*manager.Manager).Pause) }

// resume ends such a pause.
func (h *Handler) resume(c *call) error { return h.switchPause(c, (*manager.Manager).Resume) }

func (h *Handler) switchPause(c *call, do func(*manager.Manager, context.Context, manager.PauseRequest) (int, error)) error {
	p, err := readParameters(c)
	if err != nil {
		return err
	}
	req := manager.PauseRequest{Service: c.name, Actor: c.caller.Name, Reason: p.text("reason")}
	if p.err != nil {
		return p.err
	}
	n, err := do(h.manager.Tenant(c.caller.Tenant), c.r.Context(), req)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, concernedBody{n})
}
