package lcm

import (
	"context"

	"github.com/ringback-go/ringback/callback"
)

type overlapMessage struct {
	Result  bool       `json:"RequestResult"`
	Overlap bool       `json:"IsOverlap"`
	Error   *wireError `json:"error,omitempty"`
}

func noOverlap(_ string, told *wireError) any { return overlapMessage{Error: told} }

// overlap responds whether the agent or the account has a callback in a window.
func (c *call) overlap(ctx context.Context) (any, error) {
	account := c.data.required(keyAccount)
	w := c.handler.readWindow(c.data, "StartFromDate", "StartFromTime", "StartToDate", "StartToTime")
	user := c.data.required(keyUser)
	if err := c.data.Err(); err != nil {
		return nil, err
	}
	for _, q := range []callback.Query{{Personal: user}, {ExternalID: account}} {
		q.Tenant, q.NotStates, q.DesiredTo = c.caller.Tenant, []callback.State{callback.Completed}, w.last()
		for cb, err := range c.handler.config.Manager.Tenant(c.caller.Tenant).Search(ctx, q) {
			if err != nil {
				return nil, err
			}
			if windowOf(cb).overlaps(w) {
				return overlapMessage{Result: true, Overlap: true}, nil
			}
		}
	}
	return overlapMessage{Result: true}, nil
}
