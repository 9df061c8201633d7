package sqlite

import (
	"context"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
	"github.com/ringback-go/ringback/store/record"
)

// Erase removes callbacks with their events, idempotency keys and held permits,
// and every counter of the subjects; see [callback.Store]. It returns one error
// per item. The ID of an erased callback is kept for ever.
//
// Erase overwrites the key of each record and empties the log, so that neither
// the file, nor the log, nor a later backup contains the key. With Subjects,
// when a person asked to be forgotten, that is done when Erase returns;
// without, as in retention, within a quarter of a second. While another process
// or a backup reads an older state, the log cannot be emptied. This is then
// tried four times a second, and when the store is closed or opened. Digests of
// erased values may stay in unused parts of the file for longer: see Erasing in
// the package documentation.
//
// Erase does not return the permits that a damaged record holds.
func (s *Store) Erase(ctx context.Context, now time.Time, req store.EraseRequest) ([]error, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	if err := store.CheckErase(&req); err != nil {
		return nil, err
	}
	req.Items, req.Subjects, req.SearchKeys = slices.Clone(req.Items), slices.Clone(req.Subjects), slices.Clone(req.SearchKeys)
	errs := make([]error, len(req.Items))
	err := s.committer.do(newOperation(ctx, len(req.Items)+len(req.Subjects), func(t *transaction) error {
		for i, item := range req.Items {
			refused, failure := t.erase(now, item, &req)
			if failure != nil {
				return failure
			}
			errs[i] = refused
		}
		return t.forget(req.Tenant, req.Subjects, req.SearchKeys)
	}))
	if err != nil {
		return nil, err
	}
	return errs, nil
}

// erase removes one callback. refused is the error of the item.
func (t *transaction) erase(now time.Time, item store.Precondition, req *store.EraseRequest) (refused, failure error) {
	found, failure := t.look(req.Tenant, item.ID)
	switch {
	case failure != nil:
		return nil, failure
	case found == nil || found.erased():
		return sqlkit.NotFound(item.ID), nil
	case !found.live:
		return lost(req.Tenant, item.ID), nil
	case found.head.revision != item.Revision:
		return sqlkit.NotCurrent(item.ID, "revision", item.Revision, found.head.revision), nil
	}
	if refused = sqlkit.Outside(item.ID, req.Window, now); refused != nil {
		return refused, nil
	}
	if failure = t.giveBack(now, found); failure != nil {
		return nil, failure
	}
	if found.faulted || !found.sound {
		t.recount = true
	} else {
		t.tally(&found.head, -1)
	}
	for _, term := range unpackTerms(found.terms) {
		if failure = t.run(stDeleteTerm, term, found.cb); failure != nil {
			return nil, failure
		}
	}
	t.erased = true
	t.w.cache.drop(name{req.Tenant, item.ID})
	if failure = t.run(stDeleteCallback, found.cb); failure != nil {
		return nil, failure
	}
	if failure = t.run(stZeroID, noKey(), found.cb); failure != nil {
		return nil, failure
	}
	return nil, t.leaveEvent(found, now, req)
}

// giveBack returns the permits that a callback holds.
func (t *transaction) giveBack(now time.Time, found *standing) error {
	all, err := t.candidates(stRecord, found.cb)
	if err != nil || len(all) == 0 || all[0].callback == nil {
		return err
	}
	held := all[0].callback.Held
	// Only taking can be refused.
	if _, err := t.permits(found.head.tenant, now, held, nil); err != nil {
		return err
	}
	t.allot()
	return nil
}

// leaveEvent replaces the events of a callback by one. It inserts that first,
// so that its position in the feed is new.
func (t *transaction) leaveEvent(found *standing, now time.Time, req *store.EraseRequest) error {
	h := &found.head
	body, err := record.AppendEvent(nil, &callback.Event{Service: h.service, At: now, Actor: req.Actor, Detail: req.Detail})
	if err != nil {
		return err
	}
	result, err := t.exec(stInsertEvent, found.cb, saturatingAdd(h.revision, 1), h.tenant, string(callback.EventErased), body)
	if err != nil {
		return err
	}
	pos, err := result.LastInsertId()
	if err != nil {
		return err
	}
	return t.run(stDeleteEvents, found.cb, pos)
}

// forget removes the counters of the subjects that no callback has.
func (t *transaction) forget(tenant string, subjects, searchKeys []string) error {
	if len(subjects) == 0 {
		return nil
	}
	t.erased, t.forgotten = true, true
	// Counters that this transaction has changed must be found, too.
	if err := t.flushCounters(); err != nil {
		return err
	}
	kinds, err := t.kinds(tenant)
	if err != nil {
		return err
	}
	for _, subject := range subjects {
		if kept, err := t.has(tenant, subject, searchKeys); err != nil {
			return err
		} else if kept {
			continue
		}
		for _, kind := range kinds {
			if err := t.forgetOf(tenant, subject, kind); err != nil {
				return err
			}
		}
	}
	return t.flushCounters()
}

// has reports whether a callback has the subject as a number or as a search value
// under one of the keys. Two values with one digest count as the same: then
// counters stay until their windows end.
func (t *transaction) has(tenant, subject string, searchKeys []string) (found bool, err error) {
	terms := []int64{t.w.secret.term(digestNumber, tenant, subject)}
	for _, key := range searchKeys {
		terms = append(terms, t.w.secret.term(digestLookup, tenant, key, subject))
	}
	for _, term := range terms {
		err = t.query(stTerm, func([]any) error { found = true; return nil }, term)
		if found || err != nil {
			break
		}
	}
	return found, err
}

// kinds are the kinds and services of which a tenant has counters.
func (t *transaction) kinds(tenant string) ([]callback.PermitKey, error) {
	all := []callback.PermitKey{{}}
	for {
		last, n := all[len(all)-1], len(all)
		err := t.query(stKinds, func(row []any) error {
			s := scanner{values: row}
			all = append(all, callback.PermitKey{Kind: callback.PermitKind(s.text()), Service: s.text()})
			return nil
		}, tenant, string(last.Kind), last.Service)
		if err != nil || len(all) == n {
			return all, err
		}
	}
}

func (t *transaction) forgetOf(tenant, subject string, kind callback.PermitKey) error {
	kind.Subject = subject
	digest := t.w.secret.digestOf(tenant, subject)
	var keys []callback.PermitKey
	err := t.query(stOfSubject, func(row []any) error {
		s := scanner{values: row}
		key := kind
		key.Slot, key.Name = s.integer(), s.text()
		keys = append(keys, key)
		return nil
	}, tenant, string(kind.Kind), kind.Service, digest)
	if err != nil {
		return err
	}
	for _, key := range keys {
		c, err := t.counter(tenant, key)
		if err != nil {
			return err
		}
		c.set(0, none, nil)
	}
	return nil
}
