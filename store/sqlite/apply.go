package sqlite

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
	"github.com/ringback-go/ringback/store/record"
)

// Apply makes each change atomically and independently of the others; see
// [callback.Store]. The changes of one call, and those of concurrent callers,
// share a transaction. If several conditions of a change fail, the error names
// the first in the order of [store.Memory.Apply].
//
// If ctx ends while the call waits for its turn, nothing happened and the error
// is that of ctx. If it ends while the changes are being written, the error is
// also callback.ErrOutcomeUnknown.
func (s *Store) Apply(ctx context.Context, now time.Time, changes []store.Change) ([]error, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	ready := make([]*change, len(changes))
	errs := make([]error, len(changes))
	failed, todo := false, 0
	for i := range changes {
		ready[i] = s.secret.prepare(&changes[i])
		if ready[i].malformed == nil {
			todo++
		}
	}
	apply := func(t *transaction) error {
		failed = false
		if err := t.sweep(floor(now)); err != nil {
			return err
		}
		if err := t.lookAhead(ready); err != nil {
			return err
		}
		for i, c := range ready {
			err, failure := c.malformed, error(nil)
			if err == nil {
				err, failure = t.apply(now, c)
			}
			if failure != nil {
				return failure
			}
			errs[i] = err
			failed = failed || err != nil
		}
		t.seen = nil
		return nil
	}
	if todo == 0 {
		for i, c := range ready {
			errs[i], failed = c.malformed, true
		}
	} else if err := s.committer.do(newOperation(ctx, len(changes), apply)); err != nil {
		return nil, err
	}
	if !failed {
		return nil, nil
	}
	return errs, nil
}

// standing is what the file has of a callback that is to be changed.
type standing struct {
	cb      int64
	key     []byte
	live    bool // there is a row
	epoch   int64
	head    head
	sound   bool // the columns are valid
	desired instant
	created instant
	idem    []byte
	terms   []byte
	faulted bool
}

// erased reports whether the callback was erased. If there is a key but no row,
// it was not: its row is lost.
func (s *standing) erased() bool { return !s.live && isNoKey(s.key) }

// look returns a callback, or nil if it never existed.
func (t *transaction) look(tenant string, id callback.ID) (found *standing, err error) {
	if found, ok := t.seen[name{tenant, id}]; ok {
		delete(t.seen, name{tenant, id}) // a change makes it stale
		return found, nil
	}
	err = t.query(stLook, func(row []any) error {
		found = scanStanding(row)
		return nil
	}, tenant, string(id))
	return found, err
}

// lookAhead reads the callbacks of several changes at once. Each result serves
// one look.
func (t *transaction) lookAhead(changes []*change) error {
	t.seen = nil
	args := make([]any, 0, 2*ahead)
	for i, c := range changes {
		if c.malformed == nil && (c.unclaim || c.revision > 1) && !t.w.seems(c) {
			args = append(args, c.tenant, string(c.id))
		}
		if len(args) < 4 || len(args) < cap(args) && i < len(changes)-1 {
			continue
		}
		for len(args) < cap(args) {
			args = append(args, args[0], args[1])
		}
		err := t.query(stLookAhead, func(row []any) error {
			if t.seen == nil {
				t.seen = make(map[name]*standing)
			}
			found := scanStanding(row)
			t.seen[name{found.head.tenant, found.head.id}] = found
			return nil
		}, args...)
		if err != nil {
			return err
		}
		args = args[:0]
	}
	return nil
}

func scanStanding(row []any) *standing {
	s := scanner{values: row}
	found := &standing{}
	h := &found.head
	h.tenant, h.id, found.cb, found.key = s.text(), callback.ID(s.text()), s.integer(), s.blob()
	if s.values[0] == nil {
		return found
	}
	found.live = true
	h.revision, found.epoch, h.service = s.integer(), s.integer(), s.text()
	state, known := stateNamed(s.text())
	priority, usable := sqlkit.Priority(s.integer())
	h.state, h.priority, h.ready = state, priority, s.integer() == 1
	found.desired, found.created, found.idem, found.terms = s.instant(), s.instant(), s.blob(), s.blob()
	found.faulted = s.next() != nil
	found.sound = known && usable && !s.bad
	return found
}

