package sqlite

import (
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/record"
)

// change is a [store.Change] that is encoded for the writer. It shares no
// memory with the caller's.
type change struct {
	malformed error

	head
	epoch   int64
	unclaim bool
	mask    bool // the texts of earlier events are removed
	source  *store.Precondition
	window  callback.Window
	give    []callback.Held
	take    []callback.Permit

	nextAt, desired, created, updated, ended, queuedAt instant

	idem  []byte  // digest of the idempotency key; nil if there is none
	terms []int64 // sorted
	body  []byte  // the record, not yet sealed

	key    []byte // of a new callback
	sealed []byte // the record of a new callback, sealed with key

	eventType string
	event     []byte
}

// prepare does everything about a change that does not depend on the store's
// state.
func (s *secret) prepare(c *store.Change) *change {
	if err := store.CheckChange(c); err != nil {
		return &change{malformed: err}
	}
	r := c.Record
	p := &change{
		head: head{
			tenant: r.Tenant, id: r.ID, service: r.Service, state: r.State, priority: r.Priority, ready: r.Ready, revision: r.Revision,
		},
		epoch: c.Epoch, unclaim: c.Unclaim, mask: c.MaskEvents, window: c.Window, nextAt: ceil(r.NextAt),
	}
	if !inReach(r.NextAt) {
		p.malformed = callback.NewFieldError(callback.ErrInvalidParameter, "Record.NextAt", "is out of range")
	}
	if c.Unclaim || p.malformed != nil {
		return p
	}
	p.malformed = s.fill(p, c)
	return p
}

func (s *secret) fill(p *change, c *store.Change) (err error) {
	r := c.Record
	for i := range c.Take {
		if !inReach(c.Take[i].Until) {
			return callback.NewFieldError(callback.ErrInvalidParameter, "Take", "the end of a window is out of range")
		}
	}
	if p.body, err = record.AppendCallback(nil, r); err != nil {
		return err
	}
	if p.event, err = record.AppendEvent(nil, &c.Event); err != nil {
		return err
	}
	if c.Source != nil {
		p.source = new(*c.Source)
	}
	p.eventType = string(c.Event.Type)
	p.give, p.take = slices.Clone(c.Give), slices.Clone(c.Take)
	p.desired, p.created, p.updated = floor(r.Desired), floor(r.Created), floor(r.Updated)
	p.ended, p.queuedAt = floor(r.EndedAt), floor(r.QueuedAt)
	p.terms = s.terms(r)
	if r.Idempotency.Key != "" {
		p.idem = s.digest(digestIdem, r.Tenant, r.Idempotency.Key)
	}
	if r.Revision == 1 {
		p.key = newKey()
		p.sealed, err = seal(p.key, p.body, p.head.bytes())
	}
	return err
}

// changing returns the values of the columns that every change writes.
func (c *change) changing(sealed []byte) []any {
	return append(make([]any, 0, 22),
		c.service, c.state.String(), int64(c.priority), flag(c.ready), c.revision, c.nextAt.value(), c.updated.value(),
		c.ended.value(), c.queuedAt.value(), sealed)
}

// staying returns the values of the columns that most changes leave unchanged.
func (c *change) staying() []any {
	return []any{c.desired.value(), c.created.value(), blobOrNull(c.idem), blobOrNull(packTerms(c.terms))}
}

// blobOrNull returns b, or NULL if it is empty.
func blobOrNull(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// timely reports whether the change may be made at now.
func (c *change) timely(now time.Time) bool { return c.window.Check(now) == nil }
