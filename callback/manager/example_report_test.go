package manager_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// notice is what a telephony platform posts about a call: each step of it, and
// at the end the result.
type notice struct {
	Attempt callback.AttemptKey `json:"attempt"` // as it was given in Call.Key
	Call    callback.Ref        `json:"call"`
	Step    string              `json:"step"`
	Result  callback.CallResult `json:"result"` // by name; of the step "ended"
	Seconds int                 `json:"seconds"`
	At      time.Time           `json:"at"`
}

// report says what a notice means to a Manager.
func (n notice) report() (callback.Report, error) {
	r := callback.Report{Key: n.Attempt, Ref: n.Call, At: n.At, Actor: "webhook"}
	switch n.Step {
	case "ringing":
		r.Stage = callback.StageRinging
	case "answered":
		r.Stage = callback.StageCustomer
	case "bridged":
		r.Stage = callback.StageBridged
	case "ended":
		r.Outcome = &callback.Outcome{
			Result:    n.Result,
			Certainty: callback.Known, // the zero value means that it may have rung
			Talk:      time.Duration(n.Seconds) * time.Second,
		}
	default:
		return callback.Report{}, fmt.Errorf("step %q is not known", n.Step)
	}
	return r, nil
}

// webhook hands the notices of a platform to a Manager. Whatever status is not
// 2xx or 4xx makes the platform post the notice again; that does no harm.
func webhook(m *manager.Manager) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n notice
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&n); err != nil {
			http.Error(w, "not a notice", http.StatusBadRequest)
			return
		}
		report, err := n.report()
		if err != nil {
			http.Error(w, "not a known step", http.StatusBadRequest)
			return
		}
		err = m.Report(r.Context(), report)
		switch {
		case err == nil:
			w.WriteHeader(http.StatusNoContent)
		case errors.Is(err, callback.ErrInvalidParameter):
			http.Error(w, err.Error(), http.StatusBadRequest)
		case errors.Is(err, callback.ErrNotFound):
			http.Error(w, err.Error(), http.StatusNotFound)
		case errors.Is(err, callback.ErrConflict):
			http.Error(w, err.Error(), http.StatusConflict)
		default:
			http.Error(w, "try again", http.StatusServiceUnavailable)
		}
	})
}

// The webhook of a platform reports how the call goes on and how it ended.
// Notices may come twice and in any order.
func ExampleManager_Report() {
	ctx := context.Background()
	m, sim := simulate(support())
	// A network that places calls and leaves the reporting to the webhook.
	sim.Dialer.On(callbacktest.AnyNumber, callbacktest.Answered(time.Minute).With(callbacktest.Mute))
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	sim.Tick()
	show(sim, cb.ID)

	post := func(body string) {
		w := httptest.NewRecorder()
		webhook(m).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/calls", strings.NewReader(body)))
		sim.Clock.Advance(10 * time.Second)
		now, err := m.Get(ctx, cb.ID)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(w.Code, now.State, now.Current().Stage)
	}
	post(`{"attempt": "cb000001.1", "step": "ringing"}`)
	post(`{"attempt": "cb000001.1", "step": "answered"}`)
	post(`{"attempt": "cb000001.1", "step": "bridged"}`)
	post(`{"attempt": "cb000001.1", "step": "ringing"}`) // late: old news
	post(`{"attempt": "cb000001.1", "step": "ended", "result": "bridged", "seconds": 95}`)
	post(`{"attempt": "cb000001.1", "step": "ended", "result": "busy"}`) // the first result counts

	if cb, err = m.Get(ctx, cb.ID); err != nil {
		fmt.Println(err)
		return
	}
	outcome := cb.Current().Outcome
	fmt.Println(cb.Reason, outcome.Result, outcome.Talk)
	// Output:
	// 09:00:00 DIALING, 1 attempts
	// 204 DIALING ringing
	// 204 ROUTING customer
	// 204 PROCESSING bridged
	// 204 PROCESSING bridged
	// 204 COMPLETED bridged
	// 204 COMPLETED bridged
	// AGENT_CONNECTED BRIDGED 1m35s
}

// What a reporter says of attempts that never were, or in words that are not
// defined, is refused and changes nothing.
func ExampleManager_Report_refused() {
	ctx := context.Background()
	m, sim := simulate(support())
	sim.Dialer.On(callbacktest.AnyNumber, callbacktest.Answered(time.Minute).With(callbacktest.Mute))
	if _, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"}); err != nil {
		fmt.Println(err)
		return
	}
	sim.Tick()

	key := callback.NewAttemptKey("cb000001", 1)
	for _, r := range []callback.Report{
		{Key: key, Stage: callback.StageRinging},
		{Key: key},
		{Key: "call-4711", Stage: callback.StageRinging},
		{Key: callback.NewAttemptKey("cb000001", 2), Stage: callback.StageRinging},
		{Key: key, Stage: callback.StageCustomer, Epoch: 99},
	} {
		err := m.Report(ctx, r)
		fmt.Println(callback.Code(err), err)
	}
	// Output:
	// 0 <nil>
	// 40010 report: tells nothing
	// 40010 attempt: is not an attempt key
	// 40030 attempt 2: callback not found
	// 40020 attempt 1 was placed under another epoch: callback has changed
}
