package sqlite

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

// name identifies a callback.
type name struct {
	tenant string
	id     callback.ID
}

// cachedRow is the last row version of a callback that the writer saw. Another
// process may have changed the row since, so that its use has to be checked by
// the statement. Entries of a transaction that rolled back, or may have, are
// dropped, because another change may have made the same revision.
type cachedRow struct {
	head
	cb    int64
	epoch int64
	key   []byte
}

// rowCache keeps the latest rows, because a callback that was claimed is
// changed next. Once half of them are new, the older half is dropped.
type rowCache struct {
	latest, older map[name]cachedRow
}

// mostCached is the maximum number of rows in each half, of about 300 bytes
// each.
const mostCached = 4096

func (k *rowCache) keep(g cachedRow) {
	if len(k.latest) >= mostCached {
		k.older, k.latest = k.latest, nil
	}
	if k.latest == nil {
		k.latest = make(map[name]cachedRow)
	}
	k.latest[name{g.tenant, g.id}] = g
}

func (k *rowCache) find(n name) (cachedRow, bool) {
	g, ok := k.latest[n]
	if !ok {
		g, ok = k.older[n]
	}
	return g, ok
}

func (k *rowCache) drop(n name) {
	delete(k.latest, n)
	delete(k.older, n)
}

// remember caches a row until the transaction is undone.
func (t *transaction) remember(g cachedRow) {
	t.remembered = append(t.remembered, name{g.tenant, g.id})
	t.w.cache.keep(g)
}

// fits reports whether a change may follow the cached row.
func (g *cachedRow) fits(c *change) bool {
	return g.revision+1 == c.revision && (c.epoch == 0 || c.epoch == g.epoch) && !c.unclaim
}

// seems reports whether a change may succeed without reading the row.
func (w *writer) seems(c *change) bool {
	g, ok := w.cache.find(name{c.tenant, c.id})
	return ok && g.fits(c)
}

// applyCached makes a change to a cached row without reading it. It has no
// effect if the row has changed, or if the change affects the indexes by value.
func (t *transaction) applyCached(now time.Time, c *change) (done bool, err error) {
	n := name{c.tenant, c.id}
	g, ok := t.w.cache.find(n)
	// A conflict takes precedence over a window and a refused permit, so that the
	// row has to be read.
	if !ok || !g.fits(c) || !c.timely(now) {
		return false, nil
	}
	refused, err := t.permits(c.tenant, now, c.give, c.take)
	if refused != nil || err != nil {
		return false, err
	}
	sealed, err := seal(g.key, c.body, c.head.bytes())
	if err != nil {
		return false, err
	}
	args := append(c.changing(sealed), g.cb, g.revision, g.epoch, g.service, g.state.String(), int64(g.priority), flag(g.ready))
	result, err := t.exec(stUpdateCached, append(args, c.staying()...)...)
	if err != nil {
		return false, err
	}
	affected, err := result.RowsAffected()
	if err != nil || affected != 1 {
		t.w.cache.drop(n)
		return false, err
	}
	t.tally(&g.head, -1)
	g.head = c.head
	t.remember(g)
	delete(t.seen, n) // it has the previous revision
	return true, t.finish(c, g.cb)
}
