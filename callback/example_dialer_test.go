package callback_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
)

// exchange stands for the client of a telephony platform. It places calls under a
// tag that the caller chooses, by which they can be looked up. Unlike a real client
// it is for one goroutine.
type exchange struct {
	calls map[string]*exchangeCall
	drop  int // number of responses that will be lost
	deny  int // number of requests that will be refused
}

type exchangeCall struct {
	id     string
	status string // "ringing", "talking", "finished", "busy"
}

var (
	errTooMany = errors.New("429 too many requests")
	errTimeout = errors.New("504 gateway timeout")
)

func (x *exchange) originate(tag, number, callerID string) (id string, err error) {
	if x.deny > 0 {
		x.deny--
		return "", errTooMany
	}
	call := &exchangeCall{id: fmt.Sprintf("X%d", 100+len(x.calls)), status: "ringing"}
	x.calls[tag] = call
	if x.drop > 0 {
		x.drop--
		return "", errTimeout
	}
	return call.id, nil
}

// exchangeDialer is a Dialer for that platform.
type exchangeDialer struct{ platform *exchange }

// Dial places the call and returns at once; the progress of the call is reported to
// Manager.Report. The key of the attempt is the tag, so that Lookup finds the call
// after a crash.
func (d exchangeDialer) Dial(ctx context.Context, call callback.Call) (callback.Ref, error) {
	if err := ctx.Err(); err != nil {
		return "", errors.Join(callback.ErrNotPlaced, err) // nothing was sent
	}
	id, err := d.platform.originate(string(call.Key), call.To.Reveal(), call.CallerID)
	switch {
	case errors.Is(err, errTooMany):
		return "", &callback.ThrottledError{After: 30 * time.Second} // not placed
	case err != nil:
		return "", err // the call may have been placed
	}
	return callback.Ref(id), nil
}

// Hangup ends a call. It returns nil if the call has ended or is unknown.
func (d exchangeDialer) Hangup(_ context.Context, h callback.Hangup) error {
	if call := d.platform.calls[string(h.Key)]; call != nil {
		call.status = "finished"
	}
	return nil
}

// Lookup returns what happened to an attempt.
func (d exchangeDialer) Lookup(_ context.Context, _ string, key callback.AttemptKey, _ callback.Ref) (callback.Found, error) {
	call, ok := d.platform.calls[string(key)]
	if !ok {
		// The platform knows the tags of all its calls.
		return callback.Found{State: callback.FoundNotPlaced}, nil
	}
	found := callback.Found{State: callback.FoundEnded, Ref: callback.Ref(call.id)}
	found.Outcome.Certainty = callback.Known
	switch call.status {
	case "ringing":
		return callback.Found{State: callback.FoundLive, Stage: callback.StageRinging, Ref: found.Ref}, nil
	case "talking":
		return callback.Found{State: callback.FoundLive, Stage: callback.StageBridged, Ref: found.Ref}, nil
	case "busy":
		found.Outcome.Result = callback.ResultBusy
	case "finished":
		found.Outcome.Result, found.Outcome.Reached = callback.ResultAnswer, callback.StageBridged
	default:
		return callback.Found{State: callback.FoundUnknown}, nil // asked again later
	}
	return found, nil
}

// Limits returns the limits of the platform, and the time after a request from which
// a look-up is reliable.
func (d exchangeDialer) Limits() callback.DialerLimits {
	return callback.DialerLimits{MaxInFlight: 20, Settle: 10 * time.Second}
}

