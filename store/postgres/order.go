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
		return cmp.Or(cmp.Compare(a.ask, b.ask), a.at.Compare(b.at), strings.Compare(a.id.String, b.id.String), strings.Compare(a.tenant.String, b.tenant.String))
	})
}
