package callback

import (
	"context"
	"time"
)

// Reporter receives the reports of dialers. A Manager implements it; Manager.Report
// documents the errors.
type Reporter interface {
	Report(ctx context.Context, r Report) error
}

// Report describes the progress or the end of an attempt. It comes from a dialer or
// from the webhook of its platform. Reports may be repeated, arrive in any order and
// on any node, and precede the return of Dialer.Dial: earlier stages are ignored, and
// the first outcome is final.
type Report struct {
	Tenant string
	Key    AttemptKey
	// Epoch is [Call.Epoch]; 0 if the reporter does not know it. A different epoch
	// is refused with [ErrConflict].
	Epoch int64
	Ref   Ref
	Stage Stage
	// Outcome is nil until the attempt has ended.
	Outcome *Outcome
	// At is when it happened. Zero means on arrival of the report. A time outside
	// the period from the beginning of the attempt to the arrival is replaced by
	// the nearer end of the period.
	At    time.Time
	Agent string // the agent who took the call; may be empty
	Actor string // who reports; defaults to the dialer
}
