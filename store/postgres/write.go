package postgres

import (
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/record"
)

// The operations of the function apply.
const (
	opCreate  int16 = 1
	opReplace int16 = 2
	opUnclaim int16 = 3
	opErase   int16 = 4
)

// erasedState is the state of a callback that was erased, in the table.
const erasedState int16 = 0

// write is one change made ready to be sent. It shares nothing with the change,
// because the caller may give up while it is under way.
type write struct {
	now                                                time.Time
	op                                                 int16
	tenant, id                                         string
	k                                                  key
	revision, epoch                                    int64
	nextAt, desired, created, updated, ended, queuedAt pgtype.Timestamptz
	state, priority                                    int16
	ready                                              bool
	service, reason, number, lookup                    string
	key                                                string             // idempotency key
	from, until                                        pgtype.Timestamptz // window of the write; none where it has no bound
	source                                             string             // ID of the callback that a create depends on
	sourceRevision                                     int64
	body                                               []byte
	eventType                                          string // empty for the usual type of a first event
	eventAt                                            pgtype.Timestamptz
	event                                              []byte
	// nonce tells this write from another one's that made the same revision.
	nonce int64
	items []item
	// masked are the earlier events of the callback without their texts.
	masked []maskedEvent
	// maskedFirst is the first event, in the same way; nil if it stays as it is.
	maskedFirst []byte
	doubt       doubt
	// alone: an earlier write of its batch changed the callback that had the key,
	// so that this one has to be made again by itself.
	alone   bool
	call    *call // while it is under way
	decided bool  // it has happened, or it has its fault
	fault   error
	// outside: the fault is the database's, not the change's.
	outside bool
}

// doubt is whether an attempt may have happened unseen.
type doubt uint8

const (
	certain doubt = iota
	ended         // perhaps, but the server has ended the session: it is decided
	lost          // perhaps, and it may still be under way
)

// item is one give or take.
type item struct {
	key    counterKey
	h      key   // its hash
	units  int64 // negative: a give
	limit  int64
	ends   pgtype.Timestamptz
	last   pgtype.Timestamptz // windows of its counter that end later are over
	permit callback.Permit
}

// rolls reports whether the item takes from a rolling window.
func (x *item) rolls() bool { return x.permit.Span > 0 }

// prepare encodes a change that is well formed.
func prepare(w *write, now time.Time, c *callback.Change, nonce int64) error {
	r := c.Record
	if field, ok := reachable(c); !ok {
		return invalid(field, "is out of the reach of the database's times")
	}
	w.now, w.nonce, w.tenant, w.id, w.k = now, nonce, r.Tenant, string(r.ID), keyOf(r.Tenant, string(r.ID))
	w.revision, w.epoch, w.nextAt = r.Revision, c.Epoch, stamp(notBefore(r.NextAt))
	w.during(c.Window)
	switch {
	case c.Unclaim:
		w.op = opUnclaim
		return nil
	case r.Revision == 1:
		w.op = opCreate
		if c.Source != nil {
			w.source, w.sourceRevision = string(c.Source.ID), c.Source.Revision
		}
	default:
		w.op = opReplace
	}
	w.service, w.state, w.priority, w.ready = r.Service, int16(r.State), int16(r.Priority), r.Ready
	w.desired, w.created, w.updated = place(r.Desired), place(r.Created), unlessSame(r.Updated, r.Created)
	w.ended, w.queuedAt = stamp(r.EndedAt), stamp(r.QueuedAt)
	w.reason, w.number, w.key = string(r.Reason), r.Customer.Number.Key(), r.Idempotency.Key
	w.lookup = lookupHashes(r)
	rest := withoutColumns(r)
	buffer, err := record.AppendCallback(make([]byte, 0, 384), &rest)
	if err != nil {
		return err
	}
	event := c.Event
	event.At = time.Time{}
	n := len(buffer)
	if buffer, err = record.AppendEvent(buffer, &event); err != nil {
		return err
	}
	w.body, w.event = buffer[:n:n], buffer[n:]
	w.eventType, w.eventAt = string(c.Event.Type), place(c.Event.At)
	if w.op == opCreate {
		w.eventAt = unlessSame(c.Event.At, r.Created)
		if c.Event.Type == callback.EventAccepted {
			w.eventType = ""
		}
	}
	w.addItems(c.Give, c.Take)
	return nil
}

// unlessSame writes a time into a column in which NULL stands for another one.
func unlessSame(t, other time.Time) pgtype.Timestamptz {
	at, usual := place(t), place(other)
	if at.Time.Truncate(time.Microsecond).Equal(usual.Time.Truncate(time.Microsecond)) && at.InfinityModifier == usual.InfinityModifier {
		return pgtype.Timestamptz{}
	}
	return at
}

// during sets the window of the write.
func (w *write) during(window callback.Window) {
	w.from, w.until = stamp(notBefore(window.From)), stamp(window.Until)
}

// timed reports whether the write has a window.
func (w *write) timed() bool { return w.from.Valid || w.until.Valid }

// reachable names a time that no column can keep.
func reachable(c *callback.Change) (field string, ok bool) {
	r := c.Record
	times := []struct {
		field string
		t     time.Time
	}{{"NextAt", r.NextAt}, {"Window.From", c.Window.From}, {"Window.Until", c.Window.Until}, {"Desired", r.Desired}, {"Created", r.Created}, {"Updated", r.Updated}, {"EndedAt", r.EndedAt},
		{"QueuedAt", r.QueuedAt}, {"Event.At", c.Event.At}}
	if c.Unclaim {
		times = times[:3]
	}
	for _, x := range times {
		if !inReach(x.t) {
			return x.field, false
		}
	}
	for i := range c.Take {
		if !inReach(c.Take[i].Until) {
			return "Take.Until", false
		}
	}
	return "", true
}

func (w *write) addItems(give []callback.Held, take []callback.Permit) {
	if len(give)+len(take) == 0 {
		return
	}
	w.items = make([]item, 0, len(give)+len(take))
	for _, h := range give {
		x := item{key: counterKey{w.tenant, h.Key}, units: -h.N}
		x.h = x.key.hash()
		w.items = append(w.items, x)
	}
	for _, p := range take {
		ends := stamp(p.Until)
		switch {
		case p.For > 0:
			ends = stamp(w.now.Add(p.For))
		case p.Span > 0:
			ends = stamp(store.Parts(nil).Take(&p, w.now).Last())
		}
		x := item{key: counterKey{w.tenant, p.Key}, units: p.N, limit: max(p.Max, -1), ends: ends, permit: p}
		x.h = x.key.hash()
		if last := store.LastEnd(&p, w.now); inReach(last) {
			x.last = stamp(last)
		}
		w.items = append(w.items, x)
	}
}
