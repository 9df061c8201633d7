package simtest

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/store"
)

// world is one history while it is played. Its fields are used by the goroutine
// that has the turn.
type world struct {
	profile     Profile
	turns       *turns
	faults      *rand.Rand // of store, platform and router
	script      *rand.Rand // of clocks, crashes and outages
	history     *History
	inner       *store.Memory
	shared      callback.Store // inner, or what a test makes of it
	store       StoreFaults
	services    *callback.Services
	network     *network
	router      *router
	nodes       []*node
	class       Class
	poll        time.Duration
	batch       int
	synchronous bool
	healed      bool
	zone        *time.Location
	cursor      callback.Cursor // of the feed
	open        map[callback.ID]callback.State
	known       []known
	keyed       []known // those that were started under a key
	keys        int
	ids         int
	seq         int
	err         error // of the world itself
}

// known is a callback that a caller knows of.
type known struct {
	tenant   string
	id       callback.ID
	customer int
	call     *HostCall
}

// Monday is the true time at the beginning: a Monday, eight o'clock UTC.
func Monday() time.Time { return time.Date(2026, time.January, 12, 8, 0, 0, 0, time.UTC) }

// Play plays the history of a profile under a seed.
func Play(t *testing.T, p Profile, seed uint64) *History {
	t.Helper()
	p = p.withDefaults()
	h := &History{Profile: p.Name, Seed: seed}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(p, seed, h)
		if w.err == nil {
			w.play(t.Context())
		}
		if w.err != nil {
			t.Fatalf("profile %s, seed %d: %v", p.Name, seed, w.err)
		}
	})
	return h
}

func newWorld(p Profile, seed uint64, h *History) *world {
	stream := func(n uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, n)) }
	choose := stream(1)
	w := &world{
		profile: p, turns: newTurns(p.Begin, stream(2)), faults: stream(3), script: stream(4), history: h,
		inner: store.NewMemory(store.Config{}), store: p.Store, open: make(map[callback.ID]callback.State),
		class: p.Class, poll: p.Poll, batch: 1 + choose.IntN(20), synchronous: choose.IntN(2) == 0,
	}
	w.shared = w.inner
	if p.Wrap != nil {
		w.shared = p.Wrap(w.inner)
	}
	if w.class == AnyClass {
		w.class = []Class{Fenced, Lookup, Blind}[choose.IntN(3)]
	}
	if w.poll == 0 {
		w.poll = []time.Duration{10 * time.Second, 20 * time.Second, 30 * time.Second}[choose.IntN(3)]
	}
	w.network = &network{w: w, legs: make(map[callback.AttemptKey]*leg), fence: make(map[callback.ID]int64)}
	if agents := p.Agents(choose); agents > 0 {
		w.router = &router{w: w, agents: agents, taken: make(map[callback.ID]callback.Reservation)}
	}
	h.Promises = Promises{Services: make(map[ServiceKey]callback.Service), Blind: w.class == Blind, Patience: p.Patience,
		Begun: p.Begun, Doubt: p.Doubt, Shares: p.Shares, Absent: p.Absent}
	if !w.synchronous {
		h.Promises.MaxInFlight = w.maxInFlight()
	}
	if w.zone, w.err = time.LoadLocation(p.Zone); w.err != nil {
		return w
	}
	w.services, w.err = callback.NewServices()
	for _, s := range p.Services(choose) {
		if w.err = w.services.Set(s.Tenant, s.Service); w.err != nil {
			return w
		}
		policy, err := w.services.Policy(context.Background(), s.Tenant, s.Service.Name)
		if err != nil {
			w.err = err
			return w
		}
		h.Promises.Services[ServiceKey{s.Tenant, s.Service.Name}] = policy.Service()
	}
	// Each seed has some of the faults.
	if n := len(p.Store.Slows); n > 0 {
		w.store.Slow = p.Store.Slows[choose.IntN(n)]
	}
	h.Promises.Read = w.store.Slow
	for _, rate := range []*float64{&w.store.Before, &w.store.Unknown} {
		if choose.IntN(2) == 0 {
			*rate = 0
		}
	}
	if choose.IntN(2) == 0 {
		w.store.NoGet = true
	}
	nodes := p.Nodes
	if nodes == 0 {
		nodes = 1 + choose.IntN(4)
	}
	for i := range nodes {
		w.nodes = append(w.nodes, &node{world: w, name: "n" + strconv.Itoa(i+1)})
	}
	return w
}

