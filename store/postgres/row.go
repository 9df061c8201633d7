package postgres

import (
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
	"github.com/ringback-go/ringback/store/record"
)

// columns are what a callback is read from, in the order of row.
const columns = "tenant, id, service, state, priority, ready, revision, epoch, next_at, owner, until, body"

// row is a callback as the table has it. Every column may be NULL, because an
// operator may have dropped a constraint.
type row struct {
	tenant, id, service, state pgtype.Text
	priority                   pgtype.Int2
	ready                      pgtype.Bool
	revision, epoch            pgtype.Int8
	nextAt, until              pgtype.Timestamptz
	owner                      pgtype.Text
	body                       []byte
}

// scanCallback reads a row of columns and what is selected behind them.
func scanCallback(rows pgx.Rows, more ...any) (*callback.Callback, error) {
	var r row
	into := []any{&r.tenant, &r.id, &r.service, &r.state, &r.priority, &r.ready, &r.revision, &r.epoch,
		&r.nextAt, &r.owner, &r.until, &r.body}
	if err := rows.Scan(append(into, more...)...); err != nil {
		return nil, err
	}
	return r.callback()
}

// callback decodes a row, or says what is wrong with it.
func (r *row) callback() (*callback.Callback, error) {
	priority, _ := sqlkit.Priority(r.priority.Int16)
	c := &callback.Callback{
		Tenant: r.tenant.String, ID: callback.ID(r.id.String), Service: r.service.String, Priority: priority,
		Ready: r.ready.Bool, Revision: r.revision.Int64, NextAt: instant(r.nextAt),
		Lease: callback.Lease{Owner: r.owner.String, Epoch: r.epoch.Int64, Until: instant(r.until)},
	}
	if err := r.decode(c); err != nil {
		return nil, err
	}
	return c, nil
}

func (r *row) decode(c *callback.Callback) error {
	err := c.State.UnmarshalText([]byte(r.state.String))
	_, known := sqlkit.Priority(r.priority.Int16)
	rule := ""
	switch {
	case err != nil || c.State == 0:
		rule = fmt.Sprintf("state %q is not known", clip(r.state.String))
	case !r.service.Valid || !r.priority.Valid || !r.ready.Valid || !r.revision.Valid || !r.epoch.Valid:
		rule = "a column that must not be NULL is"
	case !known:
		rule = fmt.Sprintf("priority %d is not known", r.priority.Int16)
	case r.revision.Int64 < 1:
		rule = fmt.Sprintf("revision %d is below 1", r.revision.Int64)
	case r.epoch.Int64 < 0 || r.epoch.Int64 == math.MaxInt64:
		rule = fmt.Sprintf("epoch %d cannot be counted on", r.epoch.Int64)
	default:
		return record.DecodeCallback(r.body, c)
	}
	return &record.DamagedError{Tenant: c.Tenant, ID: c.ID, Rule: rule, Err: ErrSchema}
}
