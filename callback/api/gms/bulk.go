package gms

import (
	"errors"
	"net/http"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// bulkBody is the response to an operation on many callbacks, with the result
// of each.
type bulkBody struct {
	Success []itemBody `json:"success"`
	Errors  []itemBody `json:"errors"`
}

type itemBody struct {
	Code    int    `json:"code,omitempty"`
	Phrase  string `json:"phrase,omitempty"`
	Reason  string `json:"reason,omitempty"`
	ID      string `json:"_id,omitempty"`
	Number  string `json:"_customer_number,omitempty"`
	Message string `json:"message,omitempty"`
}

func newBulkBody() *bulkBody { return &bulkBody{Success: []itemBody{}, Errors: []itemBody{}} }

// fail adds a failed item. Failures of the server are logged.
func (b *bulkBody) fail(h *Handler, c *call, id callback.ID, number string, err error) {
	one := *c
	one.id, one.found, one.number = string(id), false, number
	f := h.fault(&one, err)
	if f.code >= 50000 {
		h.logFault(&one, f.code, err)
	}
	item := itemBody{Code: f.code, Phrase: meaningOf(f.code).phrase, ID: string(id), Message: f.message}
	if id == "" {
		item.Number = number
	}
	b.Errors = append(b.Errors, item)
}

// cancelAll cancels many callbacks with one reason (GMS 4.11). With dry_run it
// returns the result without cancelling.
func (h *Handler) cancelAll(c *call) error {
	p, err := readParameters(c)
	if err != nil {
		return err
	}
	req := manager.CancelAllRequest{Actor: c.caller.Name}
	req.Reason = reasonOf(p.text("reason"))
	req.DryRun = p.truth("dry_run")
	for _, id := range p.list("ids") {
		req.IDs = append(req.IDs, callback.ID(id))
	}
	if len(req.IDs) == 0 {
		p.refuse("ids", "is required")
	}
	if len(req.IDs) > maxItems {
		p.refuse("ids", ruleItems)
	}
	if p.err != nil {
		return p.err
	}
	body := newBulkBody()
	if req.IDs, err = h.reachable(c, req.IDs, func(id callback.ID) { body.fail(h, c, id, "", callback.ErrNotFound) }); err != nil {
		return err
	}
	if len(req.IDs) > 0 {
		result, err := h.manager.Tenant(c.caller.Tenant).CancelAll(c.r.Context(), req)
		if err != nil {
			return err
		}
		for _, item := range result.Items {
			if item.Err != nil {
				body.fail(h, c, item.ID, "", item.Err)
				continue
			}
			body.Success = append(body.Success, itemBody{ID: string(item.ID)})
		}
	}
	return c.answer(http.StatusOK, body)
}

// maxItems is the maximum number of callbacks and numbers in one request.
const (
	maxItems  = 1000
	ruleItems = "has more than 1000 entries"
)

// reachable returns the callbacks that the caller can see and calls other for
// the rest. A caller without a customer can see all callbacks of its tenant.
func (h *Handler) reachable(c *call, ids []callback.ID, other func(callback.ID)) ([]callback.ID, error) {
	if c.caller.Own == "" {
		return ids, nil
	}
	var own []callback.ID
	for _, id := range ids {
		one := *c
		one.id = string(id)
		_, err := h.reach(&one)
		switch {
		case errors.Is(err, callback.ErrNotFound):
			h.manager.Tenant(c.caller.Tenant).Refused(c.r.Context(), "gms."+c.op, err)
			other(id)
		case err != nil:
			return nil, err
		default:
			own = append(own, id)
		}
	}
	return own, nil
}
