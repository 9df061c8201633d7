package sqlite

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

const counterColumns = "c.slot, c.name, c.subject, c.used, c.ends, c.sealed, (SELECT k.key FROM counter_keys k WHERE k.n = c.key)"

// Load returns the counters in the range that are above zero and whose window
// has not ended, ordered by Slot, then Name, then Subject. Counters without
// subject, or of one subject, are a range of an index. A counter whose subject
// cannot be read is left out.
func (s *Store) Load(ctx context.Context, now time.Time, req store.LoadRequest) ([]store.Counter, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	l := &load{req: &req, tenant: req.Tenant, now: floor(now)}
	const of = "SELECT " + counterColumns + " FROM counters c WHERE c.tenant = ? AND c.kind = ? AND c.service = ? AND c.subject "
	const within = " ? AND c.slot BETWEEN ? AND ?"
	query := of + "=" + within + " UNION ALL " + of + ">" + within
	args := []any{req.Tenant, string(req.Kind), req.Service, []byte{}, req.From, req.To}
	args = append(args, args...)
	if req.Subject != "" {
		query = of + "=" + within
		args = args[:6]
		args[3] = s.secret.digestOf(req.Tenant, req.Subject)
	}
	err := s.rows(ctx, l.add, query, args...)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(l.found, func(a, b store.Counter) int {
		return cmp.Or(cmp.Compare(a.Key.Slot, b.Key.Slot), strings.Compare(a.Key.Name, b.Key.Name), strings.Compare(a.Key.Subject, b.Key.Subject))
	})
	return l.found, nil
}

type load struct {
	req    *store.LoadRequest
	tenant string
	now    instant
	found  []store.Counter
}

func (l *load) add(row []any) error {
	s := scanner{values: row}
	c := &counter{tenant: l.tenant, key: callback.PermitKey{Kind: l.req.Kind, Service: l.req.Service, Subject: l.req.Subject}}
	c.key.Slot, c.key.Name, c.subject, c.used, c.ends = s.integer(), s.text(), s.bytes(), s.integer(), s.instant()
	sealed, key := s.blob(), s.blob()
	if s.bad || c.usedAt(l.now) <= 0 || l.req.Name != "" && l.req.Name != c.key.Name {
		return nil
	}
	if len(c.subject) > 0 && l.req.Subject == "" {
		subject, err := subjectOf(c, key, sealed)
		if err != nil {
			return nil
		}
		c.key.Subject = subject
	}
	l.found = append(l.found, store.Counter{Key: c.key, Used: c.used, Ends: c.ends.Time()})
	return nil
}
