package postgres

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
	"github.com/ringback-go/ringback/store/record"
)

// Erase removes callbacks with their events, idempotency keys and held permits,
// and the counters of the subjects that no remaining callback has; see
// [callback.Store]. The row of an erased callback stays with its ID alone, so
// that a late writer cannot create it again. The result has one error per item.
//
// The bytes are gone from the tables when VACUUM has run, and from the
// write-ahead log, its archives and backups when those are recycled.
func (s *Store) Erase(ctx context.Context, now time.Time, req callback.EraseRequest) ([]error, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := store.CheckErase(&req); err != nil {
		return nil, err
	}
	if s.committer.isClosed() {
		return nil, store.ErrClosed
	}
	held, err := s.held(ctx, &req)
	if err != nil {
		return nil, err
	}
	writes, err := s.prepareErasures(now, &req, held)
	if err != nil {
		return nil, err
	}
	if len(writes) > 0 {
		if err := s.committer.submit(ctx, writes); err != nil {
			return nil, err
		}
	}
	errs, err := s.outcome(writes)
	if err != nil {
		return nil, err
	}
	if len(req.Subjects) == 0 {
		return perItem(errs, len(req.Items)), nil
	}
	err = s.read(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, s.sql.forget, forgetArguments(&req)...)
		return err
	})
	if err == nil {
		err = s.await(ctx)
	}
	if err != nil {
		return nil, doubtful(err)
	}
	return perItem(errs, len(req.Items)), nil
}

// forgetArguments are the parameters of forget_1.
func forgetArguments(req *callback.EraseRequest) []any {
	values, hashes := []string{}, []int64{}
	keys := append(slices.Clone(req.SearchKeys), alternativeKey)
	for _, subject := range req.Subjects {
		for _, key := range keys {
			values, hashes = append(values, subject), append(hashes, lookupHash(key, subject))
		}
	}
	return []any{req.Tenant, req.Subjects, values, hashes}
}

func perItem(errs []error, n int) []error {
	if errs == nil {
		return make([]error, n)
	}
	return errs
}

// erasure is what the erasure of a callback needs to know of it.
type erasure struct {
	service  string
	revision int64
	held     []callback.Held
	fault    error
}

// held reads what the callbacks hold, by ID. One whose row cannot be read is
// erased all the same: personal data matters more than a counter. A
// record of a later version is not: what it holds would stay taken.
func (s *Store) held(ctx context.Context, req *callback.EraseRequest) (map[callback.ID]erasure, error) {
	keys := each(req.Items, func(i callback.Precondition) [16]byte { return keyOf(req.Tenant, string(i.ID)) })
	var held map[callback.ID]erasure
	err := s.read(ctx, func(ctx context.Context) error {
		held = make(map[callback.ID]erasure)
		rows, err := s.db.Query(ctx, s.sql.held, keys)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var k key
			var id, service pgtype.Text
			var revision pgtype.Int8
			var body []byte
			if err := rows.Scan((*[16]byte)(&k), &id, &service, &revision, &body); err != nil {
				return err
			}
			c := callback.Callback{Tenant: req.Tenant, ID: idOf(k, id)}
			was := erasure{service: service.String, revision: revision.Int64}
			if err := record.DecodeCallback(body, &c); errors.Is(err, record.ErrVersion) {
				was.fault = err
			}
			was.held = c.Held
			held[c.ID] = was
		}
		return rows.Err()
	})
	return held, err
}

// prepareErasures makes one write of each item: the row without what it held.
func (s *Store) prepareErasures(now time.Time, req *callback.EraseRequest, held map[callback.ID]erasure) ([]write, error) {
	nonces, err := nonces(len(req.Items))
	if err != nil {
		return nil, err
	}
	writes := make([]write, len(req.Items))
	for i, item := range req.Items {
		w := &writes[i]
		w.now, w.op, w.tenant, w.id, w.nonce = now, opErase, req.Tenant, string(item.ID), nonces[i]
		w.k = keyOf(req.Tenant, string(item.ID))
		w.revision, w.state, w.eventType, w.eventAt = item.Revision+1, erasedState, string(callback.EventErased), place(now)
		w.service = held[item.ID].service
		w.during(req.Window)
		gone := callback.Event{Service: w.service, Actor: req.Actor, Detail: req.Detail}
		if w.event, err = record.AppendEvent(nil, &gone); err != nil {
			return nil, err
		}
		w.addItems(held[item.ID].held, nil)
		// What it holds was read at another revision: it must not be erased
		// if it has this one by now.
		if was, found := held[item.ID]; !found {
			w.fault = sqlkit.NotFound(item.ID)
		} else if was.fault != nil {
			w.fault = was.fault
		} else if was.revision != item.Revision {
			w.fault = sqlkit.NotCurrent(item.ID, "revision", item.Revision, was.revision)
		}
	}
	return writes, nil
}
