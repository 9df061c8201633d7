package gms

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/ownkey"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/callback/manager"
)

// limited sets the message of an exceeded limit (GMS section 6).
func (h *Handler) limited(c *call, f *fault, err error) {
	var limit *callback.LimitError
	if !errors.As(err, &limit) {
		f.message = sentence(err.Error())
		return
	}
	queued := "Limit of queued callbacks for " + limit.Service + " is reached"
	f.properties = map[string]any{"service": limit.Service}
	switch f.code {
	case 40001:
		f.message = fmt.Sprintf("There is already %d or more Callbacks QUEUED for this number, please refer to _enable_in_queue_checking for detail.", limit.Max)
		f.properties = map[string]any{"max_queued": limit.Max}
	case 40002:
		f.message = queued + "."
	case 40003:
		seconds := int64(limit.Interval / time.Second)
		f.message = fmt.Sprintf("%s for interval %ds.", queued, seconds)
		f.properties["interval"] = seconds
	case 40004:
		f.message = fmt.Sprintf("%s for parameter %s. Reached %d times today.", queued, limit.Parameter, limit.Used)
		f.properties["parameter"], f.properties["attempts"] = limit.Parameter, limit.Used
	}
	if now, err := h.manager.Now(c.r.Context()); err == nil {
		wire.RetryAfter(c.w.Header(), limit.RetryAt, now)
	}
}

// parameter sets the message of a parameter that cannot be used.
func (f *fault) parameter(err error) {
	var field *callback.FieldError
	var wide *availability.RangeError
	switch {
	case errors.Is(err, callback.ErrKeyReuse):
		f.invalid(ownkey.Header, "was used for another request")
	case errors.As(err, &wide):
		f.invalid("end", rangeRule(wide))
	case errors.As(err, &field):
		f.invalid(fieldName(field.Field), field.Rule)
	default:
		// Other errors may contain details of a store.
		f.message = sentence(callback.ErrInvalidParameter.Error())
	}
}

func rangeRule(wide *availability.RangeError) string {
	return "the " + strings.TrimPrefix(wide.Error(), "availability: ")
}

func (f *fault) invalid(parameter, rule string) {
	f.message = "Invalid parameter " + clip(parameter) + ": " + rule + "."
	f.properties = map[string]any{"parameter": clip(parameter)}
}

// fieldName returns the GMS name of a field of a request.
func fieldName(field string) string {
	switch field {
	case "key":
		return ownkey.Header
	case "copy_from":
		return keyCopyFrom
	case "session_id":
		return keySession
	case "agent.target", "overrides._target":
		return keyTarget
	case "agent.queue":
		return keyQueue
	case "origin.interaction_id":
		return keyOriginating
	}
	return strings.TrimPrefix(field, "properties.")
}

// operation sets the message of an operation that the state of the callback
// does not allow.
func (f *fault) operation(c *call, err error) {
	var state *callback.StateError
	var wide *manager.RangeError
	id := clip(c.id)
	if errors.As(err, &state) {
		id = string(state.ID)
		f.properties = map[string]any{"id": id, "state": wire.GMSState(state.State)}
	}
	switch {
	case errors.As(err, &wide):
		f.message = fmt.Sprintf("Query range spans too wide time range (%d / %d). Adjust query parameters for time range.",
			int64(wide.Span/time.Second), int64(wide.Max/time.Second))
	case state == nil && c.op == opStart:
		f.message = "A concurrent request interfered. Nothing was started; please retry."
	case state == nil:
		f.message = fmt.Sprintf("Callback '%s' was changed concurrently.", id)
		f.properties = map[string]any{"id": id}
	case c.op == opStart:
		f.message = fmt.Sprintf("Callback '%s' to copy from is not completed. State=%s", id, wire.GMSState(state.State))
	case (c.op == opCancel || c.op == opCancelAll) && state.State == callback.Completed:
		f.message, f.classless = fmt.Sprintf("Request already cancelled or completed : [%s]", id), true
	case c.op == opCancel || c.op == opCancelAll:
		f.message = fmt.Sprintf("Callback '%s' is in a call and will be cancelled when the call has ended. State=%s", id, wire.GMSState(state.State))
	case c.op == opDelete:
		f.message = fmt.Sprintf("Callback %s cannot be deleted - _callback_state=%s", id, wire.GMSState(state.State))
	case c.op == opPreview:
		f.message = fmt.Sprintf("Callback '%s' does not expect this answer. State=%s", id, wire.GMSState(state.State))
	default:
		f.message = fmt.Sprintf("Callback '%s' is no longer scheduled. State=%s", id, wire.GMSState(state.State))
	}
}

