package sqlite

import (
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// transaction is one write transaction. Counters and tallies that its changes
// share are read once and written once, before the commit.
type transaction struct {
	*session
	w *writer

	counters map[counterKey]*counter
	touched  []*counter // in the order of their first use
	tallies  map[tallyKey]*tally
	moved    []*tally
	plan     []planned // room for one plan of permits

	seen map[name]*standing // looked up ahead, each for one look

	remembered []name // of what it saw or made, for the next transactions

	usedKeys  []int64 // of freeKeys, taken by this transaction
	freedKeys []int64
	erased    bool // the log holds what was removed
	forgotten bool // a person asked for it: it must be gone at once
	recount   bool
	recounted instant // when it counted all callbacks anew
}

func newTransaction(w *writer, s *session) *transaction {
	return &transaction{session: s, w: w, recounted: none}
}

// flush writes what was collected.
func (t *transaction) flush() error {
	if err := t.flushCounters(); err != nil {
		return err
	}
	return t.flushTallies()
}

func (t *transaction) commit() error { return t.run(stCommit) }

// undo rolls back, whatever SQLite may have undone itself. Where that fails the
// connection is given up.
func (t *transaction) undo() {
	t.w.freeKeys = append(t.w.freeKeys, t.usedKeys...)
	t.usedKeys = nil
	for _, n := range t.remembered {
		t.w.known.drop(n)
	}
	t.remembered = nil
	if t.run(stRollback) == nil {
		return
	}
	// There may have been nothing left to roll back. Only a transaction that
	// can be opened and left tells.
	err := t.run(stBegin)
	switch {
	case err == nil:
		err = t.run(stRollback)
	case isBusy(err):
		err = nil
	}
	t.w.broken = t.w.broken || err != nil
}

// keep takes over what holds after the commit.
func (t *transaction) keep() {
	const mostFree = 10_000
	w := t.w
	w.freeKeys = append(w.freeKeys, t.freedKeys...)
	if len(w.freeKeys) > mostFree {
		w.freeKeys, w.keysSeen = w.freeKeys[:mostFree], 0 // the others are found again
	}
	if t.recounted != none {
		w.recounted, w.recount = t.recounted, false
	}
	w.recount = w.recount || t.recount
}

type tallyKey struct {
	tenant, service string
	priority        scheduler.Priority
	state           callback.State
}

// tally is how the number of callbacks of one kind changes.
type tally struct {
	key      tallyKey
	n, ready int64
}

// tally counts a callback in, or out with n = -1.
func (t *transaction) tally(h *head, n int64) {
	key := tallyKey{h.tenant, h.service, h.priority, h.state}
	of := t.tallies[key]
	if of == nil {
		if t.tallies == nil {
			t.tallies = make(map[tallyKey]*tally)
		}
		of = &tally{key: key}
		t.tallies[key] = of
		t.moved = append(t.moved, of)
	}
	of.n += n
	if h.state == callback.Queued && h.ready {
		of.ready += n
	}
}

func (t *transaction) flushTallies() error {
	for _, of := range t.moved {
		if of.n == 0 && of.ready == 0 {
			continue
		}
		key := &of.key
		if err := t.run(stTally, key.tenant, key.service, int64(key.priority), key.state.String(), of.n, of.ready); err != nil {
			return err
		}
		of.n, of.ready = 0, 0
	}
	return nil
}

// recountEvery is how often callbacks that were set aside may have all others
// counted again, in microseconds of the callers' time.
const recountEvery = 60_000_000

// recountTallies counts all callbacks anew: those that were set aside do not
// count, and their columns do not tell any more as what they were counted.
func (t *transaction) recountTallies(now instant) error {
	last := max(t.w.recounted, t.recounted)
	if !t.w.recount && !t.recount || last != none && last <= now && now-last < recountEvery {
		return nil
	}
	if err := t.flushTallies(); err != nil {
		return err
	}
	if err := t.run(stForgetTallies); err != nil {
		return err
	}
	if err := t.run(stRecount); err != nil {
		return err
	}
	t.recounted, t.recount = now, false
	return nil
}
