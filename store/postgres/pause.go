package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

var _ callback.PausingStore = (*Store)(nil)

const (
	beginPause = `INSERT INTO {{schema}}.pauses (tenant, service, since, actor, reason) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`
	endPause   = `DELETE FROM {{schema}}.pauses WHERE tenant = $1 AND service = $2`
	isPaused   = `SELECT count(*) > 0 FROM {{schema}}.pauses WHERE tenant = $1 AND service = $2`
	listPauses = `SELECT tenant, service, since, actor, reason FROM {{schema}}.pauses WHERE $1 OR tenant = $2 ORDER BY tenant, service`
)

// SetPause begins or ends the pause of a service; see [callback.PausingStore].
//
// It is repeated while it surely did not happen. When an answer is lost and what
// was asked for turns out to be so, that is enough; otherwise the error is
// [callback.ErrOutcomeUnknown].
func (s *Store) SetPause(ctx context.Context, p callback.Pause, on bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.committer.isClosed() {
		return store.ErrClosed
	}
	sql, args := endPause, []any{p.Tenant, p.Service}
	if on {
		sql, args = beginPause, []any{p.Tenant, p.Service, stamp(p.Since), p.Actor, p.Reason}
	}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		_, err := s.db.Exec(ctx, named(sql, s.config.Schema), args...)
		if err == nil {
			if err := s.await(ctx); err != nil {
				return doubtful(err)
			}
			return nil
		}
		switch fateOf(err) {
		case unknown:
			if is, readErr := s.paused(ctx, p); readErr == nil && is == on && s.await(ctx) == nil {
				return nil
			}
			return doubtful(err)
		case failed:
			return explain(err)
		}
		if !pause(ctx, wait) {
			return explain(err)
		}
	}
}

// paused reports whether a pause is in force.
func (s *Store) paused(ctx context.Context, p callback.Pause) (is bool, err error) {
	err = s.read(ctx, func(ctx context.Context) error {
		return s.db.QueryRow(ctx, named(isPaused, s.config.Schema), p.Tenant, p.Service).Scan(&is)
	})
	return is, err
}

// Pauses returns the pauses that are in force, by tenant, then by service.
func (s *Store) Pauses(ctx context.Context, tenant string, allTenants bool) ([]callback.Pause, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var found []callback.Pause
	err := s.read(ctx, func(ctx context.Context) error {
		found = nil
		rows, err := s.db.Query(ctx, named(listPauses, s.config.Schema), allTenants, tenant)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var p callback.Pause
			var since pgtype.Timestamptz
			if err := rows.Scan(&p.Tenant, &p.Service, &since, &p.Actor, &p.Reason); err != nil {
				return err
			}
			p.Since = instant(since)
			found = append(found, p)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// SetPause is refused: a pause must be seen by everybody.
func (t *transaction) SetPause(context.Context, callback.Pause, bool) error {
	return fmt.Errorf("pause: %w", errOutside)
}

func (c *committer) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}
