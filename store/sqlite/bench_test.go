package sqlite_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	mathrand "math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// Each benchmark runs the store and a bare loop over the same rows alternately,
// so that other load affects both. It reports the rate of each (bare/s,
// store/s) and the first divided by the second (ratio), which is the cost of
// checks, encoding and encryption.

// typical returns a callback as hosts create them, with a number, a customer, a
// key, some values and a seat in one of 288 buckets.
func typical(i int, r *mathrand.Rand) callback.Change {
	id := callback.ID(fmt.Sprintf("0198c0de-%04x-7%03x-8%03x-%012x", i>>12, i&0xfff, r.IntN(4096), r.Int64N(1<<47)))
	at := storetest.At(time.Duration(r.IntN(14*288)) * 5 * time.Minute)
	cb := storetest.New(id, func(cb *callback.Callback) {
		cb.Priority = 5
		cb.Customer.Number, cb.Customer.ID = storetest.Number(r.IntN(100)), fmt.Sprint("customer-", r.IntN(100_000))
		cb.Customer.Account, cb.Origin.CallerID = "4711", "web"
		cb.Properties = callback.Values{"_lang": "de", "_reason": "loan"}
		cb.UserData = callback.Values{"score": 12.0, "page": "/contact"}
		cb.Idempotency = callback.Idempotency{Key: "key-" + string(id), Hash: "0123456789abcdef"}
		cb.Desired, cb.ReleaseAt, cb.NextAt, cb.Bucket = at, at, at, at
		cb.ExpiresAt = at.Add(24 * time.Hour)
	})
	seat := callback.PermitKey{Kind: callback.PermitBucket, Service: cb.Service, Slot: at.Unix()}
	cb.Held = []callback.Held{{Key: seat, N: 1}}
	c := storetest.Write(cb)
	c.Take = []callback.Permit{{Key: seat, N: 1, Max: 1_000_000}}
	return c
}

// bare writes the same rows as the store, without checks, in a loop of prepared
// statements of database/sql.
type bare struct {
	b                                      *testing.B
	conn                                   *sql.Conn
	begin, commit                          *sql.Stmt
	id, callback, term, event, seat, tally *sql.Stmt
	due, lease, complete, give             *sql.Stmt
	body, eventBody                        []byte
	key                                    []byte
	n                                      int
}

func newBare(b *testing.B, synchronous string) *bare {
	path := filepath.Join(b.TempDir(), "bare.db")
	s, err := sqlite.Open(b.Context(), path, sqlite.Config{})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous("+synchronous+")&_pragma=secure_delete(on)&_pragma=wal_autocheckpoint(4000)&_pragma=cache_size(-32768)")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	conn, err := db.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	p := &bare{b: b, conn: conn, body: make([]byte, 330), eventBody: make([]byte, 40), key: make([]byte, 16)}
	rand.Read(p.body)
	p.begin, p.commit = p.prepare("BEGIN IMMEDIATE"), p.prepare("COMMIT")
	p.id = p.prepare("INSERT INTO ids (tenant, id, key) VALUES (?, ?, ?)")
	p.callback = p.prepare("INSERT INTO callbacks (cb, tenant, id, service, state, priority, ready, revision, epoch, next_at, desired, created, updated, " +
		"idem, terms, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?)")
	p.term = p.prepare("INSERT INTO terms (term, cb) VALUES (?, ?)")
	p.event = p.prepare("INSERT INTO events (cb, seq, tenant, type, body) VALUES (?, ?, ?, ?, ?)")
	p.seat = p.prepare("INSERT INTO counters (tenant, kind, service, subject, slot, name, used) VALUES (?, ?, ?, ?, ?, ?, 1) " +
		"ON CONFLICT DO UPDATE SET used = used + 1")
	p.tally = p.prepare("INSERT INTO tallies (tenant, service, priority, state, n, ready) VALUES (?, ?, ?, ?, ?, 0) " +
		"ON CONFLICT DO UPDATE SET n = n + excluded.n")
	p.due = p.prepare("SELECT cb, tenant, id, service, state, priority, revision, epoch, next_at, body FROM callbacks " +
		"WHERE next_at <= ? ORDER BY next_at, id, tenant LIMIT 100")
	p.lease = p.prepare("UPDATE callbacks SET owner = ?, until = ?, next_at = ?, epoch = epoch + 1 WHERE cb = ?")
	p.complete = p.prepare("UPDATE callbacks SET state = 'COMPLETED', ready = 0, revision = revision + 1, next_at = ?, updated = ?, ended = ?, " +
		"body = ?, owner = NULL, until = NULL WHERE cb = ?")
	p.give = p.prepare("UPDATE counters SET used = max(1, used - 1) WHERE tenant = ? AND kind = ? AND service = ? AND subject = ? AND slot = ? AND name = ?")
	return p
}

