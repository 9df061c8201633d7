package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// dialer lets a Manager call through the platform. The one method it needs is
// Dial; Hangup, Lookup and Limits are capabilities that a Manager uses when it
// finds them.
type dialer struct {
	platform *platform
	to       atomic.Pointer[callback.Reporter] // set by Attach
}

var (
	_ callback.ReportingDialer = (*dialer)(nil)
	_ callback.Dialer          = (*dialer)(nil)
	_ callback.HangupDialer    = (*dialer)(nil)
	_ callback.LookupDialer    = (*dialer)(nil)
	_ callback.LimitedDialer   = (*dialer)(nil)
)

// Attach receives the Manager from manager.New, so that report has where to report
// to. The calls of this dialer belong to the store of that Manager.
func (d *dialer) Attach(r callback.Reporter) error {
	if !d.to.CompareAndSwap(nil, &r) {
		return callback.ErrAttached
	}
	return nil
}

// Dial hands one attempt to the platform and returns at once; what becomes of
// the call is told by report. call.Key goes along, so that the attempt can be
// named in every message and looked up later.
//
// The error decides whether the customer may be called again. Only what is
// surely known not to have left for the network wraps callback.ErrNotPlaced; a
// time-out, a broken connection, a response that cannot be read do not: the phone
// may be ringing.
func (d *dialer) Dial(_ context.Context, call callback.Call) (callback.Ref, error) {
	ref, err := d.platform.originate(string(call.Key), call.To.Reveal(), call.RingTimeout)
	switch {
	case err == nil:
		return callback.Ref(ref), nil
	case errors.Is(err, errNoTrunk):
		return "", fmt.Errorf("%w: %w", callback.ErrNotPlaced, err)
	default:
		return "", err
	}
}

// Hangup asks the platform to end a call. The final report still comes.
func (d *dialer) Hangup(_ context.Context, h callback.Hangup) error {
	d.platform.release(string(h.Key))
	return nil
}

// Lookup says what the platform knows of an attempt. It never places a call.
func (d *dialer) Lookup(_ context.Context, _ string, key callback.AttemptKey, _ callback.Ref) (callback.Found, error) {
	c, ok := d.platform.find(string(key))
	switch {
	case !ok:
		return callback.Found{State: callback.FoundNotPlaced}, nil
	case c.state == over:
		return callback.Found{State: callback.FoundEnded, Outcome: outcome(c.cause, c.talk), Ref: callback.Ref(c.ref)}, nil
	default:
		return callback.Found{State: callback.FoundLive, Stage: stage(c.state), Ref: callback.Ref(c.ref)}, nil
	}
}

// Limits declares what the platform can take and how long a request can be on
// its way: before that, "never heard of it" proves nothing.
func (d *dialer) Limits() callback.DialerLimits {
	return callback.DialerLimits{CallsPerSecond: 50, Settle: 200 * time.Millisecond}
}

var errDetached = errors.New("the dialer has no Manager: pass it to manager.New")

// report passes the platform's messages on to the attached Manager until ctx ends. It is the goroutine
// that a host has for its webhook, its AMI socket, its event stream. Reports may
// come twice and in any order: the Manager sorts that out.
func (d *dialer) report(ctx context.Context) error {
	to := d.to.Load()
	if to == nil {
		return errDetached
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-d.platform.events:
			r := callback.Report{Key: callback.AttemptKey(e.key), Ref: callback.Ref(e.ref), Stage: stage(e.state), At: e.at}
			if e.state == over {
				o := outcome(e.cause, e.talk)
				r.Outcome = &o
			}
			d.deliver(ctx, *to, r)
		}
	}
}

// deliver repeats a report until it is taken or refused for good: a store that
// is away for a while must not lose the end of a call.
func (d *dialer) deliver(ctx context.Context, to callback.Reporter, r callback.Report) {
	for {
		err := to.Report(ctx, r)
		if err == nil || errors.Is(err, callback.ErrNotFound) || errors.Is(err, callback.ErrInvalidParameter) {
			return
		}
		timer := time.NewTimer(100 * time.Millisecond)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// stage translates how far a call is. The platform connects customer and agent
// in one step, so that an answer is the talk.
func stage(s callState) callback.Stage {
	switch s {
	case ringing:
		return callback.StageRinging
	case talking:
		return callback.StageBridged
	}
	return callback.StagePlaced
}

// outcome translates why a call ended.
func outcome(cause string, talk time.Duration) callback.Outcome {
	o := callback.Outcome{Result: callback.ResultGeneralError, Certainty: callback.Known, Raw: cause, Talk: talk}
	switch cause {
	case causeNormal:
		o.Result, o.Reached = callback.ResultBridged, callback.StageBridged
	case causeNoAnswer:
		o.Result = callback.ResultNoAnswer
	case causeHungUp:
		o.Result, o.By = callback.ResultDroppedNoAnswer, callback.PartySystem
	}
	return o
}
