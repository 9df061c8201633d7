package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// platform is the simulated telephony: a Dialer whose calls take their course as
// time passes. The owner of the clock moves them on with deliver.
type platform struct {
	clock   *clock
	scripts scripts

	mu    sync.Mutex
	calls []placed
	legs  map[legKey]*leg
	plan  []planned // by time, then in the order of planning
	last  int
	wake  chan struct{} // something was planned
}

type legKey struct {
	tenant string
	key    callback.AttemptKey
}

// placed is an attempt that the dialer was asked to place.
type placed struct {
	Key     callback.AttemptKey `json:"key"`
	Service string              `json:"service"`
	Number  string              `json:"number"`
	Time    time.Time           `json:"time"`
	Outcome string              `json:"outcome"`
}

// leg is a call as the platform knows it.
type leg struct {
	ref     callback.Ref
	turn    turn
	stage   callback.Stage
	outcome *callback.Outcome // set when it has ended
}

type planned struct {
	at     time.Time
	n      int
	key    legKey
	moment moment
}

func newPlatform(c *clock) *platform {
	return &platform{clock: c, legs: make(map[legKey]*leg), wake: make(chan struct{}, 1)}
}

var errLost = errors.New("the connection to the platform broke while it was asked to call")

// Dial takes a call. The same attempt is never taken twice.
func (p *platform) Dial(_ context.Context, call callback.Call) (callback.Ref, error) {
	now := p.clock.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	key := legKey{call.Tenant, call.Key}
	if l := p.legs[key]; l != nil {
		return l.ref, nil
	}
	t := p.scripts.next(call.To.Reveal())
	p.calls = append(p.calls, placed{Key: call.Key, Service: call.Service, Number: call.To.Reveal(), Time: now, Outcome: t.name})
	l := &leg{ref: callback.Ref(fmt.Sprintf("call-%d", len(p.calls))), turn: t, stage: callback.StagePlaced}
	p.legs[key] = l
	switch {
	case t.lost:
		return "", errLost
	case t.silent:
		l.outcome = &callback.Outcome{Result: callback.ResultNoAnswer, Certainty: callback.Known, By: callback.PartySystem}
		return l.ref, nil
	}
	for _, m := range t.course(call) {
		p.add(now.Add(m.after), key, m)
	}
	return l.ref, nil
}

// add plans a moment; p.mu is held.
func (p *platform) add(at time.Time, key legKey, m moment) {
	p.last++
	x := planned{at: at, n: p.last, key: key, moment: m}
	i, _ := slices.BinarySearchFunc(p.plan, x, func(a, b planned) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.n, b.n)) })
	p.plan = slices.Insert(p.plan, i, x)
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Hangup ends a call at once; its report follows like any other.
func (p *platform) Hangup(_ context.Context, h callback.Hangup) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := legKey{h.Tenant, h.Key}
	if l := p.legs[key]; l != nil && l.outcome == nil && !l.turn.lost {
		p.plan = slices.DeleteFunc(p.plan, func(x planned) bool { return x.key == key })
		p.add(p.clock.now(), key, moment{outcome: l.cleared()})
	}
	return nil
}

// cleared is how a call ends that is ended from here.
func (l *leg) cleared() *callback.Outcome {
	result := callback.ResultCleared
	if l.stage == callback.StageBridged {
		result = callback.ResultBridged
	}
	return &callback.Outcome{Result: result, Certainty: callback.Known, By: callback.PartySystem}
}

// SearchValue tells what became of an attempt.
func (p *platform) Lookup(_ context.Context, tenant string, key callback.AttemptKey, _ callback.Ref) (callback.Found, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.legs[legKey{tenant, key}]
	switch {
	case l == nil, l.turn.lost:
		// What this process does not know, one before it may have called.
		return callback.Found{State: callback.FoundUnknown}, nil
	case l.outcome != nil:
		return callback.Found{State: callback.FoundEnded, Outcome: *l.outcome, Ref: l.ref}, nil
	}
	return callback.Found{State: callback.FoundLive, Stage: l.stage, Ref: l.ref}, nil
}

// next is when something is planned; zero when nothing is.
func (p *platform) next() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.plan) == 0 {
		return time.Time{}
	}
	return p.plan[0].at
}

// first is what is to be told of the first moment that has come. It stays the
// first until it was told.
func (p *platform) first(now time.Time) (report callback.Report, n int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.plan) == 0 || p.plan[0].at.After(now) {
		return report, 0, false
	}
	x := p.plan[0]
	l := p.legs[x.key]
	l.stage = max(l.stage, x.moment.stage)
	if x.moment.outcome != nil {
		l.outcome = x.moment.outcome
	}
	return callback.Report{Tenant: x.key.tenant, Key: x.key.key, Ref: l.ref, Stage: x.moment.stage, Outcome: x.moment.outcome, At: x.at}, x.n, true
}

// told forgets a moment.
func (p *platform) told(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan = slices.DeleteFunc(p.plan, func(x planned) bool { return x.n == n })
}

// placedCalls lists what the dialer was asked for.
func (p *platform) placedCalls() []placed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// hangUpAll ends every call that is up, so that none is left to doubts.
func (p *platform) hangUpAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan = nil
	var live []legKey
	for key, l := range p.legs {
		if l.outcome == nil && !l.turn.lost {
			live = append(live, key)
		}
	}
	slices.SortFunc(live, func(a, b legKey) int { return cmp.Compare(a.key, b.key) })
	for _, key := range live {
		p.add(p.clock.now(), key, moment{outcome: p.legs[key].cleared()})
	}
}
