package gms

import (
	"cmp"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

// Codes of errors that GMS has no code for: the HTTP status followed by 00.
const (
	codeUnauthorized = 40100
	codeForbidden    = 40300
	codePath         = 40400
	codeMethod       = 40500
	codeBusy         = 42900 // other exports of the tenant are being answered
)

// meaning is the HTTP status, the phrase and the exception class of a code.
// class is empty if GMS documents none.
type meaning struct {
	code, status  int
	phrase, class string
}

var meanings = [...]meaning{
	{40001, http.StatusTooManyRequests, "TOO_MANY_CALLBACKS_FOR_NUMBER", "ServiceUnavailable"},
	{40002, http.StatusTooManyRequests, "SERVICE_LIMIT_REACHED", "ServiceUnavailable"},
	{40003, http.StatusTooManyRequests, "INTERVAL_LIMIT_REACHED", "ServiceUnavailable"},
	{40004, http.StatusTooManyRequests, "PARAMETER_LIMIT_REACHED", "ServiceUnavailable"},
	{40010, http.StatusBadRequest, "BAD_PARAMETER", ""},
	{40020, http.StatusBadRequest, "INVALID_OPERATION", "InvalidOperation"},
	{40030, http.StatusBadRequest, "NOT_FOUND", "NotFound"},
	{40040, http.StatusBadRequest, "INVALID_NUMBER", "Number"},
	{40050, http.StatusBadRequest, "OFFICE_CLOSED", "Availability"},
	{40051, http.StatusBadRequest, "NO_CAPACITY", "Availability"},
	{50004, http.StatusInternalServerError, "CAPACITY_ERROR", ""},
	{50005, http.StatusInternalServerError, "CALENDAR_ERROR", ""},
	{50006, http.StatusInternalServerError, "ORS_MAX_ATTEMPTS", ""},
	{50020, http.StatusInternalServerError, "CONFIGURATION_ERROR", "Resource"},
	{50030, http.StatusInternalServerError, "EXECUTION_ERROR", ""},
	{50040, http.StatusInternalServerError, "REDIRECT_ERROR", ""},
	{codeUnauthorized, http.StatusUnauthorized, "UNAUTHORIZED", ""},
	{codeForbidden, http.StatusForbidden, "FORBIDDEN", ""},
	{codePath, http.StatusNotFound, "NOT_FOUND", ""},
	{codeMethod, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", ""},
	{codeBusy, http.StatusTooManyRequests, "TOO_MANY_REQUESTS", ""},
}

// meaningOf returns the meaning of a code.
func meaningOf(code int) meaning {
	for _, m := range meanings {
		if m.code == code {
			return m
		}
	}
	return meaning{code, http.StatusInternalServerError, "UNEXPECTED_ERROR", ""}
}

// classPrefix is the prefix of exception classes.
const classPrefix = "com.genesyslab.gsg.services.callback.exceptions.CallbackException"

// fault is an error in the format of GMS.
type fault struct {
	code       int
	status     int // overrides the status of code
	message    string
	classless  bool // leave the exception class empty, as GMS does for this message
	properties map[string]any
	slots      json.RawMessage // proposed slots, in the format of availability version 1; nil for none
	cause      error
}

func (f *fault) Error() string { return f.message }

// Unwrap returns the cause.
func (f *fault) Unwrap() error { return f.cause }

// errorBody is the body of an error. Clients look for Availability in two
// places, so it is in Properties too. Empty properties are left out, because
// clients of Genesys on iOS cannot decode an empty object.
type errorBody struct {
	Code         int             `json:"code"`
	Phrase       string          `json:"phrase"`
	Message      string          `json:"message"`
	Exception    string          `json:"exception"`
	Properties   map[string]any  `json:"properties,omitempty"`
	Availability json.RawMessage `json:"availability,omitempty"`
}

func (f *fault) body() errorBody {
	m := meaningOf(f.code)
	b := errorBody{Code: f.code, Phrase: m.phrase, Message: f.message, Properties: f.properties, Availability: f.slots}
	if m.class != "" && !f.classless {
		b.Exception = classPrefix + m.class
	}
	if f.slots != nil {
		if b.Properties == nil {
			b.Properties = make(map[string]any)
		}
		b.Properties["availability"] = f.slots
	}
	return b
}

// refuse responds with an error and logs it if it is a failure of the server.
func (h *Handler) refuse(c *call, err error) {
	h.told(c, err)
	f := h.fault(c, err)
	status := f.status
	if status == 0 {
		status = meaningOf(f.code).status
	}
	if f.code >= 50000 && !errors.Is(err, errNoPosition) {
		h.logFault(c, f.code, err)
	}
	if err := c.answer(status, f.body()); err != nil {
		h.logFault(c, f.code, err)
	}
}

// told tells the observer of the Manager of a refusal.
func (h *Handler) told(c *call, err error) {
	m := h.manager
	if c.caller != nil {
		m = m.Tenant(c.caller.Tenant)
	}
	wire.Refused(c.r.Context(), m, "gms."+cmp.Or(c.op, "none"), err)
}

func (h *Handler) logFault(c *call, code int, err error) {
	attrs := []slog.Attr{slog.String("operation", c.op), slog.Int("code", code)}
	if c.caller != nil {
		attrs = append(attrs, slog.String("tenant", c.caller.Tenant), slog.String("actor", c.caller.Name))
	}
	if c.name != "" {
		attrs = append(attrs, slog.String("service", api.Redact(c.name)))
	}
	if c.id != "" {
		id := clip(c.id)
		if !c.found {
			id = api.Redact(id) // unverified text of the client
		}
		attrs = append(attrs, slog.String("callback", id))
	}
	wire.LogFailure(c.r.Context(), h.log, "GMS request failed", err, attrs...)
}

// fault converts an error to the format of GMS.
func (h *Handler) fault(c *call, err error) *fault {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	var refused *api.Fault
	if errors.As(err, &refused) {
		return faultOf(refused)
	}
	f = &fault{code: callback.Code(err), cause: err}
	switch {
	case f.code <= 40004:
		h.limited(c, f, err)
	case f.code == 40010:
		f.parameter(err)
	case f.code == 40020:
		f.operation(c, err)
	case f.code == 40030:
		f.missing(c)
	case f.code == 40040:
		f.number(c, err)
	case f.code == 40050 || f.code == 40051:
		f.availability(err)
	case f.code == 50006:
		h.submits(c, f)
	case f.code == callback.CodeUnexpected:
		f.unexpected(err)
	default:
		f.message = sentence(api.Redact(err.Error()))
	}
	return f
}

// faultOf converts a request that was rejected before any work was done.
func faultOf(refused *api.Fault) *fault {
	f := &fault{status: refused.Status, message: sentence(refused.Error()), cause: refused}
	switch refused.Status {
	case http.StatusUnauthorized:
		f.code = codeUnauthorized
	case http.StatusForbidden:
		f.code = codeForbidden
	case http.StatusNotFound:
		f.code = codePath
	case http.StatusMethodNotAllowed:
		f.code = codeMethod
	case http.StatusTooManyRequests:
		f.code = codeBusy
	case http.StatusInternalServerError:
		f.code = callback.CodeUnexpected
		f.unexpected(refused)
	default:
		f.code = 40010
		f.message = "Invalid parameter: " + refused.Rule + "."
		if refused.Field != "" {
			f.invalid(refused.Field, refused.Rule)
		}
	}
	return f
}