func (p *bare) prepare(text string) *sql.Stmt {
	stmt, err := p.conn.PrepareContext(context.Background(), text)
	if err != nil {
		p.b.Fatal(err)
	}
	return stmt
}

func (p *bare) run(stmt *sql.Stmt, args ...any) sql.Result {
	result, err := stmt.Exec(args...)
	if err != nil {
		p.b.Fatal(err)
	}
	return result
}

// start writes the rows of new callbacks, group by group.
func (p *bare) start(changes []callback.Change, group int) {
	for len(changes) > 0 {
		n := min(group, len(changes))
		p.run(p.begin)
		for i := range n {
			cb := changes[i].Record
			p.n++
			id, err := p.run(p.id, cb.Tenant, string(cb.ID), p.key).LastInsertId()
			if err != nil {
				p.b.Fatal(err)
			}
			at, created := cb.Desired.UnixMicro(), cb.Created.UnixMicro()
			digest := make([]byte, 16)
			rand.Read(digest)
			p.run(p.callback, id, cb.Tenant, string(cb.ID), cb.Service, "SCHEDULED", int64(cb.Priority), 0, 1, at, at, created, created,
				digest, digest, p.body)
			p.run(p.term, mathrand.Int64(), id)
			p.run(p.term, mathrand.Int64(), id)
			p.run(p.seat, cb.Tenant, "bucket", cb.Service, []byte{}, at/1_000_000, "")
			p.run(p.event, id, 1, cb.Tenant, "accepted", p.eventBody)
		}
		p.run(p.tally, changes[0].Record.Tenant, changes[0].Record.Service, int64(5), "SCHEDULED", n)
		p.run(p.commit)
		changes = changes[n:]
	}
}

// report adds the metrics of a comparison.
func report(b *testing.B, n int, store, bare time.Duration) {
	b.ReportMetric(float64(n)/store.Seconds(), "store/s")
	b.ReportMetric(float64(n)/bare.Seconds(), "bare/s")
	b.ReportMetric(store.Seconds()/bare.Seconds(), "ratio")
	b.ReportMetric(0, "ns/op")
}

func openBench(b *testing.B, config ...sqlite.Config) *sqlite.Store {
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "callbacks.db"), configOf(config))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

func apply(tb testing.TB, s callback.Store, changes ...callback.Change) {
	errs, err := s.Apply(context.Background(), storetest.Start(), changes)
	if err != nil || errs != nil {
		tb.Fatal(errs, err)
	}
}

func BenchmarkStart(b *testing.B) {
	for _, sync := range []struct {
		name   string
		option sqlite.Synchronous
	}{{"FULL", sqlite.Full}, {"NORMAL", sqlite.Normal}} {
		for _, callers := range []int{1, 16} {
			b.Run(fmt.Sprintf("synchronous=%s/callers=%d", sync.name, callers), func(b *testing.B) {
				benchmarkStart(b, sync.name, sync.option, callers)
			})
		}
	}
}

func benchmarkStart(b *testing.B, name string, synchronous sqlite.Synchronous, callers int) {
	const block = 480
	var commits atomic.Int64
	s := openBench(b, sqlite.Config{Synchronous: synchronous}.WithHook(func(statement string) {
		if statement == "COMMIT" {
			commits.Add(1)
		}
	}))
	p := newBare(b, name)
	r := mathrand.New(mathrand.NewPCG(1, 2))
	n, made := 0, 0
	var ours, theirs time.Duration
	var waits []time.Duration
	for b.Loop() {
		changes := make([]callback.Change, block)
		for i := range changes {
			made++
			changes[i] = typical(made, r)
		}
		commits.Store(0)
		began := time.Now()
		waits = append(waits, startAll(b, s, changes, callers)...)
		ours += time.Since(began)
		group := max(1, int(block/max(1, commits.Load())))
		began = time.Now()
		p.start(changes, group)
		theirs += time.Since(began)
		n += block
	}
	report(b, n, ours, theirs)
	b.ReportMetric(percentile(waits, 0.99).Seconds()*1000, "p99-ms")
}

// startAll starts callbacks from a number of concurrent callers and returns the
// duration of each start.
func startAll(b *testing.B, s *sqlite.Store, changes []callback.Change, callers int) []time.Duration {
	waits := make([]time.Duration, len(changes))
	if callers == 1 {
		for i, c := range changes {
			began := time.Now()
			apply(b, s, c)
			waits[i] = time.Since(began)
		}
		return waits
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(changes)); i = next.Add(1) - 1 {
				began := time.Now()
				errs, err := s.Apply(context.Background(), storetest.Start(), changes[i:i+1])
				if err != nil || errs != nil {
					b.Error(errs, err)
					return
				}
				waits[i] = time.Since(began)
			}
		})
	}
	all.Wait()
	return waits
}

func percentile(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[min(len(all)-1, int(p*float64(len(all))))]
}
