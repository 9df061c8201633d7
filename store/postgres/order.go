package postgres

import (
	"cmp"
	"slices"
	"strings"
)

// sort puts what a claim leased into the order of the contract: an UPDATE
// returns its rows as it comes upon them.
func (l *lot) sort() {
	slices.SortFunc(l.rows, func(a, b claimedRow) int {
		return cmp.Or(cmp.Compare(a.ask.Int32, b.ask.Int32), a.at.Compare(b.at), cmp.Compare(idOf(a.k.Bytes, a.id), idOf(b.k.Bytes, b.id)), strings.Compare(a.tenant.String, b.tenant.String))
	})
}
