package lucs

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/ownkey"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/callback/manager"
)

// Error codes with their HTTP status. Only [CodeNotInitialized] is documented
// by LUCS.
const (
	CodeNotInitialized = "NotInitialized" // 500: the Manager is stopped

	CodeInvalidParameter     = "InvalidParameter"     // 400: the message begins with the member
	CodeInvalidNumber        = "InvalidNumber"        // 400: the service does not call the target
	CodeClosed               = "Closed"               // 400: the service is closed at the due date
	CodeNoCapacity           = "NoCapacity"           // 400: no capacity at the due date
	CodeUnauthorized         = "Unauthorized"         // 401
	CodeForbidden            = "Forbidden"            // 403
	CodeNotFound             = "NotFound"             // 404: unknown callback or path
	CodeAlreadyTerminated    = "AlreadyTerminated"    // 404: the callback is Terminated
	CodeMethodNotAllowed     = "MethodNotAllowed"     // 405
	CodeAmbiguous            = "Ambiguous"            // 409: several callbacks have the ExternalTaskId
	CodeCallInProgress       = "CallInProgress"       // 409: cancelled when the call ends
	CodeConflict             = "Conflict"             // 409: concurrent change; repeat the request
	CodeKeyReused            = "IdempotencyKeyReused" // 409: the key belongs to another request
	CodeTooLarge             = "TooLarge"             // 413: body larger than api.MaxBody
	CodeUnsupportedMediaType = "UnsupportedMediaType" // 415: the body is not JSON
	CodeNumberLimit          = "NumberLimit"          // 429: the target has open callbacks
	CodeQueueLimit           = "QueueLimit"           // 429: the queue of the service is full
	CodeIntervalLimit        = "IntervalLimit"        // 429: too many callbacks in an interval
	CodeBusy                 = "Busy"                 // 429: other large searches of the tenant are being answered
	CodeParameterLimit       = "ParameterLimit"       // 429: too many callbacks for the target today
	CodeConfiguration        = "Configuration"        // 500: a service is misconfigured
	CodeOutcomeUnknown       = "OutcomeUnknown"       // 500: it may have happened; repeat with the same Idempotency-Key
	CodeInternalError        = "InternalError"        // 500
)

// refusal is an error in a response.
type refusal struct {
	status  int
	code    string
	message string
	retry   time.Time // end of a limit; zero if unknown
}

// errAmbiguous: an ExternalTaskId identifies several callbacks.
var errAmbiguous error = ambiguousError{}

type ambiguousError struct{}

func (ambiguousError) Error() string { return "several open callbacks have this ExternalTaskId" }

func (ambiguousError) Kind() string { return "conflict" }

// refusalOf converts an error. The message contains no phone number.
func refusalOf(err error) refusal {
	var fault *api.Fault
	var state *callback.StateError
	switch {
	case errors.As(err, &fault):
		return refusalOfFault(fault)
	case errors.Is(err, errAmbiguous):
		return refusal{status: http.StatusConflict, code: CodeAmbiguous, message: errAmbiguous.Error()}
	case errors.Is(err, callback.ErrStopped):
		return refusal{status: http.StatusInternalServerError, code: CodeNotInitialized, message: callback.ErrStopped.Error()}
	case errors.Is(err, callback.ErrOutcomeUnknown):
		return refusal{status: http.StatusInternalServerError, code: CodeOutcomeUnknown, message: callback.ErrOutcomeUnknown.Error()}
	case errors.Is(err, callback.ErrKeyReuse):
		return refusal{status: http.StatusConflict, code: CodeKeyReused, message: callback.ErrKeyReuse.Error()}
	case errors.As(err, &state) && errors.Is(err, callback.ErrInFlight):
		return refusal{status: http.StatusConflict, code: CodeCallInProgress,
			message: "a call is in progress: the callback ends with it, without another attempt"}
	case errors.As(err, &state):
		return refusal{status: http.StatusNotFound, code: CodeAlreadyTerminated, message: "the callback is already Terminated"}
	case errors.Is(err, callback.ErrConflict):
		return refusal{status: http.StatusConflict, code: CodeConflict, message: callback.ErrConflict.Error()}
	}
	return refusalOfFact(err)
}

func refusalOfFault(f *api.Fault) refusal {
	r := refusal{status: f.Status, code: CodeInvalidParameter, message: f.Error()}
	for _, known := range [...]struct {
		status int
		code   string
	}{
		{http.StatusUnauthorized, CodeUnauthorized}, {http.StatusForbidden, CodeForbidden}, {http.StatusNotFound, CodeNotFound},
		{http.StatusMethodNotAllowed, CodeMethodNotAllowed}, {http.StatusRequestEntityTooLarge, CodeTooLarge},
		{http.StatusUnsupportedMediaType, CodeUnsupportedMediaType}, {http.StatusTooManyRequests, CodeBusy},
		{http.StatusInternalServerError, CodeInternalError},
	} {
		if f.Status == known.status {
			r.code = known.code
		}
	}
	return r
}

