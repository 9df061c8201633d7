package main

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// handTable is what one writes by hand in an afternoon: a table with three
// indexes, and four statements.
type handTable struct {
	server *server
	schema string
	pool   *pgxpool.Pool
}

const handSchema = `
CREATE TABLE callback (
	id       bigserial PRIMARY KEY,
	number   text NOT NULL,
	service  text NOT NULL,
	desired  timestamptz NOT NULL,
	due_at   timestamptz NOT NULL,
	state    text NOT NULL DEFAULT 'scheduled',
	attempts int NOT NULL DEFAULT 0,
	created  timestamptz NOT NULL DEFAULT now(),
	ended    timestamptz
);
CREATE INDEX callback_due ON callback (due_at) WHERE state = 'scheduled';
CREATE INDEX callback_number ON callback (number);`

const (
	handInsert = `INSERT INTO callback (number, service, desired, due_at) VALUES ($1, $2, $3, $3) RETURNING id`
	handMany   = `INSERT INTO callback (number, service, desired, due_at)
		SELECT n, s, d, d FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS a(n, s, d) RETURNING id`
	handFirst = `SELECT min(due_at) FROM callback WHERE state = 'scheduled'`
	// The limit is a literal, because the planner would plan a parameter for
	// every execution.
	handClaim = `WITH c AS MATERIALIZED (
			SELECT id FROM callback WHERE state = 'scheduled' AND due_at <= now() ORDER BY due_at LIMIT 500 FOR UPDATE SKIP LOCKED)
		UPDATE callback t SET state = 'running', attempts = attempts + 1 FROM c WHERE t.id = c.id RETURNING t.id, t.number`
	handComplete = `UPDATE callback SET state = 'completed', ended = now() WHERE id = ANY ($1)`
)

func newHand(ctx context.Context, s *server) (*handTable, error) {
	schema, err := s.newSchema(ctx, "hand", true)
	if err != nil {
		return nil, err
	}
	h := &handTable{server: s, schema: schema}
	if h.pool, err = s.connect(ctx, schema); err != nil {
		return nil, errors.Join(err, s.drop(ctx, schema))
	}
	if _, err := h.pool.Exec(ctx, handSchema); err != nil {
		return nil, errors.Join(err, h.close(ctx))
	}
	return h, nil
}

func (h *handTable) close(ctx context.Context) error {
	h.pool.Close()
	return h.server.drop(ctx, h.schema)
}

// start inserts one row.
func (h *handTable) start(ctx context.Context, j job) error {
	var id int64
	return h.pool.QueryRow(ctx, handInsert, j.number, j.service, j.desired).Scan(&id)
}

// many inserts rows and gets their identifiers.
func (h *handTable) many(ctx context.Context, jobs []job) error {
	numbers, services, times := make([]string, len(jobs)), make([]string, len(jobs)), make([]time.Time, len(jobs))
	for i, j := range jobs {
		numbers[i], services[i], times[i] = j.number, j.service, j.desired
	}
	rows, err := h.pool.Query(ctx, handMany, numbers, services, times)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err == nil && len(ids) != len(jobs) {
		err = errors.New("not all rows were inserted")
	}
	return err
}

// fill inserts n rows.
func (h *handTable) fill(ctx context.Context, from *source, n int) error {
	return errors.Join(inBatches(ctx, from, n, h.many), h.server.tidy(ctx, h.schema))
}

func (h *handTable) empty(ctx context.Context) error {
	_, err := h.pool.Exec(ctx, "TRUNCATE callback")
	return err
}

// work claims up to 500 rows that are due, calls do for each, and completes
// them.
func (h *handTable) work(ctx context.Context, do func(number string)) (int, error) {
	rows, err := h.pool.Query(ctx, handClaim)
	if err != nil {
		return 0, err
	}
	var id int64
	var number string
	var ids []int64
	_, err = pgx.ForEachRow(rows, []any{&id, &number}, func() error {
		ids = append(ids, id)
		do(number)
		return nil
	})
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	_, err = h.pool.Exec(ctx, handComplete, ids)
	return len(ids), err
}

// burn works n rows with as many claimers as ringback has.
func (h *handTable) burn(ctx context.Context, w *watch, n int) error {
	var done atomic.Int64
	var errs [claimers]error
	var all sync.WaitGroup
	w.start()
	for i := range claimers {
		all.Go(func() {
			for {
				worked, err := h.work(ctx, func(string) {})
				if err != nil || worked == 0 {
					errs[i] = err
					return
				}
				done.Add(int64(worked))
			}
		})
	}
	all.Wait()
	w.stop()
	w.n = int(done.Load())
	err := errors.Join(errs[:]...)
	if w.n != n {
		err = errors.Join(err, errors.New(strconv.Itoa(n-w.n)+" rows were not worked"))
	}
	return err
}

// due works rows at their times: it sleeps until the first is due.
func (h *handTable) due(ctx context.Context, m *meter, jobs []job) ([]time.Duration, error) {
	b := newBegun(m, jobs)
	if err := h.many(ctx, jobs); err != nil {
		return nil, err
	}
	end := last(jobs)
	for {
		var first *time.Time
		if err := h.pool.QueryRow(ctx, handFirst).Scan(&first); err != nil {
			return nil, err
		}
		if first == nil || first.After(end) {
			return b.await(ctx, end)
		}
		timer := time.NewTimer(first.Sub(m.now()))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
		if _, err := h.work(ctx, b.note); err != nil {
			return nil, err
		}
	}
}
