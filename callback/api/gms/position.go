package gms

import (
	"errors"
	"math"
	"net/http"

	"github.com/ringback-go/ringback/callback"
)

// errNoPosition has the message of GMS for a callback that is not in a queue.
var errNoPosition = errors.New("404 Not Found")

// positionBody is the position of a callback. ETA and EWT are equal, in
// seconds, and absent if unknown.
type positionBody struct {
	Position int    `json:"_position"`
	ETA      *int64 `json:"_eta,omitempty"`
	Waiting  int    `json:"_total_waiting"`
	Ready    bool   `json:"_agent_ready_threshold_passed"`
	EWT      *int64 `json:"ewt,omitempty"`
}

// position responds with the queue position of a callback (GMS 4.9). It ignores
// the body.
func (h *Handler) position(c *call) error {
	cb, err := h.reach(c)
	if err != nil {
		return missingPosition(err)
	}
	p, err := h.manager.Tenant(cb.Tenant).Position(c.r.Context(), cb.ID)
	if err != nil {
		return missingPosition(err)
	}
	body := positionBody{Position: p.Place, Waiting: p.Waiting, Ready: p.Ready}
	if p.Known {
		body.ETA = new(int64(math.Round(p.Wait.Seconds())))
		body.EWT = body.ETA
	}
	return c.answer(http.StatusOK, body)
}

func missingPosition(err error) error {
	if errors.Is(err, callback.ErrNotFound) || errors.Is(err, callback.ErrInvalidOperation) {
		return &fault{code: callback.CodeUnexpected, message: "Error processing callback " + errNoPosition.Error(),
			properties: map[string]any{"message": errNoPosition.Error()}, cause: errNoPosition}
	}
	return err
}
