package engine

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/scheduler"
)

// visit is the dispatch of some callbacks of one service. What it claims and does
// not dial stays leased until the end of the visit, so that the callbacks behind
// get their turn.
type visit struct {
	*Engine
	tick    *tick
	began   time.Time // by Config.Now
	backlog *backlog
	scene   *decide.Scene
	round   *decide.Round
	ready   waiting                                // of the level, not claimed yet
	order   scheduler.Order                        // with the turns of what was chosen
	hand    [scheduler.Levels][]*callback.Callback // claimed and not tried yet
	short   [scheduler.Levels]bool                 // a claim got fewer than it asked for
	part    [scheduler.Levels]part                 // which is walked over
	after   [scheduler.Levels]callback.Place       // the last head claimed
	past    [scheduler.Levels]callback.Place       // the last head passed over
	passed  [scheduler.Levels]int                  // in this part
	most    [scheduler.Levels]int                  // how many more may be passed over in this part
	grown   [scheduler.Levels]int                  // heads passed over in this visit
	failed  [scheduler.Levels]callback.Place       // the first head that the router failed for
	fails   int                                    // of the router in a row
	begun   [scheduler.Levels]bool
	numbers map[callback.ID]decide.Shut          // the gates of the numbers of the heads claimed
	agents  map[callback.ID]callback.Reservation // from a BatchRouter
	back    Batch                                // leases to give back
	ended   Batch                                // of heads that expired, or whose number was called often enough
	shut    bool                                 // a limit of the service is reached
	claimed time.Time                            // when the first claim began
	slow    bool                                 // the store is too slow for another claim
	unsure  bool                                 // a head may be dialed next time although one behind it was passed over
}

// pick is a callback chosen for an attempt or an offer.
type pick struct {
	callback    *callback.Callback
	reservation *callback.Reservation // nil without a router
	draft       *decide.Draft         // made when all claims have been answered
	class       scheduler.Priority
	waiting     [scheduler.Levels]bool // the classes that were waiting
}

// visit dispatches the next callbacks of a service: as many as it may dial, or
// its part of that if others compete. more is whether it may have others. A
// service whose heads are passed over rests before they are asked again, so that
// others do not wait for it.
func (m *Engine) visit(ctx context.Context, t *tick, s *sweep, b *backlog) (n int, more bool, err error) {
	began, passed := m.Config.Now(), b.passed
	n, more, err = m.visitOnce(ctx, t, s, b)
	if n == 0 && b.passed > passed {
		took := m.Config.Now().Sub(began)
		if b.passed >= passMost || took >= passTime || m.tally.newcomers(b.key) {
			rest := min(max(passShare*took, passAgain), restMost)
			t.planAt(t.now.Add(rest))
			m.walks.tire(b.key, t.now.Add(rest))
			more = false
		}
	}
	return n, more, err
}

func (m *Engine) visitOnce(ctx context.Context, t *tick, s *sweep, b *backlog) (n int, more bool, err error) {
	m.freshen(ctx, t)
	if b.policy == nil {
		if b.policy, err = m.Policy(ctx, b.key.Tenant, b.key.Name); err != nil {
			m.logService(ctx, b.key, "service of queued callbacks is unknown", err)
			return 0, false, nil
		}
	}
	scene, err := m.Scene(ctx, t.now, b.key, b.policy)
	if err != nil {
		return 0, false, err
	}
	want, shut := scene.Capacity()
	if want == 0 {
		t.planAt(shut.Until)
		if shut.Gate == decide.GateHours {
			more, err = m.hold(ctx, t, b)
		}
		return 0, more, err
	}
	if s.scarce {
		want = 1 + (want-1)/(s.open+1)
	}
	want = min(want, m.Config.Batch)
	v := &visit{Engine: m, tick: t, began: m.Config.Now(), backlog: b, scene: scene, round: m.round(scene)}
	if want, err = m.openAccess(ctx, v.round, b.key, want); err != nil || want == 0 {
		return 0, false, err
	}
	if v.order, err = m.OrderNow(b.key, b.policy); err != nil {
		return 0, false, err
	}
	_, v.ready, _ = b.level()
	defer v.leave(ctx)
	for n < want && !v.shut && !v.slow {
		picks, err := v.choose(ctx, want-n)
		if err != nil {
			v.abandon(ctx, picks)
			return n, false, err
		}
		written, err := v.commit(ctx, picks)
		n += written
		if err != nil {
			return n, false, err
		}
		if len(picks) == 0 {
			break
		}
	}
	return n, !v.shut && b.passed < passMost && (n > 0 || !v.slow), nil
}

