package postgres

import (
	"cmp"
	"strings"
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

// The names of states that the statements know.
const (
	erasedState = "ERASED"
	queuedState = "QUEUED"
)

// write is one change made ready to be sent. It shares nothing with the change,
// because the caller may give up while it is under way.
type write struct {
	now                                                     time.Time
	op                                                      int16
	tenant, id                                              string
	revision, epoch                                         int64
	nextAt, desired, created, updated, ended, queuedAt      pgtype.Timestamptz
	priority                                                int16
	ready                                                   bool
	service, state                                          string
	reason, number, alternative, customer, external, lookup string
	key                                                     string             // idempotency key
	from, until                                             pgtype.Timestamptz // window of the write; none where it has no bound
	source                                                  string             // ID of the callback that a create depends on
	sourceRevision                                          int64
	body                                                    []byte
	eventType                                               string
	eventAt                                                 pgtype.Timestamptz
	event                                                   []byte
	// nonce tells this write from another one's that made the same revision.
	nonce int64
	items []item
	// masked are the earlier events of the callback without their texts.
	masked []maskedEvent
	doubt  doubt
	// alone: an earlier write of its batch changed the callback that had the key,
	// so that this one has to be made again by itself.
	alone bool
	fault error
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
	units  int64 // negative: a give
	limit  int64
	ends   pgtype.Timestamptz
	last   pgtype.Timestamptz // windows of its counter that end later are over
	permit callback.Permit
}

type counterKey struct {
	tenant string
	callback.PermitKey
}

// compareKeys is the order in which counters are locked.
func compareKeys(a, b counterKey) int {
	return cmp.Or(strings.Compare(a.tenant, b.tenant), strings.Compare(a.Service, b.Service), strings.Compare(string(a.Kind), string(b.Kind)),
		cmp.Compare(a.Slot, b.Slot), strings.Compare(a.Name, b.Name), strings.Compare(a.Subject, b.Subject))
}

// prepare encodes a change that is well formed.
func prepare(w *write, now time.Time, c *callback.Change, nonce int64) error {
	r := c.Record
	if field, ok := reachable(c); !ok {
		return invalid(field, "is out of the reach of the database's times")
	}
	w.now, w.nonce, w.tenant, w.id = now, nonce, r.Tenant, string(r.ID)
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
	w.service, w.state, w.priority, w.ready = r.Service, r.State.String(), int16(r.Priority), r.Ready
	w.desired, w.created, w.updated = place(r.Desired), place(r.Created), place(r.Updated)
	w.ended, w.queuedAt = place(r.EndedAt), place(r.QueuedAt)
	w.reason, w.number, w.alternative = string(r.Reason), r.Customer.Number.Key(), r.Customer.Alternative.Key()
	w.customer, w.external, w.key = r.Customer.ID, r.Origin.ExternalID, r.Idempotency.Key
	w.lookup = lookupHashes(r.Tenant, r.SearchValues)
	buffer, err := record.AppendCallback(make([]byte, 0, 384), r)
	if err != nil {
		return err
	}
	n := len(buffer)
	if buffer, err = record.AppendEvent(buffer, &c.Event); err != nil {
		return err
	}
	w.body, w.event = buffer[:n:n], buffer[n:]
	w.eventType, w.eventAt = string(c.Event.Type), place(c.Event.At)
	w.addItems(c.Give, c.Take)
	return nil
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
		w.items = append(w.items, item{key: counterKey{w.tenant, h.Key}, units: -h.N})
	}
	for _, p := range take {
		ends := stamp(p.Until)
		if p.For > 0 {
			ends = stamp(w.now.Add(p.For))
		}
		x := item{key: counterKey{w.tenant, p.Key}, units: p.N, limit: max(p.Max, -1), ends: ends, permit: p}
		if last := store.LastEnd(&p, w.now); inReach(last) {
			x.last = stamp(last)
		}
		w.items = append(w.items, x)
	}
}