// apply makes one change. refused is the error of the change, which then has no
// effect; failure is one that requires a rollback of the transaction.
func (t *transaction) apply(now time.Time, c *change) (refused, failure error) {
	if c.revision == 1 && !c.unclaim {
		return t.create(now, c)
	}
	if done, failure := t.applyCached(now, c); done || failure != nil {
		return nil, failure
	}
	found, failure := t.look(c.tenant, c.id)
	if failure != nil {
		return nil, failure
	}
	switch {
	case found == nil || found.erased():
		return sqlkit.NotFound(c.id), nil
	case !found.live || len(found.key) != keySize || isNoKey(found.key):
		return lost(c.tenant, c.id), nil
	case c.unclaim && found.head.revision != c.revision:
		return sqlkit.NotCurrent(c.id, "revision", c.revision, found.head.revision), nil
	case !c.unclaim && found.head.revision+1 != c.revision:
		return sqlkit.NotNext(c.id, c.revision, found.head.revision), nil
	case c.epoch != 0 && c.epoch != found.epoch:
		return wrongEpoch(c, found.epoch), nil
	case c.unclaim:
		if refused = sqlkit.Outside(c.id, c.window, now); refused != nil {
			return refused, nil
		}
		return nil, t.run(stUnclaim, c.nextAt.value(), found.cb)
	}
	if c.idem != nil && !bytes.Equal(c.idem, found.idem) {
		if refused, failure = t.keyTaken(c); refused != nil || failure != nil {
			return refused, failure
		}
	}
	if refused = sqlkit.Outside(c.id, c.window, now); refused != nil {
		return refused, nil
	}
	if refused, failure = t.permits(c.tenant, now, c.give, c.take); refused != nil || failure != nil {
		return refused, failure
	}
	return nil, t.replace(c, found)
}

func wrongEpoch(c *change, current int64) error {
	return sqlkit.NotCurrent(c.id, "epoch", c.epoch, current)
}

// keyTaken returns a refusal if the idempotency key of a change belongs to
// another callback.
func (t *transaction) keyTaken(c *change) (refused, failure error) {
	failure = t.query(stIdemOwner, func(row []any) error {
		s := scanner{values: row[1:]}
		refused = sqlkit.Conflict(c.id, "idempotency key", "belongs to callback %s", s.text())
		return nil
	}, c.idem)
	return refused, failure
}

// create makes a new callback. The insert shows whether its ID is free. If
// there is another reason to refuse it, create looks the ID up, because a taken
// ID takes precedence.
func (t *transaction) create(now time.Time, c *change) (refused, failure error) {
	if c.epoch != 0 {
		refused = wrongEpoch(c, 0)
	}
	if refused == nil && c.idem != nil {
		refused, failure = t.keyTaken(c)
	}
	if refused == nil && failure == nil && c.source != nil {
		refused, failure = t.checkSource(c)
	}
	if refused == nil && failure == nil {
		refused = sqlkit.Outside(c.id, c.window, now)
	}
	if refused == nil && failure == nil {
		refused, failure = t.permits(c.tenant, now, c.give, c.take)
	}
	if failure != nil {
		return nil, failure
	}
	if refused != nil {
		return t.taken(c, refused)
	}
	result, failure := t.exec(stInsertID, c.tenant, string(c.id), c.key)
	if failure != nil {
		return nil, failure
	}
	n, failure := result.RowsAffected()
	switch {
	case failure != nil:
		return nil, failure
	case n == 0:
		return t.taken(c, sqlkit.NotFound(c.id))
	}
	cb, failure := result.LastInsertId()
	if failure != nil {
		return nil, failure
	}
	return nil, t.insert(c, cb)
}

