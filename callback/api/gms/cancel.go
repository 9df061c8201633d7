package gms

import (
	"net/http"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/callback/manager"
)

// cancel cancels a callback (GMS 4.2). The response has no body.
func (h *Handler) cancel(c *call) error {
	query, err := readQuery(c)
	if err != nil {
		return err
	}
	const discard = "discard_ors_failure"
	text, ok := single(query, discard)
	force, isTruth := wire.ParseTruth(text)
	if !ok || !isTruth {
		return invalidParameter(discard, ruleTruth)
	}
	cb, err := h.reach(c)
	if err != nil {
		return err
	}
	if force && cb.State == callback.Completed {
		// With discard_ors_failure, cancelling a completed callback succeeds.
		c.w.WriteHeader(http.StatusOK)
		return nil
	}
	_, err = h.manager.Tenant(cb.Tenant).Cancel(c.r.Context(), manager.CancelRequest{
		ID: cb.ID, Force: force, Actor: c.caller.Name,
	})
	if err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusOK)
	return nil
}
