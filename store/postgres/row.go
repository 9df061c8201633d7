package postgres

import (
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
	"github.com/ringback-go/ringback/store/record"
)

// columns are what a callback is read from, in the order of row.
const columns = claimedColumns + ", next_at, owner, until"

// claimedColumns are those that the result of a claim has as well.
const claimedColumns = "k, tenant, id, service, state, priority, ready, revision, epoch, desired, created, updated, ended, queued_at," +
	" reason, number, idempotency_key, body"

// idText is the ID of a row in a statement.
const idText = `coalesce(id, k::text COLLATE "C")`

// row is a callback as the table has it. Every column may be NULL, because an
// operator may have dropped a constraint.
type row struct {
	k                                          pgtype.UUID
	tenant, id, service                        pgtype.Text
	state, priority                            pgtype.Int2
	ready                                      pgtype.Bool
	revision, epoch                            pgtype.Int8
	desired, created, updated, ended, queuedAt pgtype.Timestamptz
	reason, number, idempotencyKey             pgtype.Text
	body                                       []byte
	nextAt, until                              pgtype.Timestamptz
	owner                                      pgtype.Text
}

// fields are where claimedColumns are scanned to.
func (r *row) fields() []any {
	return []any{&r.k, &r.tenant, &r.id, &r.service, &r.state, &r.priority, &r.ready, &r.revision, &r.epoch, &r.desired, &r.created,
		&r.updated, &r.ended, &r.queuedAt, &r.reason, &r.number, &r.idempotencyKey, &r.body}
}

// scanCallback reads a row of columns and what is selected behind them.
func scanCallback(rows pgx.Rows, more ...any) (*callback.Callback, error) {
	var r row
	into := append(r.fields(), &r.nextAt, &r.owner, &r.until)
	if err := rows.Scan(append(into, more...)...); err != nil {
		return nil, err
	}
	return r.callback()
}

// withoutColumns returns what of c the body holds: all that columns do not.
func withoutColumns(c *callback.Callback) callback.Callback {
	rest := *c
	rest.Desired, rest.Created, rest.Updated, rest.EndedAt, rest.QueuedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}, time.Time{}
	rest.Reason, rest.Idempotency.Key = "", ""
	if number := &rest.Customer.Number; number.Reveal() == number.Key() {
		*number = phonenum.Address{}
	}
	return rest
}

// callback decodes a row, or says what is wrong with it.
func (r *row) callback() (*callback.Callback, error) {
	priority, _ := sqlkit.Priority(r.priority.Int16)
	c := &callback.Callback{
		Tenant: r.tenant.String, ID: idOf(r.k.Bytes, r.id), Service: r.service.String, Priority: priority,
		Ready: r.ready.Bool, Revision: r.revision.Int64, NextAt: instant(r.nextAt),
		Lease: callback.Lease{Owner: r.owner.String, Epoch: r.epoch.Int64, Until: instant(r.until)},
	}
	if err := r.decode(c); err != nil {
		return nil, err
	}
	return c, nil
}

func (r *row) decode(c *callback.Callback) error {
	c.State = callback.State(r.state.Int16)
	_, known := sqlkit.Priority(r.priority.Int16)
	rule := ""
	switch {
	case !r.state.Valid || r.state.Int16 < 1 || !c.State.Valid():
		rule = fmt.Sprintf("state %d is not known", r.state.Int16)
	case !r.service.Valid || !r.priority.Valid || !r.ready.Valid || !r.revision.Valid || !r.epoch.Valid:
		rule = "a column that must not be NULL is"
	case !known:
		rule = fmt.Sprintf("priority %d is not known", r.priority.Int16)
	case r.revision.Int64 < 1:
		rule = fmt.Sprintf("revision %d is below 1", r.revision.Int64)
	case r.epoch.Int64 < 0 || r.epoch.Int64 == math.MaxInt64:
		rule = fmt.Sprintf("epoch %d cannot be counted on", r.epoch.Int64)
	default:
		if err := record.DecodeCallback(r.body, c); err != nil {
			return err
		}
		if r.addColumns(c) != nil {
			rule = "the number cannot be read"
		}
	}
	if rule == "" {
		return nil
	}
	return &record.DamagedError{Tenant: c.Tenant, ID: c.ID, Rule: rule, Err: ErrSchema}
}

// addColumns sets what [withoutColumns] left out.
func (r *row) addColumns(c *callback.Callback) error {
	c.Desired, c.Created, c.Updated = instant(r.desired), instant(r.created), instant(r.updated)
	if !r.updated.Valid {
		c.Updated = c.Created
	}
	c.EndedAt, c.QueuedAt = instant(r.ended), instant(r.queuedAt)
	c.Reason, c.Idempotency.Key = callback.Reason(r.reason.String), r.idempotencyKey.String
	if number := &c.Customer.Number; *number == (phonenum.Address{}) && r.number.Valid {
		var err error
		*number, err = phonenum.RevealedAddress(r.number.String)
		return err
	}
	return nil
}