// checkSource refuses a new callback whose source is gone or has another
// revision.
func (t *transaction) checkSource(c *change) (refused, failure error) {
	found, failure := t.look(c.tenant, c.source.ID)
	switch {
	case failure != nil:
		return nil, failure
	case found == nil || found.erased():
		return sqlkit.NotFound(c.source.ID), nil
	case !found.live:
		return lost(c.tenant, c.source.ID), nil
	case found.head.revision != c.source.Revision:
		return sqlkit.Conflict(c.id, "source", "revision %d is not the current one, %d", c.source.Revision, found.head.revision), nil
	}
	return nil, nil
}

// taken is the error of a callback that cannot be created: that it exists, or
// existed, or otherwise.
func (t *transaction) taken(c *change, otherwise error) (refused, failure error) {
	found, err := t.look(c.tenant, c.id)
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return otherwise, nil
	case found.erased():
		return sqlkit.NotFound(c.id), nil
	}
	return sqlkit.Conflict(c.id, "id", "is taken"), nil
}

func (t *transaction) insert(c *change, cb int64) error {
	err := t.run(stInsertCallback, cb, c.tenant, string(c.id), c.service, c.state.String(), int64(c.priority), flag(c.ready), c.revision,
		c.nextAt.value(), c.desired.value(), c.created.value(), c.updated.value(), c.ended.value(), c.queuedAt.value(),
		blobOrNull(c.idem), blobOrNull(packTerms(c.terms)), c.sealed)
	if err != nil {
		return err
	}
	for _, term := range c.terms {
		if err := t.run(stInsertTerm, term, cb); err != nil {
			return err
		}
	}
	return t.finish(c, cb)
}

// finish writes the event of a change and updates its counters.
func (t *transaction) finish(c *change, cb int64) error {
	t.tally(&c.head, 1)
	t.allot()
	if c.mask {
		if err := t.maskEvents(cb); err != nil {
			return err
		}
	}
	return t.run(stInsertEvent, cb, c.revision, c.tenant, c.eventType, c.event)
}

// maskEvents removes the texts of the events that a callback has. An event that
// cannot be read stays as it is.
func (t *transaction) maskEvents(cb int64) error {
	masked := make(map[int64][]byte)
	err := t.query(stEventBodies, func(row []any) error {
		s := scanner{values: row}
		pos, body := s.integer(), s.blob()
		var e callback.Event
		if record.DecodeEvent(body, &e) == nil && e.Detail != "" {
			e.Detail = ""
			text, err := record.AppendEvent(nil, &e)
			masked[pos] = text
			return err
		}
		return nil
	}, cb)
	if err != nil {
		return err
	}
	for pos, body := range masked {
		if err := t.run(stMaskEvent, body, pos); err != nil {
			return err
		}
	}
	t.erased = t.erased || len(masked) > 0 // the log has them still
	return nil
}

// replace writes the next revision of a callback.
func (t *transaction) replace(c *change, old *standing) error {
	t.w.cache.drop(name{c.tenant, c.id})
	sealed, err := seal(old.key, c.body, c.head.bytes())
	if err != nil {
		return err
	}
	args := c.changing(sealed)
	if old.sound && old.desired == c.desired && old.created == c.created && bytes.Equal(old.idem, c.idem) && bytes.Equal(old.terms, packTerms(c.terms)) {
		err = t.run(stUpdate, append(args, old.cb)...)
	} else {
		args = append(append(args, c.staying()...), old.cb)
		if err = t.run(stUpdateAll, args...); err == nil {
			err = t.reindex(old.cb, unpackTerms(old.terms), c.terms)
		}
	}
	if err != nil {
		return err
	}
	if old.faulted || !old.sound {
		t.recount = true // the tally that counted it is not known
	} else {
		t.tally(&old.head, -1)
	}
	return t.finish(c, old.cb)
}

// reindex replaces the terms of a callback.
func (t *transaction) reindex(cb int64, old, now []int64) error {
	for _, term := range old {
		if _, stays := slices.BinarySearch(now, term); stays {
			continue
		}
		if err := t.run(stDeleteTerm, term, cb); err != nil {
			return err
		}
	}
	for _, term := range now {
		if _, there := slices.BinarySearch(old, term); there {
			continue
		}
		if err := t.run(stInsertTerm, term, cb); err != nil {
			return err
		}
	}
	return nil
}
