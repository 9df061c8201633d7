package gms

import (
	"net/http"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/callback/manager"
)

// change is the content of a PUT.
type change struct {
	desired time.Time      // zero: unchanged
	state   callback.State // zero: unchanged
	reason  callback.Reason
	set     callback.Values
}

// update reschedules a callback, sets its state on behalf of the executing
// side, or sets properties (GMS 4.3), in one atomic write.
func (h *Handler) update(c *call) error {
	p, err := readParameters(c)
	if err != nil {
		return err
	}
	ch, err := readChange(p)
	if err != nil {
		return err
	}
	if text, ok := callback.TextOf(ch.set[keyNumber]); ok {
		c.number = text
	}
	if ch.state != 0 && !c.caller.Has(api.RoleOperate) {
		return api.NewFault(http.StatusForbidden, keyState, "needs the role "+api.RoleOperate.String())
	}
	cb, err := h.reach(c)
	if err != nil {
		return err
	}
	if err := checkChange(cb, ch); err != nil {
		return err
	}
	if err := h.change(c, cb, ch); err != nil {
		return err
	}
	return c.answer(http.StatusOK, struct{}{})
}

// readChange reads the body. A new time takes precedence over a state.
func readChange(p *parameters) (ch change, err error) {
	ch.desired = p.time(keyNewDesired)
	text := p.text(keyState)
	if text != "" && ch.desired.IsZero() {
		var ok bool
		if ch.state, ok = forced(text); !ok {
			p.refuse(keyState, "is not a state")
		}
		reason := p.text(keyReason)
		if short := p.text(keyReasonShort); reason == "" {
			reason = short
		}
		ch.reason = reasonOf(reason)
	}
	ch.set = p.values
	return ch, p.err
}

// checkChange rejects changes that the state of the callback does not allow.
func checkChange(cb *callback.Callback, ch change) error {
	state := func() error { return &callback.StateError{ID: cb.ID, State: cb.State, Operation: "update"} }
	switch {
	case cb.State == callback.Completed:
		return state()
	case !ch.desired.IsZero() && cb.State != callback.Scheduled:
		return state()
	case ch.state == callback.Scheduled && cb.State != callback.Scheduled:
		return state()
	case ch.state == callback.Paused:
		return invalidParameter(keyState, "cannot be set")
	case ch.state != 0 && ch.state != callback.Scheduled && !callback.CanMove(cb.State, ch.state):
		return state()
	}
	if rule := text.Rule(string(ch.reason), maxReason); rule != "" {
		return invalidParameter(keyReason, rule)
	}
	return nil
}

// change applies a new time or a state together with the properties, or
// properties alone.
func (h *Handler) change(c *call, cb *callback.Callback, ch change) error {
	ctx := c.r.Context()
	var err error
	switch {
	case !ch.desired.IsZero():
		_, err = h.manager.Tenant(cb.Tenant).Reschedule(ctx, manager.RescheduleRequest{
			ID: cb.ID, Desired: ch.desired, Set: ch.set, Actor: c.caller.Name,
		})
	case ch.state != 0 && ch.state != callback.Scheduled:
		_, err = h.manager.Tenant(cb.Tenant).ReportState(ctx, manager.StateReport{
			ID: cb.ID, State: ch.state, Reason: ch.reason, Set: ch.set, Actor: c.caller.Name,
		})
	case len(ch.set) > 0:
		_, err = h.manager.Tenant(cb.Tenant).Update(ctx, manager.UpdateRequest{ID: cb.ID, Set: ch.set, Actor: c.caller.Name})
	}
	return err
}

// maxReason is the maximum length of a completion reason in bytes.
const maxReason = 128