// refusalOfFact converts an error of the Manager.
func refusalOfFact(err error) refusal {
	code := callback.Code(err)
	switch code {
	case 40030:
		return refusal{status: http.StatusNotFound, code: CodeNotFound, message: callback.ErrNotFound.Error()}
	case 50020, 50040:
		return refusal{status: http.StatusInternalServerError, code: CodeConfiguration, message: "the service is misconfigured"}
	}
	for _, known := range [...]struct {
		fact, status int
		code         string
	}{
		{40001, http.StatusTooManyRequests, CodeNumberLimit}, {40002, http.StatusTooManyRequests, CodeQueueLimit},
		{40003, http.StatusTooManyRequests, CodeIntervalLimit}, {40004, http.StatusTooManyRequests, CodeParameterLimit},
		{40010, http.StatusBadRequest, CodeInvalidParameter}, {40040, http.StatusBadRequest, CodeInvalidNumber},
		{40050, http.StatusBadRequest, CodeClosed}, {40051, http.StatusBadRequest, CodeNoCapacity},
	} {
		if known.fact != code {
			continue
		}
		r := refusal{status: known.status, code: known.code, message: explain(err)}
		var limit *callback.LimitError
		if errors.As(err, &limit) {
			r.retry = limit.RetryAt
		}
		return r
	}
	return refusal{status: http.StatusInternalServerError, code: CodeInternalError, message: "the request could not be answered"}
}

// explain returns the message of a rejected request, with names of LUCS.
func explain(err error) string {
	var field *callback.FieldError
	var number *callback.NumberError
	var limit *callback.LimitError
	var full *callback.AvailabilityError
	switch {
	case errors.As(err, &full):
		return explainFull(full)
	case errors.As(err, &limit):
		return limit.Error()
	case errors.As(err, &number):
		plain := callback.NumberError{Field: memberOf(number.Field), Rule: number.Rule}
		return plain.Error()
	case errors.As(err, &field):
		return memberOf(field.Field) + ": " + field.Rule
	}
	return callback.ErrInvalidParameter.Error()
}

func explainFull(e *callback.AvailabilityError) string {
	var b strings.Builder
	fmt.Fprintf(&b, "DueDate: %v, from %s to %s", e.Unwrap(), wire.Time(e.Bucket.Start), wire.Time(e.Bucket.End))
	for i, slot := range e.Alternatives {
		if i == 0 {
			b.WriteString("; free slots start at ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(wire.Time(slot.Start))
	}
	return b.String()
}

// memberOf returns the LUCS name of a field.
func memberOf(field string) string {
	name, ok := map[string]string{
		"_customer_number":    "Target",
		"alternative":         "AlternativeTarget",
		"_desired_time":       "DueDate",
		"service":             "ServiceId, ServiceSip",
		"key":                 ownkey.Header,
		"agent.description":   "Description",
		"origin.creator":      "Creator",
		"origin.initiator":    "Initiator",
		"origin.supervisor":   "Supervisor",
		"origin.caller_id":    "CallerId",
		"origin.external_id":  "ExternalTaskId",
		"origin.incoming_uri": "IncomingServiceSipUri",
		"origin.app_pool":     "AppPoolId",
		"origin.session_id":   "InitiatingSessionId",
		"origin.context_url":  "ContextUrl",
		"origin.retry_type":   "RetryType",
	}[field]
	if !ok {
		return field
	}
	return name
}

// errorDto is the body of an error.
type errorDto struct {
	Error struct{ Code, Message string }
}

// refuse responds with an error and logs failures of the server. m acts for the
// caller's tenant, if it is known.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, m *manager.Manager, operation string, err error) {
	if errors.Is(err, errGone) {
		return
	}
	wire.Refused(r.Context(), m, "lucs."+cmp.Or(operation, "none"), err)
	answer := refusalOf(err)
	if answer.status == http.StatusInternalServerError && answer.code != CodeNotInitialized {
		wire.LogFailure(r.Context(), h.log, "LUCS request failed", err,
			slog.String("operation", operation), slog.String("code", answer.code))
	}
	var begun *begunError
	if errors.As(err, &begun) {
		// Part of the response was sent; closing the connection is the only
		// signal left.
		panic(http.ErrAbortHandler)
	}
	if now, err := h.manager.Now(r.Context()); err == nil {
		wire.RetryAfter(w.Header(), answer.retry, now)
	}
	var body errorDto
	body.Error.Code, body.Error.Message = answer.code, answer.message
	_ = writeJSON(w, answer.status, &body) // an error means that the client has gone
}