// hold makes ready callbacks of a closed service wait for its opening, so that
// dispatch does not visit the service before. more is whether it may have others.
func (m *Engine) hold(ctx context.Context, t *tick, b *backlog) (more bool, err error) {
	want := b.ready.first(m.Config.Batch)
	heads, err := m.claim(ctx, t.now, b.key, want, new([scheduler.Levels]callback.Place))
	if err != nil {
		return false, err
	}
	var held Batch
	for _, cb := range heads {
		d := decide.Expired(cb, b.policy, t.now, m.Config.Node)
		if d == nil {
			d = decide.Held(cb, b.policy, t.now, m.Config.Node)
		}
		held.Add(d)
	}
	b.ready.take(want)
	_, err = m.writeBatch(ctx, t, &held)
	return len(heads) > 0 && b.ready != (waiting{}), err
}

// choose picks up to n callbacks in the order of their turns and reserves an agent
// for each. A class keeps its turn while its heads cannot be dialed.
func (v *visit) choose(ctx context.Context, n int) (picks []pick, err error) {
	for len(picks) < n && !v.enough() && !v.shut {
		var at pick
		for p := range at.waiting {
			at.waiting[p] = len(v.hand[p]) > 0 || v.ready[p] > 0
		}
		order := v.order
		class, ok := order.Next(func(p scheduler.Priority) bool { return at.waiting[p] })
		if !ok {
			break
		}
		if len(v.hand[class]) == 0 {
			if v.slow = v.lapsing(4); v.slow {
				break
			}
			if err := v.claim(ctx, class, n-len(picks)); err != nil {
				return picks, err
			}
			continue
		}
		if v.freshen(ctx); v.lapsing(2) {
			v.slow = true
			break
		}
		if v.shut = v.round.Inbound() && len(v.round.Access) <= len(picks); v.shut {
			break
		}
		at.callback = v.hand[class][0]
		v.hand[class] = v.hand[class][1:]
		if at.reservation, ok = v.consider(ctx, at.callback); !ok {
			continue
		}
		at.class = class
		v.order = order
		picks = append(picks, at)
	}
	_, err = v.writeBatch(ctx, v.tick, &v.ended)
	v.ended = Batch{}
	return picks, err
}

// abandon gives back what was chosen before the store failed.
func (v *visit) abandon(ctx context.Context, picks []pick) {
	for _, p := range picks {
		v.back.giveBack(p.callback, v.backlog.policy, v.tick.now)
		v.unsure = true
		if p.reservation != nil {
			v.giveUp(ctx, callback.Release{Tenant: p.callback.Tenant, Service: p.callback.Service, Callback: p.callback.ID, Reservation: *p.reservation}, v.round.Now)
		}
	}
}

// enough reports whether the visit has passed over what it may, which is less once
// callbacks of other services have come.
func (v *visit) enough() bool {
	b := v.backlog
	return b.passed >= passMost || b.passed > 0 && v.Config.Now().Sub(v.began) >= passTime ||
		b.passed >= passChunk && v.tally.newcomers(b.key)
}

// consider reports whether a head may be dialed now, and by which agent.
func (v *visit) consider(ctx context.Context, cb *callback.Callback) (*callback.Reservation, bool) {
	if v.agents != nil {
		agent := v.agents[cb.ID]
		delete(v.agents, cb.ID)
		return &agent, true
	}
	if !v.sift(ctx, cb) {
		return nil, false
	}
	reservation, err := v.reserve(ctx, cb)
	switch {
	case err == nil:
		v.fails = 0
		return reservation, true
	case errors.Is(err, callback.ErrNoAgent):
		v.fails = 0
	default:
		v.noteFailure(cb)
	}
	v.passOver(cb)
	return nil, false
}

// failsMost is after how many failures of the router in a row a visit ends.
const failsMost = 3

// noteFailure notes that the router failed for a head. It is asked again soon.
func (v *visit) noteFailure(cb *callback.Callback) {
	v.fails++
	if at := placeOf(cb); v.failed[cb.Priority] == (callback.Place{}) || before(at, v.failed[cb.Priority]) {
		v.failed[cb.Priority] = at
	}
	v.tick.planAt(v.tick.now.Add(decide.DueAgain))
	v.shut = v.shut || v.fails >= failsMost
}

// lapsing reports whether a part of the lease has passed since the first claim: a
// quarter before another claim, a half before another reservation. The leases must
// not end before what comes of them is written.
func (v *visit) lapsing(part time.Duration) bool {
	return !v.claimed.IsZero() && v.tick.now.Sub(v.claimed) > v.Config.Lease/part
}

// freshen moves the time of the visit on if a call has been slow.
func (v *visit) freshen(ctx context.Context) {
	v.Engine.freshen(ctx, v.tick)
	v.scene.Now, v.round.Now = v.tick.now, v.tick.now
}

