package sqlite

import (
	"encoding/binary"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
	"github.com/ringback-go/ringback/store/record"
)

// head is the columns of a callback that only a change replaces. The body is
// authenticated together with them.
type head struct {
	tenant   string
	id       callback.ID
	service  string
	state    callback.State
	priority scheduler.Priority
	ready    bool
	revision int64
}

// bytes returns the data that a body is bound to.
func (h *head) bytes() []byte {
	b := make([]byte, 0, 128)
	for _, text := range []string{h.tenant, string(h.id), h.service} {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	b = append(b, byte(h.state), byte(h.priority), 0)
	if h.ready {
		b[len(b)-1] = 1
	}
	return binary.AppendUvarint(b, uint64(h.revision))
}

// stored is a row of callbacks with its key.
type stored struct {
	head
	cb      int64
	lease   callback.Lease
	nextAt  instant
	faulted bool // set aside or marked before
	body    []byte
	key     []byte
}

// recordColumns are the columns of stored, in a query of callbacks c.
const (
	recordColumns = recordNames + "c.owner, c.until, " + recordRest
	// claimColumns have no lease, because a claim replaces it.
	claimColumns = recordNames + "NULL, NULL, " + recordRest
	recordNames  = "c.cb, c.tenant, c.id, c.service, c.state, c.priority, c.ready, c.revision, c.epoch, "
	recordRest   = "c.next_at, c.fault, c.body, (SELECT k.key FROM ids k WHERE k.cb = c.cb)"
)

const recordWidth = 15

// scanner reads the columns of a row. A value of an unexpected type sets bad
// and is read as zero.
type scanner struct {
	values []any
	bad    bool
}

func (s *scanner) next() any {
	v := s.values[0]
	s.values = s.values[1:]
	return v
}

func (s *scanner) integer() int64 {
	v, ok := s.next().(int64)
	s.bad = s.bad || !ok
	return v
}

func (s *scanner) text() string {
	v, ok := s.next().(string)
	s.bad = s.bad || !ok
	return v
}

// instant returns a time, or none for NULL.
func (s *scanner) instant() instant {
	if s.values[0] == nil {
		s.next()
		return none
	}
	return instant(s.integer())
}

// note returns a text, or "" for NULL.
func (s *scanner) note() string {
	if s.values[0] == nil {
		s.next()
		return ""
	}
	return s.text()
}

// blob returns bytes, or nil for NULL.
func (s *scanner) blob() []byte {
	v := s.next()
	if v == nil {
		return nil
	}
	b, ok := v.([]byte)
	s.bad = s.bad || !ok
	return b
}

// bytes returns a blob that is not nil.
func (s *scanner) bytes() []byte {
	if b := s.blob(); b != nil {
		return b
	}
	return []byte{}
}

// scanRecord reads recordColumns. On error, which is a [record.DamagedError],
// it also returns the row, as far as it could be read.
func scanRecord(values []any) (*stored, error) {
	s := scanner{values: values}
	r := &stored{cb: s.integer()}
	r.tenant, r.id, r.service = s.text(), callback.ID(s.text()), s.text()
	state, known := stateNamed(s.text())
	priority, usable := sqlkit.Priority(s.integer())
	ready := s.integer()
	r.state, r.priority, r.ready, r.revision = state, priority, ready == 1, s.integer()
	r.lease.Epoch, r.lease.Owner, r.lease.Until = s.integer(), s.note(), s.instant().Time()
	r.nextAt, r.faulted = s.instant(), s.next() != nil
	r.body, r.key = s.blob(), s.blob()
	switch {
	case s.bad:
		return r, r.damaged("a column has the wrong type")
	case !known:
		return r, r.damaged("the state is unknown")
	case !usable:
		return r, r.damaged("the priority is unknown")
	case ready < 0 || ready > 1 || r.revision < 1 || r.lease.Epoch < 0:
		return r, r.damaged("a column is out of range")
	}
	return r, nil
}

func (r *stored) damaged(rule string) error {
	return &record.DamagedError{Tenant: r.tenant, ID: r.id, Rule: rule, Err: record.ErrDamaged}
}

// lost returns the error of a callback that has an ID but no row or key.
func lost(tenant string, id callback.ID) error {
	return &record.DamagedError{Tenant: tenant, ID: id, Rule: "the row or its key is missing", Err: record.ErrDamaged}
}

// callback decrypts and decodes the body. The error is a [record.DamagedError].
func (r *stored) callback() (*callback.Callback, error) {
	plain, err := unseal(r.key, r.body, r.head.bytes())
	if err != nil {
		return nil, r.damaged("the body was altered or belongs to another row")
	}
	c := &callback.Callback{
		Tenant: r.tenant, ID: r.id, Service: r.service, State: r.state, Priority: r.priority, Ready: r.ready,
		Revision: r.revision, NextAt: r.nextAt.Time(), Lease: r.lease,
	}
	if err := record.DecodeCallback(plain, c); err != nil {
		return nil, err
	}
	return c, nil
}

// readRow scans and decodes a row. On error, which is a [record.DamagedError],
// it also returns the row.
func readRow(values []any) (*stored, *callback.Callback, error) {
	r, err := scanRecord(values)
	if err != nil {
		return r, nil, err
	}
	c, err := r.callback()
	return r, c, err
}

// stateNamed returns the state of a column.
func stateNamed(name string) (callback.State, bool) {
	for _, s := range callback.States() {
		if s.String() == name {
			return s, true
		}
	}
	return 0, false
}
