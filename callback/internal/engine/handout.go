package engine

import (
	"errors"

	"github.com/ringback-go/ringback/callback"
)

// The functions in this file copy what plug-ins are handed, nested JSON values
// included, so that none of them can change a record or what another one sees.

// handCallback returns a copy for one plug-in.
func handCallback(cb *callback.Callback) *callback.Callback {
	own := cb.Clone()
	handValues(own.Properties)
	handValues(own.UserData)
	return own
}

// handCall returns a copy for one plug-in.
func handCall(call callback.Call) callback.Call {
	call.Properties, call.UserData = copyValues(call.Properties), copyValues(call.UserData)
	return call
}

// handError returns an error for one plug-in: a copy of a callback.PermitError,
// which the engine still reads.
func handError(err error) error {
	var refused *callback.PermitError
	if errors.As(err, &refused) {
		return new(*refused)
	}
	return err
}

func copyValues(values callback.Values) callback.Values {
	if values == nil {
		return nil
	}
	own := make(callback.Values, len(values))
	for key, value := range values {
		own[key] = copyValue(value)
	}
	return own
}

// handValues replaces the nested values of a map that is a copy already.
func handValues(values callback.Values) {
	for key, value := range values {
		switch value.(type) {
		case map[string]any, callback.Values, []any:
			values[key] = copyValue(value)
		}
	}
}

func copyValue(value any) any {
	switch v := value.(type) {
	case callback.Values:
		return copyValues(v)
	case map[string]any:
		return map[string]any(copyValues(v))
	case []any:
		own := make([]any, len(v))
		for i, item := range v {
			own[i] = copyValue(item)
		}
		return own
	}
	return value
}