// sift reports whether a head may be dialed if there is an agent for it.
func (v *visit) sift(ctx context.Context, cb *callback.Callback) bool {
	if d := decide.Expired(cb, v.backlog.policy, v.round.Now, v.round.Actor); d != nil {
		v.ended.Add(d)
		return false
	}
	if v.avoid(cb) {
		v.postpone(cb)
		return false
	}
	if !v.identify(ctx, cb) {
		return false
	}
	shut := v.scene.Own(cb)
	if shut.Gate == decide.GateNone {
		shut = v.numbers[cb.ID]
	}
	switch shut.Gate {
	case decide.GateNone:
		return true
	case decide.GateCap:
		v.tick.planAt(shut.Until)
		v.ended.Add(decide.Delayed(cb, v.backlog.policy, v.round.Now, shut.Until, v.round.Actor))
	default:
		v.passOver(cb)
	}
	return false
}

// askNumbers asks the gates of the heads' numbers. The write decides about them; asking
// first saves a reservation of the router, and an offer. A slow store is not asked,
// because the leases would end.
func (v *visit) askNumbers(ctx context.Context, heads []*callback.Callback) {
	if s := &v.backlog.policy.Service; v.Config.Router == nil && !s.Preview.On && !s.Confirm.On {
		return
	}
	if v.freshen(ctx); v.lapsing(4) {
		return
	}
	gates, _ := v.NumberGates(ctx, v.round.Now, heads, v.backlog.policy)
	if v.numbers == nil {
		v.numbers = gates
	}
	maps.Copy(v.numbers, gates)
}

// postpone leaves a head in its queue that may be dialed at the next visit.
func (v *visit) postpone(cb *callback.Callback) {
	v.back.giveBack(cb, v.backlog.policy, v.round.Now)
	v.passed[cb.Priority]++
	v.unsure = true
}

// passOver leaves a head in its queue that cannot be dialed for now.
func (v *visit) passOver(cb *callback.Callback) {
	v.back.giveBack(cb, v.backlog.policy, v.round.Now)
	v.past[cb.Priority] = placeOf(cb)
	v.passed[cb.Priority]++
	v.grown[cb.Priority]++
	v.most[cb.Priority]--
	v.backlog.passed++
	v.tick.items++
}

func placeOf(cb *callback.Callback) callback.Place {
	return callback.Place{QueuedAt: cb.QueuedAt, ID: cb.ID}
}

// claim takes the next heads of a class, and of the classes that will have their
// turns within n picks.
func (v *visit) claim(ctx context.Context, class scheduler.Priority, n int) error {
	ready := v.ready
	for p := range ready {
		if len(v.hand[p]) > 0 {
			ready[p] = 0
		}
	}
	order := v.order
	want := order.Take(n, ready)
	// Behind heads that were passed over there are often more of them.
	want[class] = min(max(want[class], 1, min(v.grown[class], passChunk, passMost-v.backlog.passed)), v.ready[class])
	for p, n := range want {
		if n == 0 {
			continue
		}
		if !v.begun[p] {
			v.begun[p] = true
			v.walkOn(p, v.walks.begin(v.queue(p), v.tick.now))
			v.tick.planAt(v.walks.askedAgain(v.queue(p)))
		} else if v.most[p] <= 0 || v.part[p] == atFront && v.grown[p] > 0 && v.Config.Now().Sub(v.began) >= passTime/2 {
			v.walkOn(p, v.part[p]+1)
		}
		if v.part[p] == nowhere {
			want[p] = 0
			v.close(p)
			continue
		}
		want[p] = min(n, v.most[p])
	}
	v.freshen(ctx)
	if v.claimed.IsZero() {
		v.claimed = v.tick.now
	}
	heads, err := v.Engine.claim(ctx, v.tick.now, v.backlog.key, want, &v.after)
	if err != nil {
		return err
	}
	v.freshen(ctx)
	got := waiting{}
	for _, cb := range heads {
		got[cb.Priority]++
		v.hand[cb.Priority] = append(v.hand[cb.Priority], cb)
		v.after[cb.Priority] = placeOf(cb)
	}
	for p, n := range want {
		switch {
		case got[p] == n:
		case v.part[p] == atTail:
			v.most[p] = 0
			n = got[p] // the others are between
		default:
			v.short[p] = true
			v.close(p)
			continue
		}
		v.ready[p] -= n
		v.backlog.ready[p] -= n
	}
	v.askNumbers(ctx, heads)
	return v.reserveAny(ctx, n)
}

// walkOn goes on in a part of a queue, or in the next one where there is
// something to ask.
func (v *visit) walkOn(p int, next part) {
	v.settle(p)
	for v.part[p] = next; v.part[p] < nowhere; v.part[p]++ {
		if v.after[p], v.most[p] = v.walks.in(v.queue(p), v.part[p]); v.most[p] > 0 {
			return
		}
	}
}

