package sqlite

import (
	"context"
	"log/slog"
	"strings"
	"time"
)

// verifier compares the index by which due callbacks are found with the records. A
// page of the index that a failing disk has overwritten with another one of it is no
// error to SQLite, and would make callbacks invisible to claims for ever.
type verifier struct {
	store *Store
	log   *slog.Logger
	end   context.CancelFunc
	done  chan struct{}
}

const (
	// verifiedAtOpen is how many records are compared before Open or New returns.
	// Those of a larger file are compared right afterwards.
	verifiedAtOpen = 10_000
	// verifySlice is how many records one query compares: it takes some milliseconds,
	// and verifyPause after it leaves nine tenths of the time to others.
	verifySlice = 1000
	verifyPause = 30 * time.Millisecond
	// verifyEvery is the time between two comparisons of the whole file.
	verifyEvery = time.Hour
)

// lostFromDue selects one record that is due and not in the index, of a range.
const lostFromDue = "SELECT c.cb FROM callbacks c NOT INDEXED WHERE c.cb > ? AND c.cb <= ? AND c.next_at IS NOT NULL" +
	" AND NOT EXISTS (SELECT 1 FROM callbacks d INDEXED BY callbacks_due" +
	" WHERE d.next_at = c.next_at AND d.id = c.id AND d.tenant = c.tenant AND d.cb = c.cb) LIMIT 1"

// newVerifier compares the first records and starts the rest in the background.
func newVerifier(ctx context.Context, s *Store, log *slog.Logger) *verifier {
	if log == nil {
		log = slog.Default()
	}
	closing, end := context.WithCancel(context.Background())
	v := &verifier{store: s, log: log, end: end, done: make(chan struct{})}
	next, err := v.slice(ctx, 0, verifiedAtOpen)
	if err != nil {
		// What is damaged elsewhere is told by those who meet it.
		next = -1
	}
	go v.loop(closing, next)
	return v
}

func (v *verifier) close() {
	v.end()
	<-v.done
}

// loop compares the records behind cb, and then all of them once in a while.
func (v *verifier) loop(closing context.Context, cb int64) {
	defer close(v.done)
	for {
		for cb >= 0 && v.rest(closing, verifyPause) {
			next, err := v.slice(closing, cb, verifySlice)
			if err != nil {
				break // the next round will meet it again
			}
			cb = next
		}
		if !v.rest(closing, verifyEvery) {
			return
		}
		cb = 0
	}
}

// rest waits; false means that the store is being closed.
func (v *verifier) rest(closing context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-closing.Done():
		return false
	}
}

// slice compares n records behind cb and mends the index if one is not in it. It
// returns the last of them, or -1 behind the end of the file.
func (v *verifier) slice(ctx context.Context, cb, n int64) (next int64, err error) {
	last, lost := int64(-1), false
	err = v.store.rows(ctx, func(row []any) error {
		last, _ = row[0].(int64)
		return nil
	}, "SELECT max(cb) FROM (SELECT cb FROM callbacks WHERE cb > ? ORDER BY cb LIMIT ?)", cb, n)
	if err != nil || last <= cb {
		return -1, err
	}
	err = v.store.rows(ctx, func([]any) error {
		lost = true
		return nil
	}, lostFromDue, cb, last)
	if err == nil && lost {
		err = v.mend(ctx)
	}
	return last, err
}

// mend makes the indexes of the callbacks again, unless the file has other damage:
// SQLite would give pages free that two places refer to.
func (v *verifier) mend(ctx context.Context) error {
	const lacking = "the index of due callbacks lacks some and cannot be made again: restore a backup"
	other, err := v.otherDamage(ctx)
	if err != nil || other != "" {
		v.log.LogAttrs(ctx, slog.LevelError, lacking, slog.String("damage", other), slog.Any("error", err))
		return err
	}
	o := newOperation(ctx, 1, func(t *transaction) error { return t.run(stReindex) })
	if !v.store.committer.post(o) {
		return nil // the store is being closed
	}
	if err = o.wait(); err == nil {
		v.log.LogAttrs(ctx, slog.LevelError, "the index of due callbacks lacked some; the indexes were made again: check the disk")
	} else {
		v.log.LogAttrs(ctx, slog.LevelError, lacking, slog.String("error", err.Error()))
	}
	return err
}

// otherDamage returns the first thing that is wrong with the file beyond entries that
// an index lacks or has too many.
func (v *verifier) otherDamage(ctx context.Context) (other string, err error) {
	err = v.store.rows(ctx, func(row []any) error {
		text, _ := row[0].(string)
		ofIndex := strings.Contains(text, "missing from index") || strings.HasPrefix(text, "wrong # of entries in index") ||
			strings.HasPrefix(text, "non-unique entry in index")
		if other == "" && !ofIndex {
			other = text
		}
		return nil
	}, "SELECT integrity_check FROM pragma_integrity_check")
	return other, err
}
