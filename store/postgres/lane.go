package postgres

import (
	"context"
	"slices"
	"time"
)

// lane is where calls wait that need a row which another transaction keeps locked,
// typically one of the host that has not ended yet. All other calls go on without
// them: a service whose counter is locked does not stop the others.
type lane struct {
	calls  []*call
	locked map[key]struct{} // rows that were found locked, or go with one
	busy   bool             // a worker tries the calls
}

// concerns reports whether a call needs a row that was found locked.
func (l *lane) concerns(c *call) bool {
	if len(l.locked) == 0 {
		return false
	}
	_, ok := l.lockedKey(c)
	return ok
}

func (l *lane) isLocked(k key) bool {
	_, ok := l.locked[k]
	return ok
}

// lockedKey returns the first row of a call that was found locked.
func (l *lane) lockedKey(c *call) (key, bool) {
	for i := range c.writes {
		for _, k := range c.writes[i].keys() {
			if l.isLocked(k) {
				return k, true
			}
		}
	}
	return key{}, false
}

// forget takes a call out, and reports whether it was there.
func (l *lane) forget(c *call) bool {
	i := slices.Index(l.calls, c)
	if i < 0 {
		return false
	}
	l.calls = slices.Delete(l.calls, i, i+1)
	return true
}

// keys are the rows that a write changes and others may want, too.
func (w *write) keys() []key {
	keys := make([]key, 0, len(w.items)+1)
	for i := range w.items {
		keys = append(keys, w.items[i].h)
	}
	return append(keys, w.k)
}

// noteLocked notes that one of the rows that a write needs is locked.
func (c *committer) noteLocked(w *write) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lane.locked == nil {
		c.lane.locked = make(map[key]struct{})
	}
	for _, k := range w.keys() {
		c.lane.locked[k] = struct{}{}
	}
}

// hold returns the writes without those that need a row which was found locked;
// their calls are held up.
func (c *committer) hold(writes []*write) []*write {
	c.mu.Lock()
	defer c.mu.Unlock()
	free := make([]*write, 0, len(writes))
	for _, w := range writes {
		if slices.ContainsFunc(w.keys(), c.lane.isLocked) {
			w.call.held = true
		} else {
			free = append(free, w)
		}
	}
	return free
}

// detour puts a call into the lane.
func (c *committer) detour(own *call) {
	c.lane.calls = append(c.lane.calls, own)
	if !c.lane.busy {
		c.lane.busy = true
		go c.tryLocked()
	}
}

// answer tells the callers of a group that it is over, except those whose calls
// were held up.
func (c *committer) answer(calls []*call) {
	for _, done := range calls {
		if !done.held {
			close(done.done)
			continue
		}
		c.mu.Lock()
		done.wait()
		c.detour(done)
		c.mu.Unlock()
	}
}

// wait lets the caller of a call give up without a doubt, if none of it was made.
func (c *call) wait() {
	if !slices.ContainsFunc(c.writes, func(w write) bool { return w.decided }) {
		c.fate.Store(callWaits)
	}
}

// giveUp ends a call that was held up for as long as its caller waits.
func (c *call) giveUp() {
	for i := range c.writes {
		if w := &c.writes[i]; !w.decided && w.fault == nil {
			w.fault, w.outside = ErrLocked, true
		}
	}
}

// tryLocked tries the calls in the lane, one of each row at a time, until there is
// none. What a call that was made has needed is free, and the others go on as
// usual.
func (c *committer) tryLocked() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.lane.calls) > 0 {
		for _, next := range c.lane.firsts() {
			if !c.lane.forget(next) {
				continue // its caller has left
			}
			if next.held = true; time.Now().Before(next.until) {
				c.mu.Unlock()
				c.store.commit(context.Background(), []*call{next})
				c.mu.Lock()
			}
			if next.held && time.Now().Before(next.until) && next.fate.Load() != callLeft {
				next.wait()
				c.lane.calls = append(c.lane.calls, next)
				continue
			}
			if next.held {
				next.giveUp()
				close(next.done)
				continue
			}
			close(next.done)
			for i := range next.writes {
				for _, k := range next.writes[i].keys() {
					delete(c.lane.locked, k)
				}
			}
			free := c.lane.calls
			c.lane.calls = nil
			for _, other := range free {
				other.held = c.lane.concerns(other)
				c.enqueue(other)
			}
		}
	}
	clear(c.lane.locked)
	c.lane.busy = false
	c.idle.Broadcast()
}

// firsts returns the first call of each row that is locked, and those of none.
func (l *lane) firsts() []*call {
	var list []*call
	seen := make(map[key]bool)
	for _, c := range l.calls {
		k, ok := l.lockedKey(c)
		if !ok || !seen[k] {
			list = append(list, c)
		}
		seen[k] = seen[k] || ok
	}
	return list
}