// missing sets the message of an unknown callback.
func (f *fault) missing(c *call) {
	id := clip(c.id)
	f.properties = map[string]any{"id": id}
	switch c.op {
	case opStart:
		f.message = fmt.Sprintf("Callback %s to copy from cannot be found", id)
	case opCancel, opCancelAll:
		f.message, f.classless = fmt.Sprintf("No such request to cancel : [%s]", id), true
	default:
		f.message = fmt.Sprintf("Callback %s cannot be found", id)
	}
}

// number sets the message of a rejected number. It contains the number in the
// request.
func (f *fault) number(c *call, err error) {
	var refused *callback.NumberError
	if !errors.As(err, &refused) {
		f.message = sentence(api.Redact(err.Error()))
		return
	}
	why, option := "it is invalid", "_disallow_impossible_phone_numbers"
	switch refused.Rule {
	case "premium":
		why, option = "it's a premium number", "_disallow_premium_phone_numbers"
	case "exception":
		why, option = "it is an exception", "_exceptions"
	case "country":
		why, option = "its country is not served", ""
	case "emergency":
		why, option = "it is an emergency number", ""
	case "host":
		why, option = "its host is not served", ""
	}
	f.message = fmt.Sprintf("Customer Number [%s] is disallowed, because %s.", clip(c.number), why)
	f.properties = map[string]any{"number": clip(c.number)}
	if option != "" {
		f.message += " Check option " + option
		f.properties["option"] = option
	}
}

// availability sets the message of a time that is not available, and proposes
// others.
func (f *fault) availability(err error) {
	var refused *callback.AvailabilityError
	if !errors.As(err, &refused) {
		f.message = sentence(err.Error())
		return
	}
	what := "Too many requests"
	if f.code == 40050 {
		what = "Office closed"
	}
	f.message = fmt.Sprintf("%s at desired time [%s, %s]. Proposing time slots.", what,
		wire.Time(refused.Bucket.Start), wire.Time(refused.Bucket.End))
	f.slots = jsonV1(refused.Alternatives)
}

// submits sets the message of a callback that could not be submitted.
func (h *Handler) submits(c *call, f *fault) {
	var most callback.Limit
	if p, err := h.manager.Tenant(c.caller.Tenant).Policy(c.r.Context(), c.name); err == nil {
		most = p.Service().Queueing.MaxSubmits
	}
	f.message = fmt.Sprintf("Callback %s reached maximum attempts to submit to ORS reached (%d)", clip(c.id), most)
	f.properties = map[string]any{"id": clip(c.id), "max-attempts": most}
}

// unexpected sets the message of an error without a code. Its text goes to the
// log only.
func (f *fault) unexpected(err error) {
	what := "an internal error"
	switch {
	case errors.Is(err, errNoPosition):
		what = errNoPosition.Error()
	case errors.Is(err, callback.ErrOutcomeUnknown):
		what = callback.ErrOutcomeUnknown.Error()
	case errors.Is(err, callback.ErrStopped):
		what = callback.ErrStopped.Error()
	}
	f.message = "Error processing callback " + what
	f.properties = map[string]any{"message": what}
}

// filterFault is the error of a query condition. It contains the name of the
// condition, not its value.
func filterFault(name string) *fault {
	return &fault{code: 40020, cause: callback.ErrInvalidOperation, message: "Cannot process 'filter' parameter correctly : " + clip(name), properties: map[string]any{"filter": clip(name)}}
}

// invalidParameter returns the error of a parameter that cannot be used.
func invalidParameter(name, rule string) error {
	return callback.NewFieldError(callback.ErrInvalidParameter, name, rule)
}
