package sqlite

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

// name is a callback's.
type name struct {
	tenant string
	id     callback.ID
}

// glimpse is what the writer saw of a callback when it claimed or changed it. It
// may be out of date, because of another process: who uses it has SQLite compare.
// None is left of a transaction that was undone, or of which nobody knows whether
// it was: another change may have got the same revision since.
type glimpse struct {
	head
	cb    int64
	epoch int64
	key   []byte
}

// known keeps the latest glimpses: what was claimed is changed next. When half
// of them are new the older half goes.
type known struct {
	latest, older map[name]glimpse
}

// mostKnown is how many glimpses each half has, of some 300 bytes.
const mostKnown = 4096

func (k *known) keep(g glimpse) {
	if len(k.latest) >= mostKnown {
		k.older, k.latest = k.latest, nil
	}
	if k.latest == nil {
		k.latest = make(map[name]glimpse)
	}
	k.latest[name{g.tenant, g.id}] = g
}

func (k *known) find(n name) (glimpse, bool) {
	g, ok := k.latest[n]
	if !ok {
		g, ok = k.older[n]
	}
	return g, ok
}

func (k *known) drop(n name) {
	delete(k.latest, n)
	delete(k.older, n)
}

// remember keeps a glimpse for as long as the transaction is not undone.
func (t *transaction) remember(g glimpse) {
	t.remembered = append(t.remembered, name{g.tenant, g.id})
	t.w.known.keep(g)
}

// fits reports whether a change may follow what was seen.
func (g *glimpse) fits(c *change) bool {
	return g.revision+1 == c.revision && (c.epoch == 0 || c.epoch == g.epoch) && !c.unclaim
}

// seems reports whether a change may do without a look.
func (w *writer) seems(c *change) bool {
	g, ok := w.known.find(name{c.tenant, c.id})
	return ok && g.fits(c)
}

// applyKnown makes a change of a callback that was seen lately without looking
// at it again. Nothing is done when the callback is not as it was, or when the
// change touches what is indexed by value; then it must be looked at.
func (t *transaction) applyKnown(now time.Time, c *change) (done bool, err error) {
	n := name{c.tenant, c.id}
	g, ok := t.w.known.find(n)
	if !ok || !g.fits(c) {
		return false, nil
	}
	// Whether somebody else was first counts before a refused permit does.
	refused, err := t.permits(c.tenant, now, c.give, c.take)
	if refused != nil || err != nil {
		return false, err
	}
	sealed, err := seal(g.key, c.body, c.head.bytes())
	if err != nil {
		return false, err
	}
	args := append(c.changing(sealed), g.cb, g.revision, g.epoch, g.service, g.state.String(), int64(g.priority), flag(g.ready))
	result, err := t.exec(stUpdateKnown, append(args, c.staying()...)...)
	if err != nil {
		return false, err
	}
	affected, err := result.RowsAffected()
	if err != nil || affected != 1 {
		t.w.known.drop(n)
		return false, err
	}
	t.tally(&g.head, -1)
	g.head = c.head
	t.remember(g)
	delete(t.seen, n) // what was looked up ahead is the revision before
	return true, t.finish(c, g.cb)
}
