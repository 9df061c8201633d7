package interaction

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

// The parameters of notifications (GMS: notify_params) that are not properties
// of the callback.
const (
	ParamServiceID      = "_service_id"         // id of the callback
	ParamServiceName    = "_service_name"       // service of the callback
	ParamDesiredTime    = "_desired_time"       // desired time at the time of sending
	ParamState          = "_callback_state"     // GMS state after the event
	ParamReason         = "_callback_reason"    // reason of the completion
	ParamTermination    = "_c_termination_type" // same as ParamReason (inferred)
	ParamVirtualQueue   = "_urs_virtual_queue"  // Agent.Queue
	ParamQueue          = "_v_queue"            // Agent.Queue
	ParamAttempt        = "_attempt"            // number of the attempt, from 1
	ParamCallResult     = "_call_result"        // name of the attempt's result
	ParamCustomerNumber = "_customer_number"    // personal data
	ParamDialedNumber   = "_c_dialed_number"    // personal data: number that the attempt calls
)

// DefaultParams returns the default parameters of a notification. They contain
// no personal data.
func DefaultParams() []string {
	return []string{ParamServiceID, ParamServiceName, ParamDesiredTime, ParamState, ParamReason}
}

// Notification is one message to a subscriber.
type Notification struct {
	// ID identifies the notification across retries, restarts and nodes.
	// Receivers use it to skip duplicates.
	ID    string
	Name  Name
	Event callback.Event
}

// notification returns the named notification of an event. Its ID is a hash, so
// it reveals nothing and is a valid header value.
func notification(e callback.Event, name Name) Notification {
	h := sha256.New()
	for _, part := range []string{e.Tenant, string(e.Callback), strconv.FormatInt(e.Seq, 10), string(name)} {
		h.Write([]byte(strconv.Itoa(len(part))))
		h.Write([]byte{':'})
		h.Write([]byte(part))
	}
	return Notification{ID: hex.EncodeToString(h.Sum(nil)[:16]), Name: name, Event: e}
}

// payload is the body of a notification (inferred).
type payload struct {
	ID       string         `json:"id"`
	Event    Name           `json:"event"`
	Time     string         `json:"time"`
	Sequence int64          `json:"sequence"`
	Params   map[string]any `json:"params"`
}

// body returns the JSON of a notification. cb is the current callback, or nil
// if it is deleted or not needed.
func (n Notification) body(params []string, cb *callback.Callback) ([]byte, error) {
	p := payload{ID: n.ID, Event: n.Name, Time: n.Event.At.UTC().Format(TimeFormat), Sequence: n.Event.Seq, Params: make(map[string]any)}
	for _, name := range params {
		if value, ok := n.param(name, cb); ok {
			p.Params[name] = value
		}
	}
	return json.Marshal(p)
}

// param returns one parameter; ok is false if it has no value.
func (n Notification) param(name string, cb *callback.Callback) (value any, ok bool) {
	e := n.Event
	switch name {
	case ParamServiceID:
		return e.Callback, true
	case ParamServiceName:
		return e.Service, true
	case ParamState:
		return wire.GMSState(e.To), true
	case ParamReason, ParamTermination:
		return e.Reason, e.Reason != ""
	case ParamAttempt:
		return e.Attempt, e.Attempt > 0
	case ParamCallResult:
		return e.Result.String(), e.EndsAttempt() || e.Result != callback.ResultOK
	}
	if cb == nil {
		return nil, false
	}
	switch name {
	case ParamDesiredTime:
		return cb.Desired.UTC().Format(TimeFormat), true
	case ParamVirtualQueue, ParamQueue:
		return cb.Agent.Queue, cb.Agent.Queue != ""
	case ParamCustomerNumber:
		return cb.Customer.Number.Reveal(), !cb.Customer.Number.IsZero()
	case ParamDialedNumber:
		return cb.Customer.Target().Reveal(), e.Attempt > 0 && !cb.Customer.Target().IsZero()
	}
	if value, ok = cb.Properties[name]; !ok {
		value, ok = cb.UserData[name]
	}
	return value, ok
}

// ofEvent reports whether the event alone provides a parameter.
func ofEvent(name string) bool {
	switch name {
	case ParamServiceID, ParamServiceName, ParamState, ParamReason, ParamTermination, ParamAttempt, ParamCallResult:
		return true
	}
	return false
}
