package sqlite

import (
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// transaction is one write transaction. It reads counters and tallies once and
// writes them once, before the commit.
type transaction struct {
	*session
	w *writer

	counters map[counterKey]*counter
	touched  []*counter // in the order of their first use
	tallies  map[tallyKey]*tally
	moved    []*tally
	plan     []planned // buffer of permits

	seen map[name]*standing // read by lookAhead; each serves one look

	remembered []name // rows cached by this transaction

	usedKeys  []int64 // taken from freeKeys
	freedKeys []int64
	erased    bool // the log contains erased data
	forgotten bool // a person asked for it: the log must be emptied at once
	recount   bool
	recounted instant // time of a recount in this transaction
}

func newTransaction(w *writer, s *session) *transaction {
	return &transaction{session: s, w: w, recounted: none}
}

// flush writes the counters and tallies.
func (t *transaction) flush() error {
	if err := t.flushCounters(); err != nil {
		return err
	}
	return t.flushTallies()
}

func (t *transaction) commit() error { return t.run(stCommit) }

// undo rolls back, even if SQLite has already done so. If that fails, the
// connection is given up.
func (t *transaction) undo() {
	t.w.freeKeys = append(t.w.freeKeys, t.usedKeys...)
	t.usedKeys = nil
	for _, n := range t.remembered {
		t.w.cache.drop(n)
	}
	t.remembered = nil
	if t.run(stRollback) == nil {
		return
	}
	// Perhaps the transaction had already ended. That is the case if another
	// one can be begun and rolled back.
	err := t.run(stBegin)
	switch {
	case err == nil:
		err = t.run(stRollback)
	case isBusy(err):
		err = nil
	}
	t.w.broken = t.w.broken || err != nil
}

// keep updates the writer's state after the commit.
func (t *transaction) keep() {
	const mostFree = 10_000
	w := t.w
	w.freeKeys = append(w.freeKeys, t.freedKeys...)
	if len(w.freeKeys) > mostFree {
		w.freeKeys, w.keysSeen = w.freeKeys[:mostFree], 0 // the others will be found again
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

// tally is the change in the number of callbacks of one kind.
type tally struct {
	key      tallyKey
	n, ready int64
}

// tally adds n callbacks, which may be -1.
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

// recountEvery is the minimum interval between recounts, in microseconds of the
// callers' time.
const recountEvery = 60_000_000

// recountTallies counts all callbacks again if a record was set aside: it is no
// longer counted, but its damaged columns do not tell which tally it is in.
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
