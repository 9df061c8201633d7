package main

import (
	"context"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/lcm"
)

// directory is a contact directory with one account: the one that the
// description of LCM's message GetCallBackModes asks for, with the answer it
// shows.
func directory() lcm.Directory {
	return lcm.Directory{"5|3|1|0|0|44|1": {
		{ID: "3", Description: "Mobile", Value: "6591462346", Callback: true, PEWC: true},
		{ID: "2", Description: "Office", Value: "6591462346", Callback: true, PEWC: true},
	}}
}

// sampleCall is the call of the agent who asks in LCM's description.
const sampleCall = "12345"

// validCall reports whether an agent can be on a call with this id: the one of LCM's
// description, or a call of the platform, whose id is that of the attempt or of the
// callback.
func (p *platform) validCall(_ context.Context, tenant, id string) (bool, error) {
	if id == sampleCall {
		return true, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for at, leg := range p.legs {
		of, _, _ := at.key.Split()
		if at.tenant == tenant && leg.outcome == nil && (string(at.key) == id || of == callback.ID(id)) {
			return true, nil
		}
	}
	return false, nil
}
