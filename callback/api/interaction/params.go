package interaction

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

// The parameters of notifications (GMS notify_params) that are not simply
// properties of the callback.
const (
	ParamServiceID      = "_service_id"         // the callback's id
	ParamServiceName    = "_service_name"       // the callback's service
	ParamDesiredTime    = "_desired_time"       // when it is to be called, as it is now
	ParamState          = "_callback_state"     // after the event, as GMS knows it
	ParamReason         = "_callback_reason"    // of the end
	ParamTermination    = "_c_termination_type" // the reason, under the name of the calling side (inferred)
	ParamVirtualQueue   = "_urs_virtual_queue"  // Agent.Queue
	ParamQueue          = "_v_queue"            // Agent.Queue
	ParamAttempt        = "_attempt"            // the attempt concerned, from 1
	ParamCallResult     = "_call_result"        // how the attempt ended, by name
	ParamCustomerNumber = "_customer_number"    // private
	ParamDialedNumber   = "_c_dialed_number"    // private: whom the attempt calls
)

// DefaultParams are the parameters of a notification for which none are chosen:
// nothing of the person.
func DefaultParams() []string {
	return []string{ParamServiceID, ParamServiceName, ParamDesiredTime, ParamState, ParamReason}
}

// Notification is one thing to tell a subscriber.
type Notification struct {
	// ID is the same however often the notification is sent, by whichever node:
	// a receiver that has seen it ignores it.
	ID    string
	Name  Name
	Event callback.Event
}

// notification names one of the notifications of an event. The id says nothing
// of what it is made of and fits into a header.
func notification(e callback.Event, name Name) Notification {
	h := sha256.New()
	for _, part := range []string{e.Tenant, string(e.Callback), strconv.FormatInt(e.Seq, 10), string(name)} {
		h.Write([]byte(strconv.Itoa(len(part))))
		h.Write([]byte{':'})
		h.Write([]byte(part))
	}
	return Notification{ID: hex.EncodeToString(h.Sum(nil)[:16]), Name: name, Event: e}
}

// payload is the body of a notification. Its form is inferred.
type payload struct {
	ID       string         `json:"id"`
	Event    Name           `json:"event"`
	Time     string         `json:"time"`
	Sequence int64          `json:"sequence"`
	Params   map[string]any `json:"params"`
}

// body writes a notification. cb is the callback as it is now, nil when it is
// gone or not needed.
func (n Notification) body(params []string, cb *callback.Callback) ([]byte, error) {
	p := payload{ID: n.ID, Event: n.Name, Time: n.Event.At.UTC().Format(TimeFormat), Sequence: n.Event.Seq, Params: make(map[string]any)}
	for _, name := range params {
		if value, ok := n.param(name, cb); ok {
			p.Params[name] = value
		}
	}
	return json.Marshal(p)
}

// param returns one parameter; ok is false when there is nothing to tell.
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
		ended := e.Type == callback.EventAttemptEnded || e.Type == callback.EventCompleted
		return e.Result.String(), ended && e.Attempt > 0
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

// ofEvent reports whether a parameter can be told without the callback.
func ofEvent(name string) bool {
	switch name {
	case ParamServiceID, ParamServiceName, ParamState, ParamReason, ParamTermination, ParamAttempt, ParamCallResult:
		return true
	}
	return false
}
