package postgres

import (
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store/record"
)

// columns are what a callback is read from, in the order of row.
const columns = "tenant, id, service, state, priority, ready, revision, epoch, next_at, owner, until, body"

// row is a callback as the table has it.
type row struct {
	tenant, id, service, state string
	priority                   int16
	ready                      bool
	revision, epoch            int64
	nextAt, until              pgtype.Timestamptz
	owner                      pgtype.Text
	body                       []byte
}

func scanCallback(rows pgx.Rows) (*callback.Callback, error) {
	var r row
	if err := rows.Scan(&r.tenant, &r.id, &r.service, &r.state, &r.priority, &r.ready, &r.revision, &r.epoch,
		&r.nextAt, &r.owner, &r.until, &r.body); err != nil {
		return nil, err
	}
	return r.callback()
}

// callback decodes a row, or says what is wrong with it.
func (r *row) callback() (*callback.Callback, error) {
	c := &callback.Callback{
		Tenant: r.tenant, ID: callback.ID(r.id), Service: r.service, Priority: scheduler.Priority(r.priority), Ready: r.ready,
		Revision: r.revision, NextAt: instant(r.nextAt),
		Lease: callback.Lease{Owner: r.owner.String, Epoch: r.epoch, Until: instant(r.until)},
	}
	if err := r.decode(c); err != nil {
		return nil, &DamagedError{Tenant: r.tenant, ID: c.ID, Err: err}
	}
	return c, nil
}

func (r *row) decode(c *callback.Callback) error {
	state, err := callback.ParseState(r.state)
	switch {
	case err != nil:
		return fmt.Errorf("%w: state %q is not known", ErrSchema, clip(r.state))
	case r.priority < 0 || r.priority > math.MaxUint8:
		return fmt.Errorf("%w: priority %d is not known", ErrSchema, r.priority)
	case r.epoch < 0 || r.epoch == math.MaxInt64:
		return fmt.Errorf("%w: epoch %d cannot be counted on", ErrSchema, r.epoch)
	}
	c.State = state
	return record.DecodeCallback(r.body, c)
}
