package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
)

// HangUp asks the dialer to end a call of a callback. It does not wait for the
// dialer unless Config.Synchronous is set. If the dialer fails, the callback owes
// the hang-up.
func (m *Intake) HangUp(ctx context.Context, id callback.ID, o callback.Owed) {
	m.hangUp(ctx, *o.Hangup, func(ctx context.Context, err error) {
		if err != nil && !errors.Is(err, errNoHangUp) {
			m.owe(ctx, o.Hangup.Tenant, id, o)
		}
	})
}

// hangUpPatience is how long a cancellation waits for the dialer's answer.
const hangUpPatience = time.Second

// HeedHangUp returns a function that waits a moment for the dialer's next answer to
// a request to end a call, and reports whether the dialer failed. It is false while
// there is no answer. stop must be called in the end. Of several callers at the same
// time one gets the answer.
func (m *Intake) HeedHangUp(h *callback.Hangup) (failed func(ctx context.Context) bool, stop func()) {
	call, answer := flightKey{h.Tenant, h.Key}, make(chan error, 1)
	if _, heeded := m.agents.heeded.LoadOrStore(call, answer); heeded {
		return func(context.Context) bool { return false }, func() {}
	}
	return func(ctx context.Context) bool {
		ctx, cancel := context.WithTimeout(ctx, hangUpPatience)
		defer cancel()
		select {
		case err := <-answer:
			return err != nil
		case <-ctx.Done():
			return false
		}
	}, func() { m.agents.heeded.Delete(call) }
}

// hangUpOwed asks the dialer to end a call, which the callback owes. It returns
// whether that is done already; otherwise it is noted when it is done.
func (m *Intake) hangUpOwed(ctx context.Context, id callback.ID, h callback.Hangup) (done bool) {
	if m.Config.Synchronous {
		m.hangUp(ctx, h, func(_ context.Context, err error) { done = err == nil })
		return done
	}
	m.hangUp(ctx, h, func(ctx context.Context, err error) {
		if err == nil {
			m.noteDone(ctx, h.Tenant, id, []callback.Owed{{Hangup: &h}})
		}
	})
	return false
}

// hangUp asks the dialer to end a call and passes its answer on, on a goroutine of
// its own unless Config.Synchronous is set. It does nothing while an earlier
// request for the same call has no answer.
func (m *Intake) hangUp(ctx context.Context, h callback.Hangup, answered func(ctx context.Context, err error)) {
	call := flightKey{h.Tenant, h.Key}
	dealt := make(chan struct{})
	if _, asked := m.agents.hanging.LoadOrStore(call, dealt); asked {
		return
	}
	m.background(ctx, func(ctx context.Context) {
		defer close(dealt)
		err := m.askHangUp(ctx, h)
		m.agents.hanging.Delete(call)
		answered(ctx, err)
	})
}

// hangUpNow asks the dialer to end a call and waits for its answer. If it has been
// asked already, hangUpNow waits until the answer is noted in the record, and
// returns false.
func (m *Intake) hangUpNow(ctx context.Context, h callback.Hangup) (done bool) {
	call, dealt := flightKey{h.Tenant, h.Key}, make(chan struct{})
	if earlier, asked := m.agents.hanging.LoadOrStore(call, dealt); asked {
		select {
		case <-earlier.(chan struct{}):
		case <-ctx.Done():
		}
		return false
	}
	defer close(dealt)
	defer m.agents.hanging.Delete(call)
	return m.askHangUp(ctx, h) == nil
}

// background does something that outlives ctx on a goroutine of its own, unless
// Config.Synchronous is set or the engine has stopped.
func (m *Intake) background(ctx context.Context, do func(ctx context.Context)) {
	ctx = context.WithoutCancel(ctx)
	if m.Config.Synchronous || m.Life.enter() != nil {
		do(ctx)
		return
	}
	go func() {
		defer m.Life.loops.Done()
		do(ctx)
	}()
}

// errNoHangUp is why a call is not ended.
var errNoHangUp = errors.New("the dialer cannot hang up")

func (m *Intake) askHangUp(ctx context.Context, h callback.Hangup) error {
	dialer, ok := unwrap.As[callback.HangupDialer](m.Config.Dialer)
	if !ok {
		return errNoHangUp
	}
	ctx, cancel := m.Detached(ctx)
	defer cancel()
	err := guard.Call("dialer", func() error { return dialer.Hangup(ctx, h) })
	if err != nil {
		m.logAttempt(ctx, slog.LevelError, "hanging up failed", h.Tenant, h.Key, err)
	}
	if answer, heeded := m.agents.heeded.Load(flightKey{h.Tenant, h.Key}); heeded {
		select {
		case answer.(chan error) <- err:
		default: // it has an answer already
		}
	}
	return err
}
