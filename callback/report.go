package callback

import (
	"context"
	"time"
)

// Reporter takes what dialers tell about attempts. A Manager is one.
type Reporter interface {
	Report(ctx context.Context, r Report) error
}

// Report is what a dialer, or the webhook that hears for it, tells about an
// attempt. Reports may come more than once, in any order, on any node and
// before Dialer.Dial has returned: stages only move forward, and the first
// outcome counts.
type Report struct {
	Tenant string
	Key    AttemptKey
	// Epoch is the one the attempt was placed under, when the reporter knows
	// it; a different one is refused with [ErrConflict].
	Epoch int64
	Ref   Ref
	// Stage is how far the call got.
	Stage Stage
	// Outcome is set when the attempt is over.
	Outcome *Outcome
	// At is when it happened; zero means when the report arrived. It is never
	// taken to be later than that, nor earlier than the attempt began.
	At    time.Time
	Agent string // who took the call, when the platform tells
	Actor string // who reports; empty means the dialer
}
