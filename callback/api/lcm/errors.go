package lcm

import (
	"errors"
	"net/http"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

// wireError is an error in a reply. Type, Actual and Message are those of LCM.
type wireError struct {
	Type    string `json:"ErrorType"`
	Actual  string `json:"ActualError"`
	Message string `json:"Message"`
	Code    int    `json:"Code"`
	status  int
}

// callError is a missing or invalid call id. Its text does not contain the id;
// the reply does.
type callError struct{ actual string }

func (e *callError) Error() string { return "callid is empty or not valid" }

func (e *callError) Unwrap() error { return callback.ErrInvalidParameter }

// explain converts an error to the format of LCM. It does not describe failures
// of the server.
func (h *Handler) explain(err error) *wireError {
	told := &wireError{Type: wsError, Actual: err.Error(), Code: callback.Code(err)}
	told.status, told.Message = meaning(err, told.Code)
	var call *callError
	var fault *api.Fault
	switch {
	case errors.As(err, &call):
		told.Actual, told.Message = call.actual, "Invalid Call ID."
	case errors.As(err, &fault):
		told.status = fault.Status
	}
	if told.Code == callback.CodeUnexpected && told.status < http.StatusInternalServerError {
		told.Code = told.status * 100
	}
	if told.status >= http.StatusInternalServerError {
		told.Actual, told.Message = "the request could not be processed", "Request failed."
	}
	return told
}

// meaning returns the status and the message of an error.
func meaning(err error, code int) (status int, message string) {
	var mode *callback.ModeError
	var fault *api.Fault
	var field *callback.FieldError
	switch {
	case errors.Is(err, api.ErrUnauthenticated):
		return http.StatusUnauthorized, "Not authenticated."
	case errors.Is(err, api.ErrForbidden):
		return http.StatusForbidden, "Not allowed."
	case errors.As(err, &mode):
		return http.StatusBadRequest, "Invalid Callback Mode."
	case errors.As(err, &fault):
		return fault.Status, "Invalid request."
	case errors.As(err, &field) && code < 50000 && field.Field == keyAccount:
		if errors.Is(err, callback.ErrNotFound) {
			return http.StatusNotFound, "Invalid Account Number."
		}
		return http.StatusBadRequest, "Invalid Account Number."
	}
	switch {
	case code <= 40004:
		return http.StatusTooManyRequests, "Too many callbacks."
	case code == 40020, code == 40050, code == 40051:
		return http.StatusConflict, "Callback cannot be set."
	case code == 40040:
		return http.StatusBadRequest, "Invalid phone number."
	case code < 50000:
		return http.StatusBadRequest, "Invalid request."
	}
	return http.StatusInternalServerError, ""
}

// refusal returns the reply to a message without a valid subtopic.
func (h *Handler) refusal(err error) []byte {
	message := struct {
		Error *wireError `json:"error"`
	}{h.explain(err)}
	text, failed := wire.Encode(reply{channelLCM, topicWeb, wsError, message})
	if failed != nil {
		return []byte(`{}`)
	}
	return text
}

// renamed replaces the field in an error of the Manager by its name in the
// message.
func renamed(err error) error {
	names := map[string]string{
		"_desired_time": keyStartTime, "until": keyEndTime, "account": keyAccount, "mode_id": keyMode,
		"agent.comments": keyComments, "agent.personal": keyUser, "origin.initiator": keyUser,
	}
	var field *callback.FieldError
	if !errors.As(err, &field) || names[field.Field] == "" {
		return err
	}
	return callback.NewFieldError(err, names[field.Field], field.Rule)
}
