package gms

import (
	"errors"
	"net/http"
	"slices"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// nothingToDelete is the message of GMS for an unknown number or identifier.
const nothingToDelete = "no callback(s) to delete"

// forget erases callbacks by identifier and number (GMS 4.4 "forget me").
func (h *Handler) forget(c *call) error {
	p, err := readParameters(c)
	if err != nil {
		return err
	}
	req := manager.ForgetRequest{Actor: c.caller.Name, Detail: "forget me"}
	for _, id := range p.list(keyID) {
		req.IDs = append(req.IDs, callback.ID(id))
	}
	req.Numbers = p.list(keyNumber)
	switch n := len(req.IDs) + len(req.Numbers); {
	case n == 0:
		p.refuse(keyID, "or "+keyNumber+" is required")
	case n > maxItems:
		p.refuse(keyID, ruleItems)
	}
	if p.err != nil {
		return p.err
	}
	body := newBulkBody()
	if c.caller.Own != "" {
		if err := h.forgetOwn(c, &req, body); err != nil {
			return err
		}
	}
	if len(req.IDs) > 0 || len(req.Numbers) > 0 {
		result, err := h.manager.Tenant(c.caller.Tenant).Forget(c.r.Context(), req)
		if err != nil && len(result.Items) == 0 {
			return err
		}
		for _, item := range result.Items {
			body.forgotten(h, c, item)
		}
		if err != nil {
			// The items were erased; something else could not be.
			body.fail(h, c, "", "", err)
		}
	}
	return c.answer(http.StatusOK, body)
}

// forgotten adds the result of an item. An item that does not exist is not an
// error.
func (b *bulkBody) forgotten(h *Handler, c *call, item manager.BulkItem) {
	switch {
	case errors.Is(item.Err, callback.ErrNotFound), item.Err == nil && item.N == 0:
		nothing := itemBody{Reason: nothingToDelete, ID: string(item.ID)}
		if item.ID == "" {
			nothing.Number = item.Number
		}
		b.Success = append(b.Success, nothing)
	case item.Err != nil:
		b.fail(h, c, item.ID, item.Number, item.Err)
	default:
		b.Success = append(b.Success, itemBody{ID: string(item.ID)})
	}
}

// forgetOwn restricts the request of a caller that is restricted to a customer:
// it replaces numbers by the identifiers of that customer's callbacks.
func (h *Handler) forgetOwn(c *call, req *manager.ForgetRequest, body *bulkBody) error {
	unreachable := func(id callback.ID) { body.forgotten(h, c, manager.BulkItem{ID: id}) }
	own, err := h.reachable(c, req.IDs, unreachable)
	if err != nil {
		return err
	}
	if len(req.Numbers) > 0 {
		found, had, err := h.ownCallbacks(c, req.Numbers)
		if err != nil {
			return err
		}
		for i, number := range req.Numbers {
			if !had[i] {
				body.forgotten(h, c, manager.BulkItem{Number: number})
			}
		}
		own = append(own, found...)
	}
	slices.Sort(own)
	req.IDs, req.Numbers = slices.Compact(own), nil
	return nil
}

// ownCallbacks returns the callbacks of the caller's customer that have one of
// the numbers, and which of the numbers were found. It parses each number once
// per service.
func (h *Handler) ownCallbacks(c *call, numbers []string) (ids []callback.ID, had []bool, err error) {
	had = make([]bool, len(numbers))
	read := make(map[string]map[string][]int) // indexes of numbers, by service and key
	for cb, err := range h.manager.Tenant(c.caller.Tenant).Search(c.r.Context(), callback.Query{CustomerID: c.caller.Own}) {
		if err != nil {
			return nil, nil, err
		}
		keys, ok := read[cb.Service]
		if !ok {
			var rules callback.Numbers
			if policy, err := h.manager.Tenant(cb.Tenant).Policy(c.r.Context(), cb.Service); err == nil {
				rules = policy.Service().Numbers
			}
			keys = make(map[string][]int, len(numbers))
			for i, number := range numbers {
				key := readingOf(number, rules)
				keys[key] = append(keys[key], i)
			}
			read[cb.Service] = keys
		}
		places := slices.Concat(keys[cb.Customer.Number.Key()], keys[cb.Customer.Alternative.Key()])
		for _, i := range places {
			had[i] = true
		}
		if len(places) > 0 {
			ids = append(ids, cb.ID)
		}
	}
	return ids, had, nil
}
