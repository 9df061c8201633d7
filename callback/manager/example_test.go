package manager_test

import (
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
)

// opening is when the clocks of the examples start: nine o'clock UTC on a
// Monday.
func opening() time.Time { return time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC) }

// support is the service of the examples; it reads numbers as people in
// Switzerland write them, and those of three other countries.
func support() callback.Service {
	return callback.Service{Name: "support", Numbers: callback.Numbers{Country: "CH", Countries: []string{"DE", "GB", "US"}}}
}

// simulate builds a Manager for one service and the rig around it, which moves
// the clock and follows a script of calls. change may adjust the configuration.
func simulate(service callback.Service, change ...func(*manager.Config)) (*manager.Manager, *managertest.Rig) {
	rig := managertest.New(managertest.ForExample(), managertest.Config{
		Clock: callbacktest.NewClock(opening()), Services: []callback.Service{service},
		Options: func(c *manager.Config) {
			c.Node = "node-1"
			for _, f := range change {
				f(c)
			}
		},
	})
	return rig.Manager, rig
}

// show prints where a callback stands.
func show(rig *managertest.Rig, id callback.ID) {
	cb := rig.Get(id)
	fmt.Printf("%s %s, %d attempts\n", rig.Clock.Now().Format("15:04:05"), cb.State, len(cb.Attempts))
}
