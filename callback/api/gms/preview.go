package gms

import (
	"net/http"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/manager"
)

// preview accepts an agent's answer to a preview: accept, reject or cancel (GMS
// section 7), or a customer's answer to the question for confirmation: accept or
// cancel. A caller without the role operate gives the latter only. A late or repeated
// answer is an error with code 40020.
func (h *Handler) preview(c *call) error {
	p, err := readParameters(c)
	if err != nil {
		return err
	}
	answer, ok := answers()[p.text("_action")]
	if !ok {
		p.refuse("_action", "is not accept, reject or cancel")
	}
	if p.err != nil {
		return p.err
	}
	cb, err := h.reach(c)
	if err != nil {
		return err
	}
	req := manager.AnswerRequest{ID: cb.ID, Answer: answer, Actor: c.caller.Name}
	if !c.caller.Has(api.RoleOperate) {
		req.Kind = callback.OfferConfirm
	}
	_, err = h.manager.Tenant(cb.Tenant).Answer(c.r.Context(), req)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, struct{}{})
}

func answers() map[string]callback.OfferAnswer {
	return map[string]callback.OfferAnswer{
		"accept": callback.AnswerAccept, "reject": callback.AnswerReject, "cancel": callback.AnswerCancel,
	}
}
