package sqlkit

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback"
)

// Groups collects the result of a Count. The zero value is empty.
type Groups struct {
	all   []callback.Group
	index map[callback.Group]int // of the groups made by Count, by their key
}

// Add adds a group that the database has counted.
func (g *Groups) Add(group callback.Group) { g.all = append(g.all, group) }

// Count adds one callback to its group. It does not look at groups from Add.
func (g *Groups) Count(c *callback.Callback) {
	key := callback.Group{Queue: callback.QueueKey{Tenant: c.Tenant, Service: c.Service, Priority: c.Priority}, State: c.State}
	i, ok := g.index[key]
	if !ok {
		if g.index == nil {
			g.index = make(map[callback.Group]int)
		}
		i = len(g.all)
		g.index[key] = i
		g.all = append(g.all, key)
	}
	g.all[i].N++
	if c.State == callback.Queued && c.Ready {
		g.all[i].Ready++
	}
}

// Sorted returns the groups by tenant, service, priority and state; nil if there
// are none.
func (g *Groups) Sorted() []callback.Group {
	slices.SortFunc(g.all, func(a, b callback.Group) int {
		return cmp.Or(strings.Compare(a.Queue.Tenant, b.Queue.Tenant), strings.Compare(a.Queue.Service, b.Queue.Service),
			cmp.Compare(a.Queue.Priority, b.Queue.Priority), cmp.Compare(a.State, b.State))
	})
	return g.all
}
