package simtest

import (
	"context"
	"fmt"
	"time"
)

// moveClocks steps the clock of one node after another.
func (w *world) moveClocks(ctx context.Context) {
	c := w.profile.Clocks
	for len(c.Steps) > 0 && w.turns.wait(who(ctx, ""), w.between(c.Every/2, c.Every*3/2)) && !w.healed {
		n := w.nodes[w.script.IntN(len(w.nodes))]
		step := c.Steps[w.script.IntN(len(c.Steps))]
		n.offset = step
		w.note(fmt.Sprintf("clock of %s is %v off", n.name, step), false)
		if n.life != nil {
			n.life.wake()
		}
		if c.For > 0 {
			w.turns.wait(who(ctx, ""), c.For)
			n.offset = 0
			w.note("clock of "+n.name+" is right", false)
		}
	}
}

// crashNodes kills nodes at any point, freezes them, or shuts them down, and lets
// them come back.
func (w *world) crashNodes(ctx context.Context) {
	every := w.profile.Crashes
	for every > 0 && w.turns.wait(who(ctx, ""), w.between(every/2, every*3/2)) && !w.healed {
		n := w.nodes[w.script.IntN(len(w.nodes))]
		if n.life == nil {
			continue
		}
		switch w.script.IntN(4) {
		case 0:
			n.life.frozen = w.now().Add(w.between(time.Second, 5*time.Minute))
			w.note(n.name+" freezes until "+n.life.frozen.Format("15:04:05"), false)
			continue
		case 1:
			w.note(n.name+" shuts down", false)
			n.leave(who(ctx, ""))
		default:
			n.crash()
			w.note(n.name+" dies", false)
		}
		if !w.turns.wait(who(ctx, ""), w.between(0, 2*time.Minute)) || n.life != nil {
			return
		}
		if w.err = n.start(); w.err != nil {
			return
		}
		w.note(n.name+" starts", false)
	}
}

// breakPlatform makes the outages.
func (w *world) breakPlatform(ctx context.Context) {
	for _, length := range w.profile.Outages {
		if !w.turns.wait(who(ctx, ""), w.between(time.Minute, 10*time.Minute)) || w.healed {
			return
		}
		w.network.down = true
		i := len(w.history.Notes)
		note := w.note(fmt.Sprintf("outage of %v", length), true)
		note.Outage = true
		w.turns.wait(who(ctx, ""), length)
		w.network.down = false
		w.history.Notes[i].To = w.stamp()
		w.wakeAll()
	}
}

// heal ends all trouble, and lets operators decide what only they can.
func (w *world) heal(ctx context.Context) {
	w.healed = true
	w.store.Slow, w.store.Before, w.store.Unknown = 0, 0, 0
	w.network.down = false
	for _, n := range w.nodes {
		n.offset = 0
		if n.life == nil {
			if err := n.start(); err != nil {
				w.err = err
			}
		}
		n.life.frozen = time.Time{}
	}
	w.history.Healed = w.stamp()
	w.note("trouble is over", false)
	w.resumeAll(ctx)
	for w.profile.Operator && w.turns.wait("heal", 10*time.Minute) {
		w.resolveAll(ctx)
	}
}