// settle records the heads that were passed over in the current part of a queue.
func (v *visit) settle(p int) {
	if v.passed[p] > 0 && !v.unsure {
		v.walks.pass(v.queue(p), v.tick.now, v.part[p], v.past[p], v.passed[p])
	}
	v.passed[p] = 0
}

// close ends the claims of a class in this sweep.
func (v *visit) close(p int) { v.ready[p], v.backlog.ready[p] = 0, 0 }

func (v *visit) queue(p int) callback.QueueKey {
	return callback.QueueKey{Tenant: v.backlog.key.Tenant, Service: v.backlog.key.Name, Priority: scheduler.Priority(p)}
}

// commit writes what was chosen, starts the attempts and returns how many it
// wrote. Only these take the turns of their classes.
func (v *visit) commit(ctx context.Context, picks []pick) (written int, err error) {
	if len(picks) == 0 {
		return 0, nil
	}
	var b Batch
	v.freshen(ctx)
	for i := range picks {
		picks[i].draft = v.round.Decide(picks[i].callback, picks[i].reservation)
		b.Add(picks[i].draft)
	}
	stays := func(d *decide.Draft, refused *callback.PermitError) {
		if refused != nil && (refused.Permit.Key.Kind == callback.PermitCall || refused.Permit.Key.Kind == callback.PermitCode) {
			v.passOver(d.Old)
			return
		}
		v.back.giveBack(d.Old, d.Policy, v.tick.now)
		v.shut, v.unsure = true, true
	}
	done, err := v.commitDials(ctx, v.tick, &b, stays)
	if err != nil {
		v.unsure = true
		return 0, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	order, err := v.Engine.order(v.backlog.key, v.backlog.policy)
	if err != nil {
		return len(done), err
	}
	for _, p := range picks {
		if done[p.draft] {
			order.Serve(p.class, func(q scheduler.Priority) bool { return p.waiting[q] })
		}
	}
	v.order = *order
	return len(done), nil
}

// leave gives back the leases of what was not dialed, and remembers how far into
// the queues heads were passed over. The leases that cannot be given back run
// out.
func (v *visit) leave(ctx context.Context) {
	for p := range v.hand {
		for _, cb := range v.hand[p] {
			v.back.giveBack(cb, v.backlog.policy, v.tick.now)
			v.unsure = v.unsure || before(placeOf(cb), v.past[p])
			if agent, ok := v.agents[cb.ID]; ok {
				v.giveUp(ctx, callback.Release{Tenant: cb.Tenant, Service: cb.Service, Callback: cb.ID, Reservation: agent}, v.round.Now)
			}
		}
		v.ready[p] += len(v.hand[p])
		v.backlog.ready[p] += len(v.hand[p])
		v.settle(p)
		if v.failed[p] != (callback.Place{}) {
			v.walks.fail(v.queue(p), v.failed[p], v.tick.now)
		}
		if v.short[p] && len(v.hand[p]) == 0 && !v.unsure {
			v.walks.finish(v.queue(p))
		}
	}
	ctx, cancel := v.Detached(ctx)
	defer cancel()
	v.back.timely(v.tick.now)
	_, _ = v.Write(ctx, v.tick.now, &v.back)
}

// NumberGates returns the gates of the numbers of some callbacks that are shut.
// These belong to one tenant and to the service of the policy.
func (m *Engine) NumberGates(ctx context.Context, now time.Time, callbacks []*callback.Callback, p *decide.Policy) (map[callback.ID]decide.Shut, error) {
	if p.Service.Inbound.On || len(callbacks) == 0 {
		return nil, nil
	}
	subjects := make([]string, len(callbacks))
	for i, cb := range callbacks {
		subjects[i] = p.Subject(cb.Customer.Target())
	}
	load := func(kind callback.PermitKind) (map[string][]callback.Counter, error) {
		counters, err := m.Store.Load(ctx, now, callback.LoadRequest{Tenant: callbacks[0].Tenant, Kind: kind, Subjects: subjects})
		of := make(map[string][]callback.Counter, len(counters))
		for _, c := range counters {
			of[c.Key.Subject] = append(of[c.Key.Subject], c)
		}
		return of, err
	}
	calls, err := load(callback.PermitCall)
	if err != nil {
		return nil, err
	}
	attempts, err := load(callback.PermitAttempt)
	if err != nil {
		return nil, err
	}
	gates := make(map[callback.ID]decide.Shut)
	for i, cb := range callbacks {
		if len(calls[subjects[i]]) > 0 {
			gates[cb.ID] = decide.Shut{Gate: decide.GateNumber}
		} else if shut := p.Capped(subjects[i], attempts[subjects[i]], now); shut.Gate != decide.GateNone {
			gates[cb.ID] = shut
		}
	}
	return gates, nil
}
