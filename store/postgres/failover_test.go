package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/postgres/internal/faulttest"
	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// lonelyTimeout is how long the stores under test wait; a change waits to no end while the standby is absent.
const lonelyTimeout = 400 * time.Millisecond

// servers are a primary and the standby that takes over.
type servers struct {
	primary, standby *postgrestest.Cluster
	database         string
}

// newServers starts a primary with a synchronous standby, and makes a database.
func newServers(t *testing.T, synchronous bool) *servers {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := &servers{}
	var err error
	if s.primary, err = postgrestest.Start(ctx, postgrestest.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeServer(t, s.primary) })
	s.standBy(t, synchronous)
	if s.database, err = s.primary.Create(ctx); err != nil {
		t.Fatal(err)
	}
	return s
}

func closeServer(t *testing.T, c *postgrestest.Cluster) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// standBy gives the primary a standby.
func (s *servers) standBy(t *testing.T, synchronous bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := s.primary.Standby(ctx, "second")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeServer(t, c) })
	s.standby = c
	if synchronous {
		err = s.primary.Synchronous(ctx, "second")
	}
	if err := errors.Join(err, s.primary.Streaming(ctx, "second")); err != nil {
		t.Fatal(err)
	}
}

// dsn names both servers.
func (s *servers) dsn() string { return postgrestest.FailoverDSN(s.database, s.primary, s.standby) }

// failOver kills the primary and promotes the standby.
func (s *servers) failOver(t *testing.T) (promoted time.Duration) {
	t.Helper()
	begun := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := errors.Join(s.primary.Kill(ctx), s.standby.Promote(ctx)); err != nil {
		t.Fatal(err)
	}
	return time.Since(begun)
}

// TestFailover kills the primary while nodes dial and customers come, and promotes the synchronous standby.
func TestFailover(t *testing.T) {
	t.Parallel()
	pairs := soak(1, 5)
	for n := range pairs {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			s := newServers(t, true)
			f := newFleet(t, s.dsn(), faulttest.FleetConfig{Nodes: 3, Fenced: true, Notify: n%2 == 0, Seed: uint64(20 + n)})
			var mu sync.Mutex
			var accepted []time.Time
			loading, stop := context.WithCancel(t.Context())
			defer stop()
			var customers sync.WaitGroup
			for range 8 {
				customers.Go(func() {
					for loading.Err() == nil {
						ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
						_, err := f.Start(ctx, -1, f.request())
						cancel()
						if err != nil && !full(err) {
							t.Error(err)
						}
						mu.Lock()
						accepted = append(accepted, time.Now())
						mu.Unlock()
					}
				})
			}
			enough := func(n int) func() bool { return func() bool { return f.Accepted() >= n } }
			if !eventually(t, 30*time.Second, enough(100)) {
				t.Fatal("nothing is accepted")
			}
			before := f.Accepted()
			killed := time.Now()
			promoted := s.failOver(t)
			if !eventually(t, 30*time.Second, enough(before+100)) {
				t.Fatal("nothing is accepted after the failover")
			}
			stop()
			customers.Wait()
			// The longest time without an accepted callback contains the failover.
			gap, next := longestGap(accepted, killed)
			verdict := f.judge(t)
			t.Logf("kill -9 of the primary, synchronous standby promoted after %v: next accepted %v after the kill, longest pause %v; %d starts answered unknown and repeated; %s",
				promoted.Round(time.Millisecond), next.Round(time.Millisecond), gap.Round(time.Millisecond), f.Unknown(), verdict)
		})
	}
}

// longestGap returns the longest pause between two acceptances that ends after an instant, and its end from that instant on.
func longestGap(accepted []time.Time, from time.Time) (gap, end time.Duration) {
	slices.SortFunc(accepted, time.Time.Compare)
	for i := 1; i < len(accepted); i++ {
		if d := accepted[i].Sub(accepted[i-1]); accepted[i].After(from) && d > gap {
			gap, end = d, accepted[i].Sub(from)
		}
	}
	return gap, end
}

// openOn opens a store on one of the servers, or on both, in schema rb1.
func openOn(t *testing.T, dsn string, change ...func(*postgres.Config)) *postgres.Store {
	t.Helper()
	return newRig(t, dsn).open(t, change...)
}

