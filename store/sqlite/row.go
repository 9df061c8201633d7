package sqlite

import (
	"encoding/binary"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
	"github.com/ringback-go/ringback/store/record"
)

// head is the columns of a callback that only a change replaces. Its body is
// sealed to them.
type head struct {
	tenant   string
	id       callback.ID
	service  string
	state    callback.State
	priority scheduler.Priority
	ready    bool
	revision int64
}

// bytes is what a body is sealed to.
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
	faulted bool // set aside before
	body    []byte
	key     []byte
}

// recordColumns are the columns of a stored, of callbacks c.
const (
	recordColumns = recordNames + "c.owner, c.until, " + recordRest
	// claimColumns leave out the lease, which a claim replaces.
	claimColumns = recordNames + "NULL, NULL, " + recordRest
	recordNames  = "c.cb, c.tenant, c.id, c.service, c.state, c.priority, c.ready, c.revision, c.epoch, "
	recordRest   = "c.next_at, c.fault, c.body, (SELECT k.key FROM ids k WHERE k.cb = c.cb)"
)

const recordWidth = 15

// scanner reads the columns of a row. What is not of the kind that was asked
// for is noted and read as zero.
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

// instant is a time, none where the column is NULL.
func (s *scanner) instant() instant {
	if s.values[0] == nil {
		s.next()
		return none
	}
	return instant(s.integer())
}

// note is a text, empty where the column is NULL.
func (s *scanner) note() string {
	if s.values[0] == nil {
		s.next()
		return ""
	}
	return s.text()
}

// blob is bytes, nil where the column is NULL.
func (s *scanner) blob() []byte {
	v := s.next()
	if v == nil {
		return nil
	}
	b, ok := v.([]byte)
	s.bad = s.bad || !ok
	return b
}

// bytes is a blob that is never nil.
func (s *scanner) bytes() []byte {
	if b := s.blob(); b != nil {
		return b
	}
	return []byte{}
}

// scanRecord reads recordColumns. The error is a [record.DamagedError]; the row and
// the names of the callback are there all the same, as far as can be told.
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
		return r, r.damaged("a column has a value of another type")
	case !known:
		return r, r.damaged("its state is not known")
	case !usable:
		return r, r.damaged("its priority is not known")
	case ready < 0 || ready > 1 || r.revision < 1 || r.lease.Epoch < 0:
		return r, r.damaged("a column is out of its bounds")
	}
	return r, nil
}

func (r *stored) damaged(rule string) error {
	return &record.DamagedError{Tenant: r.tenant, ID: r.id, Rule: rule, Err: record.ErrDamaged}
}

// lost is the error of a callback of which only the name is left.
func lost(tenant string, id callback.ID) error {
	return &record.DamagedError{Tenant: tenant, ID: id, Rule: "its row or its key is missing", Err: record.ErrDamaged}
}

// callback opens a row. The error is a [record.DamagedError].
func (r *stored) callback() (*callback.Callback, error) {
	plain, err := unseal(r.key, r.body, r.head.bytes())
	if err != nil {
		return nil, r.damaged("its body does not belong to it or was altered")
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

// readRow scans and opens a row. The row is there also when the callback is not.
func readRow(values []any) (*stored, *callback.Callback, error) {
	r, err := scanRecord(values)
	if err != nil {
		return r, nil, err
	}
	c, err := r.callback()
	return r, c, err
}

// stateNamed is the state of a column.
func stateNamed(name string) (callback.State, bool) {
	for _, s := range callback.States() {
		if s.String() == name {
			return s, true
		}
	}
	return 0, false
}