// A dialer needs only the method Dial. With Lookup, attempts whose response was lost
// are resolved without calling the customer twice.
func ExampleDialer() {
	ctx := context.Background()
	platform := &exchange{calls: make(map[string]*exchangeCall), deny: 1, drop: 1}
	rig := managertest.New(managertest.ForExample(), managertest.Config{Options: func(c *manager.Config) { c.Dialer = exchangeDialer{platform} }})
	id := rig.Start(manager.Request{}).ID

	rig.Tick()
	fmt.Println("refused, the Manager waits for 30 s:", rig.Get(id).State)
	rig.Clock.Advance(30 * time.Second)
	rig.Tick()
	fmt.Println("placed, but the response is lost:", rig.Get(id).State)
	platform.calls["cb000001.2"].status = "talking"
	rig.Clock.Advance(time.Minute)
	rig.Tick()
	fmt.Println("the look-up finds the call:", rig.Get(id).State)

	err := rig.Manager.Report(ctx, callback.Report{
		Key:     "cb000001.2",
		Outcome: &callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known, Talk: 2 * time.Minute},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	cb := rig.Get(id)
	fmt.Println(cb.State, cb.Reason, "calls:", len(platform.calls))
	for _, attempt := range cb.Attempts {
		fmt.Printf("%s %v %q\n", attempt.Key, attempt.Outcome.Certainty, attempt.Ref)
	}
	// Output:
	// refused, the Manager waits for 30 s: QUEUED
	// placed, but the response is lost: UNRESOLVED
	// the look-up finds the call: PROCESSING
	// COMPLETED AGENT_CONNECTED calls: 1
	// cb000001.1 not placed ""
	// cb000001.2 known "X100"
}

// A DialerFunc makes a whole call. After an error that wraps ErrNotPlaced it is called
// again; after any other error the customer may have been called, and it is not.
func ExampleDialerFunc() {
	attempts := 0
	dialer := callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
		attempts++
		switch attempts {
		case 1:
			return callback.Outcome{}, fmt.Errorf("no connection to the exchange: %w", callback.ErrNotPlaced)
		case 2:
			return callback.Outcome{}, &callback.ThrottledError{After: 40 * time.Second}
		case 3:
			return callback.Ended(callback.ResultBusy), nil
		}
		return callback.Outcome{}, errors.New("connection was lost during the call")
	})
	rig := managertest.New(managertest.ForExample(), managertest.Config{Options: func(c *manager.Config) { c.Dialer = dialer }})
	id := rig.Start(manager.Request{}).ID
	rig.Run(2 * time.Hour)
	cb := rig.Get(id)
	for _, attempt := range cb.Attempts {
		end := "has no known end"
		if !attempt.Live() {
			end = fmt.Sprint(attempt.Outcome.Certainty, " ", attempt.Outcome.Result)
		}
		fmt.Println(attempt.Key, attempt.Began.Format("15:04:05"), end)
	}
	fmt.Println(cb.State)
	// Output:
	// cb000001.1 10:00:00 not placed SYSTEM_ERROR
	// cb000001.2 10:00:10 not placed SYSTEM_ERROR
	// cb000001.3 10:00:50 known BUSY
	// cb000001.4 10:05:50 has no known end
	// UNRESOLVED
}

// trunk is a dialer that reports by itself. Its calls are busy.
type trunk struct{ to callback.Reporter }

// Attach keeps the Manager, which manager.New passes.
func (t *trunk) Attach(r callback.Reporter) error {
	if t.to != nil {
		return callback.ErrAttached // its calls belong to the store of the other one
	}
	t.to = r
	return nil
}

// Dial places a call and hears of its end. A real dialer hears of it later, from the
// goroutine that reads the events of its platform.
func (t *trunk) Dial(ctx context.Context, call callback.Call) (callback.Ref, error) {
	end, err := callback.CallEnd{SIP: 486}.Outcome()
	if err != nil {
		return "", err
	}
	return "", t.to.Report(ctx, callback.Report{Tenant: call.Tenant, Key: call.Key, Epoch: call.Epoch, Outcome: &end})
}

// A dialer that reports by itself is made before the Manager, which then attaches
// itself.
func ExampleReportingDialer() {
	dialer := new(trunk)
	rig := managertest.New(managertest.ForExample(), managertest.Config{Options: func(c *manager.Config) { c.Dialer = dialer }})
	id := rig.Start(manager.Request{}).ID
	rig.Tick()
	fmt.Println(rig.Get(id).Current().Outcome.Result)

	_, err := manager.New(manager.Config{Store: rig.Store, Services: rig.Services, Dialer: dialer})
	fmt.Println(err)
	// Output:
	// BUSY
	// Dialer: cannot be attached: dialer is attached to another manager
}