// TestFailoverNotifies demands that a node hears of changes again after a failover.
func TestFailoverNotifies(t *testing.T) {
	t.Parallel()
	s := newServers(t, true)
	notify := func(c *postgres.Config) { c.Notify, c.NotifyEvery = true, 10*time.Millisecond }
	listener, writer := openOn(t, s.dsn(), notify), openOn(t, s.dsn(), notify)
	heard := make(chan struct{}, 1)
	stop := listener.Notify(func() {
		select {
		case heard <- struct{}{}:
		default:
		}
	})
	defer stop()
	due := time.Date(2031, 3, 4, 9, 0, 0, 0, time.UTC)
	write := func(i int) {
		if err := apply(t.Context(), writer, newcomer(callback.ID(fmt.Sprint("heard ", i)), i, due)); err != nil {
			t.Fatal(err)
		}
	}
	// hears reports whether the listener hears of a change; the first that it hears may be of its own connecting.
	hears := func(i int) bool {
		write(i)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		select {
		case <-heard:
			return true
		case <-ctx.Done():
			return false
		}
	}
	i := 0
	twice := func() bool {
		i += 2
		return hears(i) && hears(i+1)
	}
	if !eventually(t, 10*time.Second, twice) {
		t.Fatal("it hears nothing before the failover")
	}
	promoted := s.failOver(t)
	begun := time.Now()
	if !eventually(t, 20*time.Second, twice) {
		t.Fatal("it hears nothing after the failover")
	}
	t.Logf("promoted in %v; notifications are heard again %v later", promoted.Round(time.Millisecond), time.Since(begun).Round(time.Millisecond))
}

// TestDeposedPrimary promotes the standby while the primary goes on and some nodes still reach only that: what they are told to accept
// there is not accepted, because nothing will ever have it but a server that has lost its place.
func TestDeposedPrimary(t *testing.T) {
	t.Parallel()
	s := newServers(t, true)
	short := func(c *postgres.Config) { c.Timeout = lonelyTimeout }
	deposed := openOn(t, s.primary.TCP(s.database), short)
	if err := s.standby.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	promoted := openOn(t, s.standby.TCP(s.database))
	services, err := callback.NewServices(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}})
	if err != nil {
		t.Fatal(err)
	}
	open := func(s *postgres.Store) *manager.Manager {
		m, err := manager.New(manager.Config{Store: s, Services: services, Dialer: absentDialer{}, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	old, current := open(deposed), open(promoted)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			request := manager.Request{Service: "desk", Number: number(n), Key: fmt.Sprint("key ", n)}
			// The customer asks again and again, under the same key.
			for range 3 {
				if cb, err := old.Start(t.Context(), request); err == nil {
					t.Errorf("the deposed primary accepted %s", cb.ID)
				}
			}
			cb, err := current.Start(t.Context(), request)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := current.Get(t.Context(), cb.ID); err != nil {
				t.Error(err)
			}
			if _, err := old.Cancel(t.Context(), manager.CancelRequest{ID: cb.ID}); err == nil {
				t.Error("the deposed primary cancelled what it does not have")
			}
		})
	}
	all.Wait()
}

// absentDialer places no calls.
type absentDialer struct{}

func (absentDialer) Dial(context.Context, callback.Call) (callback.Ref, error) {
	return "", callback.ErrNotPlaced
}

// TestSynchronousCommit shows what each setting of the role waits for while the synchronous standby is absent, and that the store tells
// the operator of a setting that can lose what it accepts.
func TestSynchronousCommit(t *testing.T) {
	t.Parallel()
	c, err := postgrestest.Start(t.Context(), postgrestest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeServer(t, c) })
	dsn := c.NewDatabase(t)
	openOn(t, dsn)
	due := time.Date(2031, 3, 4, 9, 0, 0, 0, time.UTC)
	for i, setting := range []struct {
		value       string
		waits, told bool
	}{{"off", false, true}, {"local", false, true}, {"remote_write", true, false}, {"on", true, false}, {"remote_apply", true, false}} {
		if err := c.Synchronous(t.Context(), "absent"); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		pool := newRig(t, dsn+"&synchronous_commit="+setting.value).pool
		s, err := postgres.New(t.Context(), pool, postgres.Config{Schema: "rb1", Timeout: lonelyTimeout, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		err = apply(t.Context(), s, newcomer(callback.ID(fmt.Sprint("set ", setting.value)), i, due))
		if setting.waits && !errors.Is(err, callback.ErrOutcomeUnknown) || !setting.waits && err != nil {
			t.Errorf("synchronous_commit=%s, standby absent: %v", setting.value, err)
		}
		if told := strings.Contains(log.String(), "synchronous_commit is "+setting.value); told != setting.told {
			t.Errorf("synchronous_commit=%s: told the operator: %v: %s", setting.value, told, log.String())
		}
		s.Close()
		if err := c.Synchronous(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
	}
}
