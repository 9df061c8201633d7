package gms

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/callback/manager"
)

// maxPerQueue is the maximum number of callbacks per service in a query by
// queues.
const maxPerQueue = 1000

// queues responds with the callbacks of services, ordered by desired time (GMS
// 4.7).
func (h *Handler) queues(c *call) error {
	query, err := readQuery(c)
	if err != nil {
		return err
	}
	req, err := h.readQueues(c, query)
	if err != nil {
		return err
	}
	queues, err := h.manager.Tenant(c.caller.Tenant).Queues(c.r.Context(), *req)
	if err != nil {
		return err
	}
	columns := h.columns(c)
	body := make(row, len(queues))
	for i, queue := range queues {
		rows := make([]row, len(queue.Callbacks))
		for k, cb := range queue.Callbacks {
			rows[k] = columns.row(cb)
		}
		body[i] = member{queue.Service, rows}
	}
	return c.answer(http.StatusOK, body)
}

// readQueues parses a query by queues.
func (h *Handler) readQueues(c *call, query url.Values) (*manager.QueuesRequest, error) {
	req := &manager.QueuesRequest{}
	filters := h.viewOf(c.caller.Tenant).filterKeys
	for _, name := range sortedNames(query) {
		if slices.ContainsFunc(query[name], func(value string) bool { return !text.IsPlain(value) }) {
			return nil, invalidParameter(name, ruleText)
		}
		text, ok := single(query, name)
		switch name {
		case "target":
			req.Services = query[name]
			ok = !slices.Contains(req.Services, "")
		case paramStart:
			req.From, ok = bound(text, ok)
		case paramEnd:
			req.To, ok = bound(text, ok)
		case "states":
			var states []callback.State
			if states, ok = parseStates(text); ok {
				req.States, ok = both(req.States, states)
			}
		case "max":
			n, err := strconv.Atoi(text)
			if req.Max = n; !ok || err != nil || n < 1 || n > maxPerQueue {
				return nil, invalidParameter(name, "is not an integer from 1 to "+strconv.Itoa(maxPerQueue))
			}
		default:
			ok = ok && slices.Contains(filters, name) && filter(req, name, text)
		}
		if !ok {
			return nil, filterFault(name)
		}
	}
	return req, nil
}

// filter adds a condition on a filter key.
func filter(req *manager.QueuesRequest, name, text string) (ok bool) {
	switch {
	case text == "":
		return false
	case name == keyState:
		f, ok := parseState(text)
		if !ok {
			return false
		}
		states := f.states
		for _, s := range callback.States() {
			if f.not != nil && !slices.Contains(f.not, s) {
				states = append(states, s)
			}
		}
		req.States, ok = both(req.States, states)
		return ok
	case name == keyReason:
		req.Reasons = append(req.Reasons, callback.Reason(text))
		if r := reasonOf(text); string(r) != text {
			req.Reasons = append(req.Reasons, r)
		}
		return true
	}
	req.Properties = append(req.Properties, callback.Match{Key: name, Value: text})
	return true
}

// both returns the states in both lists; nil stands for all states. ok is false
// if there are none.
func both(a, b []callback.State) ([]callback.State, bool) {
	if a == nil {
		return b, len(b) > 0
	}
	var common []callback.State
	for _, s := range a {
		if slices.Contains(b, s) {
			common = append(common, s)
		}
	}
	return common, len(common) > 0
}

// watermarksBody is the response to a query for the number of active callbacks.
type watermarksBody struct {
	Total    int            `json:"total"`
	Services map[string]int `json:"services"`
}

// watermarks responds with the number of active callbacks (GMS 4.8). It ignores
// unknown parameters.
func (h *Handler) watermarks(c *call) error {
	query, err := readQuery(c)
	if err != nil {
		return err
	}
	names := query["service_name"]
	if slices.Contains(names, "") {
		return invalidParameter("service_name", "is empty")
	}
	if slices.ContainsFunc(names, func(name string) bool { return !text.IsPlain(name) }) {
		return invalidParameter("service_name", ruleText)
	}
	marks, err := h.manager.Tenant(c.caller.Tenant).Watermarks(c.r.Context(), manager.WatermarksRequest{Services: names})
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, watermarksBody{marks.Total, marks.Services})
}
