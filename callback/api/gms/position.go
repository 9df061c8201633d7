package gms

import (
	"errors"
	"math"
	"net/http"

	"github.com/ringback-go/ringback/callback"
)

// errNoPosition is what GMS says of a callback that stands in no queue.
var errNoPosition = errors.New("404 Not Found")

// positionBody is a callback's place in its queue. The two estimates, which are
// the same, are in seconds and are not there when nothing is known.
type positionBody struct {
	Position int    `json:"_position"`
	ETA      *int64 `json:"_eta,omitempty"`
	Waiting  int    `json:"_total_waiting"`
	Ready    bool   `json:"_agent_ready_threshold_passed"`
	EWT      *int64 `json:"ewt,omitempty"`
}

// position answers with the place of a callback in its queue (GMS 4.9). A body
// is ignored.
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
