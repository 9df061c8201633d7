package faulttest

import (
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// dialer places calls in the world and breaks where its bomb says.
type dialer struct {
	config NodeConfig
	bomb   *bomb
}

// place sends a request. The bomb may break the node once it is sent, and once
// it is answered.
func (d *dialer) place(ctx context.Context, op string, c callback.Call) (finding, error) {
	d.bomb.at(Handed)
	q := question{Op: op, Key: c.Key, ID: c.ID, Epoch: c.Epoch, NotAfter: c.NotAfter, Node: d.config.Name}
	f, err := ask[question, finding](ctx, d.config.World, q, func() { d.bomb.at(OnTheWire) })
	if err != nil {
		return f, err
	}
	d.bomb.at(CallUp)
	if f.Refused {
		return f, fmt.Errorf("the request came too late: %w", callback.ErrNotPlaced)
	}
	return f, nil
}

func (d *dialer) Dial(ctx context.Context, c callback.Call) (callback.Ref, error) {
	f, err := d.place(ctx, opDial, c)
	return f.Found.Ref, err
}

func (d *dialer) Lookup(ctx context.Context, _ string, key callback.AttemptKey, _ callback.Ref) (callback.Found, error) {
	id, _, _ := key.Split()
	f, err := ask[question, finding](ctx, d.config.World, question{Op: opLookup, Key: key, ID: id, Node: d.config.Name}, nil)
	return f.Found, err
}

// settle is the time after a request's deadline from which a look-up in a world
// without a fence is reliable. It exceeds wireMost.
const settle = time.Second

func (d *dialer) Limits() callback.DialerLimits {
	return callback.DialerLimits{Fenced: d.config.Fenced, Settle: settle}
}

// wholeDialer makes a call from beginning to end.
type wholeDialer struct{ *dialer }

func (d wholeDialer) DialAndWait(ctx context.Context, c callback.Call) (callback.Outcome, error) {
	f, err := d.place(ctx, opWhole, c)
	return f.Found.Outcome, err
}