func (w *world) play(ctx context.Context) {
	for _, n := range w.nodes {
		if w.err = n.start(); w.err != nil {
			return
		}
	}
	if w.profile.Backlog != nil {
		w.spawn("backlog", func(ctx context.Context) {
			for _, r := range w.profile.Backlog(w) {
				w.startAs(withWho(ctx, "backlog"), r)
			}
		})
	}
	for i := range w.profile.Callers {
		w.spawn("host"+strconv.Itoa(i), w.host)
	}
	if w.profile.Reports.Stray > 0 {
		w.spawn("stray", w.network.stray)
	}
	w.spawn("clocks", w.moveClocks)
	w.spawn("crashes", w.crashNodes)
	w.spawn("outages", w.breakPlatform)
	end := w.now().Add(w.profile.Length)
	w.spawn("heal", func(ctx context.Context) {
		w.turns.wait("heal", w.profile.Length)
		w.heal(ctx)
	})
	w.turns.run(func() bool {
		return w.err != nil || w.now().After(end) && w.healed && len(w.open) == 0 || w.now().After(end.Add(w.profile.Healing))
	})
	w.inspect()
	w.history.End, w.history.Endless = w.stamp(), w.turns.taken > endless
	w.turns.stop()
}

// spawn starts a goroutine of the world.
func (w *world) spawn(name string, f func(ctx context.Context)) {
	go func() {
		if w.turns.wait(name, 0) {
			f(withWho(context.Background(), name))
		}
	}()
}

// books collects what the verifiers of package callbacktest find in the store.
type books struct{ faults []string }

func (*books) Helper() {}

func (b *books) Errorf(format string, args ...any) {
	b.faults = append(b.faults, fmt.Sprintf(format, args...))
}

func (b *books) Fatalf(format string, args ...any) { b.Errorf(format, args...) }

// inspect reads the store as its owner does: the records as the answer to a search,
// and what the verifiers say of records and counters.
func (w *world) inspect() {
	var records, counters books
	callbacktest.VerifyAudit(&records, w.inner)
	for _, tenant := range w.profile.tenants() {
		callbacktest.VerifyPermits(&counters, w.inner, w.now(), tenant)
		page, err := w.inner.Search(context.Background(), callback.Query{Tenant: tenant, Limit: 1000})
		if err != nil {
			w.err = err
			return
		}
		c := w.asked(&HostCall{Method: "Search", Node: "owner", Tenant: tenant, Found: page.Callbacks})
		c.Answered = w.stamp()
	}
	w.history.Records, w.history.Counters = records.faults, counters.faults
}

// maxInFlight is Config.MaxInFlight of every node.
func (w *world) maxInFlight() int { return cmp.Or(w.profile.MaxInFlight, 16) }

func (w *world) now() time.Time { return w.turns.now() }

func (w *world) stamp() Stamp {
	w.seq++
	return Stamp{w.seq, w.now()}
}

func (w *world) chance(part float64) bool { return part > 0 && w.faults.Float64() < part }

// between returns a random length from low to high.
func (w *world) between(low, high time.Duration) time.Duration {
	return low + time.Duration(w.script.Int64N(int64(high-low)+1))
}

func (w *world) newID() callback.ID {
	w.ids++
	return callback.ID(fmt.Sprintf("cb%05d", w.ids))
}

func (w *world) note(text string, excuse bool) *Note {
	w.history.Notes = append(w.history.Notes, Note{From: w.stamp(), Text: text, Excuse: excuse})
	return &w.history.Notes[len(w.history.Notes)-1]
}

// anyNode returns a node that is alive, or nil.
func (w *world) anyNode() *life {
	var alive []*life
	for _, n := range w.nodes {
		if n.life != nil {
			alive = append(alive, n.life)
		}
	}
	if len(alive) == 0 {
		return nil
	}
	return alive[w.faults.IntN(len(alive))]
}

func (w *world) wakeAll() {
	for _, n := range w.nodes {
		if n.life != nil {
			n.life.wake()
		}
	}
}

// readFeed adds the new events of the feed to the history.
func (w *world) readFeed() {
	for {
		page, err := w.inner.Events(context.Background(), callback.EventQuery{AllTenants: true, After: w.cursor, Limit: 1000})
		if err != nil {
			w.err = fmt.Errorf("reading the feed: %w", err)
			return
		}
		w.cursor = page.Next
		for _, e := range page.Events {
			w.history.Events = append(w.history.Events, Seen{w.stamp(), e})
			if e.To == callback.Completed || e.Type == callback.EventErased {
				delete(w.open, e.Callback)
			} else {
				w.open[e.Callback] = e.To
			}
		}
		if len(page.Events) == 0 {
			return
		}
	}
}

func (w *world) isDone(id callback.ID) bool {
	_, open := w.open[id]
	return !open
}

const firstNumber = "+41785550"

// number is the number of a customer, counted from 1.
func number(customer int) string { return fmt.Sprintf("%s%03d", firstNumber, 100+customer) }

func (w *world) customerOf(to phonenum.Address) int {
	n, err := strconv.Atoi(to.Reveal()[len(firstNumber):])
	if err != nil {
		w.err = fmt.Errorf("a number of no customer was dialled: %w", err)
	}
	return n - 100
}
