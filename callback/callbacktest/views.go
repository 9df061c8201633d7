package callbacktest

import (
	"context"

	"github.com/ringback-go/ringback/callback"
)

// Blind returns a view of the dialer that can only place calls: it implements no
// optional interface.
func (d *Dialer) Blind() callback.Dialer { return placer{d: d} }

// NoHangup returns a view of the dialer that cannot hang up.
func (d *Dialer) NoHangup() callback.Dialer {
	return struct {
		placer
		attacher
		looker
		limiter
	}{placer{d: d}, attacher{d}, looker{d: d}, limiter{d: d}}
}

// NoLookup returns a view of the dialer that cannot look attempts up.
func (d *Dialer) NoLookup() callback.Dialer {
	return struct {
		placer
		attacher
		hanger
		limiter
	}{placer{d: d}, attacher{d}, hanger{d}, limiter{d: d}}
}

// Fenced returns a view of the dialer with all capabilities of a fenced platform. A
// key that is placed again is the same call; an attempt whose epoch is lower than
// the highest one seen for its callback is refused with [ErrStaleEpoch]; an attempt
// that a look-up found not placed is never placed. Limits declares
// DialerLimits.Fenced.
func (d *Dialer) Fenced() callback.Dialer {
	return struct {
		placer
		attacher
		hanger
		looker
		limiter
	}{placer{d, true}, attacher{d}, hanger{d}, looker{d, true}, limiter{d, true}}
}

type placer struct {
	d      *Dialer
	fenced bool
}

func (p placer) Dial(ctx context.Context, call callback.Call) (callback.Ref, error) {
	return p.d.dial(ctx, call, p.fenced)
}

type attacher struct{ d *Dialer }

func (a attacher) Attach(r callback.Reporter) error { return a.d.Attach(r) }

type hanger struct{ d *Dialer }

func (h hanger) Hangup(ctx context.Context, hangup callback.Hangup) error {
	return h.d.Hangup(ctx, hangup)
}

type looker struct {
	d      *Dialer
	fenced bool
}

func (l looker) Lookup(ctx context.Context, tenant string, key callback.AttemptKey, _ callback.Ref) (callback.Found, error) {
	return l.d.lookup(ctx, tenant, key, l.fenced)
}

type limiter struct {
	d      *Dialer
	fenced bool
}

func (l limiter) Limits() callback.DialerLimits {
	limits := l.d.Limits()
	limits.Fenced = limits.Fenced || l.fenced
	return limits
}
