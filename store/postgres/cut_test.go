package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/postgres/internal/faultproxy"
)

// line is a store behind a proxy, and the truth: a store on the same database that the faults do not affect.
type line struct {
	proxy  *faultproxy.Proxy
	store  *postgres.Store
	truth  *postgres.Store
	direct string // the connection string past the proxy
	gate   gate
}

// gate holds up new connections.
type gate struct {
	mu   sync.Mutex
	open chan struct{}
}

// shut lets no new connection through until it is called off.
func (g *gate) shut() (open func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	closed := make(chan struct{})
	g.open = closed
	return sync.OnceFunc(func() { close(closed) })
}

func (g *gate) pass(ctx context.Context, _ *pgx.ConnConfig) error {
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	if open == nil {
		return nil
	}
	select {
	case <-open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func newLine(t *testing.T, conns int32, change ...func(*postgres.Config)) *line {
	t.Helper()
	c := suite.Cluster(t)
	direct := c.NewDatabase(t)
	proxy, err := faultproxy.New(c.Socket())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proxy.Close() })
	dsn, err := proxy.DSN(direct)
	if err != nil {
		t.Fatal(err)
	}
	l := &line{proxy: proxy, direct: direct, truth: newRig(t, direct).open(t)}
	pools, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	pools.MaxConns, pools.BeforeConnect = conns, l.gate.pass
	pool, err := pgxpool.NewWithConfig(t.Context(), pools)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	config := postgres.Config{Schema: "rb1", Timeout: 5 * time.Second}
	for _, c := range change {
		c(&config)
	}
	if l.store, err = postgres.New(t.Context(), pool, config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.store.Close)
	return l
}

// isChange matches the statements that make changes: a single creation, several, and everything.
func isChange(sql string) bool {
	return strings.Contains(sql, "INSERT INTO") || strings.Contains(sql, ".start_") || strings.Contains(sql, ".replace_") || strings.Contains(sql, ".apply_")
}

// deed is one change through the line.
type deed struct {
	do func(ctx context.Context) error
	// meddle changes the same callback as another client, so that the two changes conflict.
	meddle func(ctx context.Context) error
	// times is how often the change has happened.
	times func(ctx context.Context) (int, error)
	// yields is whether the change adapts to what the other client did, instead of failing.
	yields bool
}

// How a cut goes on.
const (
	cutOnce     = iota // and the network works again
	cutTwice           // at the repetition, too
	cutMeddled         // and before the change can be repeated, another client changes the same callback
	cutDeserted        // and the network stays away for longer than the caller waits
	cutWays
)

// TestCuts cuts the connection before and after the commit of changes of every kind.
func TestCuts(t *testing.T) {
	t.Parallel()
	each := soak(80, 200)
	for _, kind := range []faultproxy.Fault{faultproxy.CutBefore, faultproxy.CutAfter} {
		for _, op := range deeds() {
			t.Run(fmt.Sprintf("%v/%s", kind, op.name), func(t *testing.T) {
				t.Parallel()
				l := newLine(t, 1)
				begun := time.Now()
				var count [cutWays]int
				results := map[string]int{}
				next := op.on(t, l)
				for i := range each {
					way := i % (cutWays - 1)
					if i%10 == 9 {
						way = cutDeserted
					}
					count[way]++
					results[l.cut(t, kind, way, next(i))]++
				}
				now, err := l.truth.Now(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				callbacktest.VerifyAudit(t, l.truth)
				callbacktest.VerifyPermits(t, l.truth, now, "")
				t.Logf("%v the commit, %s: %d cuts (%d once, %d twice, %d with another client in between, %d and the network away) in %.1fs; %v",
					kind, op.name, each, count[cutOnce], count[cutTwice], count[cutMeddled], count[cutDeserted], time.Since(begun).Seconds(), results)
			})
		}
	}
}

// cut makes a change while the connection is cut, and compares the answer with the truth. It returns the answer in a word.
func (l *line) cut(t *testing.T, kind faultproxy.Fault, way int, d deed) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	// A connection is open before the gate is shut.
	if _, err := l.store.Get(ctx, callback.By{ID: "unknown"}); !errors.Is(err, callback.ErrNotFound) {
		t.Fatal(err)
	}
	fired := []<-chan struct{}{l.proxy.Arm(kind, isChange, 1)}
	if way == cutTwice {
		fired = append(fired, l.proxy.Arm(faultproxy.CutAfter-kind, isChange, 1))
	}
	open := func() {}
	if way == cutMeddled || way == cutDeserted {
		open = l.gate.shut()
	}
	asking, giveUp := context.WithCancel(ctx)
	defer giveUp()
	answer := make(chan error, 1)
	go func() { answer <- d.do(asking) }()
	for i := range fired {
		select {
		case <-fired[i]:
		case <-ctx.Done():
			t.Fatal("the cut does not come")
		}
		if way == cutMeddled {
			if err := d.meddle(ctx); err != nil {
				t.Fatal("meddling: ", err)
			}
			open()
		}
		if way == cutDeserted {
			giveUp()
		}
	}
	err := <-answer
	open()
	n, failed := d.times(ctx)
	if failed != nil {
		t.Fatal(failed)
	}
	word := "happened"
	switch {
	case err == nil:
		if n != 1 {
			t.Errorf("answered nil and happened %d times", n)
		}
	case errors.Is(err, callback.ErrOutcomeUnknown):
		word = "unknown"
		if way != cutDeserted {
			t.Errorf("unknown, though the server could be asked: %v", err)
		}
		l.repeat(t, d, kind)
	default:
		word = "refused"
		if n != 0 {
			t.Errorf("it happened %d times, the answer was: %v", n, err)
		}
		if way != cutMeddled || kind == faultproxy.CutAfter || d.yields || !errors.Is(err, callback.ErrConflict) {
			t.Errorf("refused: %v", err)
		}
	}
	return word
}

// repeat makes a change again of which the caller knows nothing, while the store may still be at it. Afterwards it has happened once.
func (l *line) repeat(t *testing.T, d deed, kind faultproxy.Fault) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := d.do(ctx); err != nil && !errors.Is(err, callback.ErrConflict) {
		t.Errorf("repeated: %v", err)
	}
	if n, err := d.times(ctx); n != 1 || err != nil {
		t.Errorf("%v, repeated: it happened %d times: %v", kind, n, err)
	}
}
