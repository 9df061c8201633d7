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

const (
	ofLimit     = " FROM counters c WHERE c.tenant = ? AND c.kind = ? AND c.service = ? AND c.subject "
	withinRange = " ? AND c.slot BETWEEN ? AND ?"
	ofOne       = "SELECT c.slot, c.name, c.used, c.ends, c.parts" + ofLimit + "=" + withinRange
	ofAll       = "SELECT c.slot, c.name, c.used, c.ends, c.parts, c.subject, c.sealed, (SELECT k.key FROM counter_keys k WHERE k.n = c.key)" +
		ofLimit + ">" + withinRange
)

// Load returns the counters in the range that are above zero and whose window
// has not ended, ordered by Slot, Name and Subject. It uses an index for one
// subject and for counters without a subject. It omits counters whose subject
// cannot be decrypted.
func (s *Store) Load(ctx context.Context, now time.Time, req store.LoadRequest) ([]store.Counter, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	l := &load{req: &req, now: floor(now)}
	load := func(sql, subject string) error {
		l.subject = subject
		return s.rows(ctx, l.add, sql, req.Tenant, string(req.Kind), req.Service, s.secret.digestOf(req.Tenant, subject), req.From, req.To)
	}
	for _, subject := range slices.Compact(slices.Sorted(slices.Values(req.Subjects))) {
		if err := load(ofOne, subject); err != nil {
			return nil, err
		}
	}
	if len(req.Subjects) == 0 {
		if err := load(ofOne, ""); err != nil {
			return nil, err
		}
		if err := load(ofAll, ""); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(l.found, func(a, b store.Counter) int {
		return cmp.Or(cmp.Compare(a.Key.Slot, b.Key.Slot), strings.Compare(a.Key.Name, b.Key.Name), strings.Compare(a.Key.Subject, b.Key.Subject))
	})
	return l.found, nil
}

type load struct {
	req     *store.LoadRequest
	now     instant
	subject string // of the rows of ofOne
	found   []store.Counter
}

// add adds a row of ofOne or ofAll.
func (l *load) add(row []any) error {
	s := scanner{values: row}
	c := &counter{key: callback.PermitKey{Kind: l.req.Kind, Service: l.req.Service, Subject: l.subject}}
	c.key.Slot, c.key.Name, c.used, c.ends = s.integer(), s.text(), s.integer(), s.instant()
	c.parts = partsOf(s.blob())
	used := c.usedAt(l.now)
	if s.bad || used <= 0 || l.req.Name != "" && l.req.Name != c.key.Name {
		return nil
	}
	if len(s.values) > 0 {
		c.subject = s.bytes()
		sealed, key := s.blob(), s.blob()
		var ok bool
		if c.key.Subject, ok = subjectOf(c, key, sealed); !ok {
			return nil
		}
	}
	l.found = append(l.found, store.Counter{Key: c.key, Used: used, Ends: c.endsAt(l.now)})
	return nil
}
