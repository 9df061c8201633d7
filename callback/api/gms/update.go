package gms

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
)

// change is what a PUT asks for.
type change struct {
	desired time.Time      // zero: stays
	state   callback.State // zero: stays
	reason  callback.Reason
	set     callback.Values
}

// update moves a callback to another time, sets its state for the execution
// side, or changes properties (GMS 4.3).
//
// What is wrong with the request is found before anything is changed. See
// change for what somebody else's change at the same moment leaves.
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
	if err := h.checkChange(c, cb, ch); err != nil {
		return err
	}
	if err := h.change(c, cb, ch); err != nil {
		return err
	}
	return c.answer(http.StatusOK, struct{}{})
}

// readChange reads the body. A new time makes the state meaningless.
func readChange(p *parameters) (ch change, err error) {
	ch.desired = p.time(keyNewDesired)
	text := p.text(keyState)
	if text != "" && ch.desired.IsZero() {
		var ok bool
		if ch.state, ok = forced(text); !ok {
			p.refuse(keyState, "is no state")
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

// checkChange refuses what is known to be refused.
func (h *Handler) checkChange(c *call, cb *callback.Callback, ch change) error {
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
	if err := checkProperties(cb, ch.set); err != nil {
		return err
	}
	policy, err := h.manager.Policy(c.r.Context(), cb.Tenant, cb.Service)
	if err != nil {
		return nil // the Manager has the words for it
	}
	if value, ok := ch.set[keyNumber]; ok {
		text, ok := callback.TextOf(value)
		if !ok {
			return invalidParameter(keyNumber, "cannot be removed or set to a structure")
		}
		if err := checkNumber(text, policy.Service().Numbers); err != nil {
			return err
		}
	}
	if !isText(string(ch.reason)) || len(ch.reason) > maxReason {
		return invalidParameter(keyReason, ruleText+", or is longer than "+strconv.Itoa(maxReason)+" bytes")
	}
	for key, value := range ch.set {
		if value == "" && slices.Contains(policy.Service().MandatoryKeys, key) {
			return invalidParameter(key, "cannot be removed: the service requires it")
		}
	}
	return nil
}

// change writes what is asked for: a new time, and then properties; or properties
// and then a state, which may be one that ends it all. Each is a write of its own.
//
// The time comes first because most can be wrong with it, and a refusal leaves
// everything as it was. Properties that are refused after it, because the new
// number has too many callbacks or somebody was faster, leave the callback at its
// new time.
func (h *Handler) change(c *call, cb *callback.Callback, ch change) error {
	ctx := c.r.Context()
	if !ch.desired.IsZero() {
		_, err := h.manager.Reschedule(ctx, callback.RescheduleRequest{
			Tenant: cb.Tenant, ID: cb.ID, Desired: ch.desired, Actor: c.caller.Name,
		})
		if err != nil {
			return err
		}
	}
	var updated *callback.Callback
	if len(ch.set) > 0 {
		var err error
		updated, err = h.manager.Update(ctx, callback.UpdateRequest{
			Tenant: cb.Tenant, ID: cb.ID, Set: ch.set, Actor: c.caller.Name,
		})
		if err != nil {
			return err
		}
	}
	if ch.state == 0 || ch.state == callback.Scheduled {
		return nil
	}
	_, err := h.manager.ReportState(ctx, callback.StateReport{
		Tenant: cb.Tenant, ID: cb.ID, State: ch.state, Reason: ch.reason, Actor: c.caller.Name,
	})
	if err != nil && updated != nil && updated.Revision == cb.Revision+1 {
		h.restore(c, cb, ch.set, updated.Revision)
	}
	return err
}

// restore puts the properties back that were set before the state was refused,
// unless somebody else has changed the callback since. Both changes stay in the
// history, and the callback is found under what the properties were meanwhile.
func (h *Handler) restore(c *call, cb *callback.Callback, set callback.Values, revision int64) {
	back := make(callback.Values, len(set))
	for key := range set {
		back[key] = ""
		if value, ok := cb.Properties[key]; ok {
			back[key] = value
		} else if value, ok := cb.UserData[key]; ok {
			back[key] = value
		}
	}
	if _, ok := set[keyNumber]; ok {
		back[keyNumber] = cb.Customer.Number.Reveal()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), restoreTimeout)
	defer cancel()
	_, err := h.manager.Update(ctx, callback.UpdateRequest{
		Tenant: cb.Tenant, ID: cb.ID, Set: back, Revision: revision, Actor: c.caller.Name, Detail: "put back: the rest of the request was refused",
	})
	if err != nil && !errors.Is(err, callback.ErrConflict) {
		h.logFault(c, callback.Code(err), err)
	}
}

// restoreTimeout bounds the putting back, which does not end with the request.
const restoreTimeout = 10 * time.Second

// maxReason is how many bytes a completion reason has at most.
const maxReason = 128
