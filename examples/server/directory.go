package main

import (
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
