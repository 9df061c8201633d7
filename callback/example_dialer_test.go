package callback_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// exchange stands for the client of a telephony platform. It places calls under
// a tag of ours and can be asked about a tag later. A real one is used by
// several goroutines at once; in the example there is only one.
type exchange struct {
	calls map[string]*exchangeCall
	drop  int // so many answers are lost on the way back
	deny  int // so many requests are refused with "too many requests"
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

// Dial places the call and returns at once; what happens on the line is told to
// Manager.Report. The attempt's key goes along as the tag, so that the platform
// can be asked about it after a crash.
func (d exchangeDialer) Dial(ctx context.Context, call callback.Call) (callback.Ref, error) {
	if err := ctx.Err(); err != nil {
		return "", errors.Join(callback.ErrNotPlaced, err) // nothing was sent
	}
	id, err := d.platform.originate(string(call.Key), call.To.Reveal(), call.CallerID)
	switch {
	case errors.Is(err, errTooMany):
		return "", &callback.ThrottledError{After: 30 * time.Second} // not placed, either
	case err != nil:
		return "", err // it may have been placed: never say more than is known
	}
	return callback.Ref(id), nil
}

// Hangup ends a call. One that is over or unknown is no error.
func (d exchangeDialer) Hangup(_ context.Context, h callback.Hangup) error {
	if call := d.platform.calls[string(h.Key)]; call != nil {
		call.status = "finished"
	}
	return nil
}

// SearchValue says what became of an attempt. It only reads.
func (d exchangeDialer) Lookup(_ context.Context, _ string, key callback.AttemptKey, _ callback.Ref) (callback.Found, error) {
	call, ok := d.platform.calls[string(key)]
	if !ok {
		// Every request carries its tag: what the platform does not have was
		// not placed.
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

// Limits tells the Manager what the platform bears, and how long after a
// request a look-up can be trusted.
func (d exchangeDialer) Limits() callback.DialerLimits {
	return callback.DialerLimits{MaxInFlight: 20, Settle: 10 * time.Second}
}

// A dialer is written for a platform with one method. The others are optional:
// with Lookup, attempts of which no answer came are cleared up without anybody
// being phoned twice.
func ExampleDialer() {
	ctx := context.Background()
	platform := &exchange{calls: make(map[string]*exchangeCall), deny: 1, drop: 1}
	m, sim := simulate(support(), func(c *manager.Config) { c.Dialer = exchangeDialer{platform} })
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}

	sim.Tick() // refused: the Manager waits as long as the platform asks
	show(sim, cb.ID)
	sim.Clock.Advance(30 * time.Second)
	sim.Tick() // placed, but the answer is lost
	show(sim, cb.ID)
	platform.calls["cb000001.2"].status = "talking"
	sim.Clock.Advance(time.Minute)
	sim.Tick() // looked up: it is live
	show(sim, cb.ID)

	// From here on the platform reports, as it does for every call.
	err = m.Report(ctx, callback.Report{
		Key:     "cb000001.2",
		Outcome: &callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known, Talk: 2 * time.Minute},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if cb, err = m.Get(ctx, cb.ID); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, cb.Reason, "calls:", len(platform.calls))
	for _, attempt := range cb.Attempts {
		fmt.Printf("%s %v %q\n", attempt.Key, attempt.Outcome.Certainty, attempt.Ref)
	}
	// Output:
	// 09:00:00 QUEUED, 1 attempts
	// 09:00:30 UNRESOLVED, 2 attempts
	// 09:01:30 PROCESSING, 2 attempts
	// COMPLETED AGENT_CONNECTED calls: 1
	// cb000001.1 not placed ""
	// cb000001.2 known "X100"
}
