package main

import (
	"errors"
	"strings"
	"sync"
	"time"
)

// platform stands for the telephony that a host already has: something that
// takes a call by a request, and tells by messages what becomes of it. It knows
// nothing of ringback. What a number does depends on its last digits.
type platform struct {
	events chan event

	mu      sync.Mutex
	calls   map[string]*phoneCall // by the caller's own key
	closing chan struct{}
	closed  bool
	up      sync.WaitGroup
}

// phoneCall is one call on the platform.
type phoneCall struct {
	key, ref string
	lost     bool // its messages get lost
	hangup   chan struct{}
	cut      bool

	state callState
	cause string // once it has ended
	talk  time.Duration
}

type callState int

const (
	ringing callState = iota + 1
	talking
	over
)

// event is a message of the platform.
type event struct {
	key, ref string
	state    callState
	cause    string
	talk     time.Duration
	at       time.Time
}

// What the platform answers to a request.
var (
	errNoTrunk = errors.New("all trunks are busy")        // the call was not sent
	errTimeout = errors.New("no answer from the gateway") // it may have been
)

// Causes for which a call ends.
const (
	causeNormal   = "normal"
	causeNoAnswer = "no answer"
	causeHungUp   = "hung up"
)

func newPlatform() *platform {
	return &platform{events: make(chan event, 64), calls: make(map[string]*phoneCall), closing: make(chan struct{})}
}

// originate takes a call under the caller's key and names it. A key that it has
// already is the same call.
func (p *platform) originate(key, number string, ring time.Duration) (ref string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.calls[key]; known != nil {
		return known.ref, nil
	}
	if p.closed || strings.HasSuffix(number, "302") {
		return "", errNoTrunk
	}
	c := &phoneCall{key: key, ref: "trunk-1:" + key, hangup: make(chan struct{}), lost: strings.HasSuffix(number, "303")}
	p.calls[key] = c
	answers := 200 * time.Millisecond
	if strings.HasSuffix(number, "304") {
		answers = ring // no answer
	}
	p.up.Go(func() { p.conduct(c, answers, ring) })
	if c.lost {
		return "", errTimeout
	}
	return c.ref, nil
}

// conduct lets one call run its course.
func (p *platform) conduct(c *phoneCall, answers, ring time.Duration) {
	p.reach(c, ringing, "", 0)
	switch {
	case !p.wait(c, answers):
		p.reach(c, over, causeHungUp, 0)
	case answers >= ring:
		p.reach(c, over, causeNoAnswer, 0)
	default:
		p.reach(c, talking, "", 0)
		const talk = 300 * time.Millisecond
		if p.wait(c, talk) {
			p.reach(c, over, causeNormal, talk)
		} else {
			p.reach(c, over, causeHungUp, 0)
		}
	}
}

// wait tells whether the call was left alone for that long.
func (p *platform) wait(c *phoneCall, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.hangup:
	case <-p.closing:
	}
	return false
}

// reach notes how far a call is and sends the message.
func (p *platform) reach(c *phoneCall, state callState, cause string, talk time.Duration) {
	p.mu.Lock()
	c.state, c.cause, c.talk = state, cause, talk
	p.mu.Unlock()
	if c.lost {
		return
	}
	select {
	case p.events <- event{key: c.key, ref: c.ref, state: state, cause: cause, talk: talk, at: time.Now()}:
	case <-p.closing:
	}
}

// release ends a call. One that is over or was never there is no error.
func (p *platform) release(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.calls[key]; c != nil && !c.cut {
		c.cut = true
		close(c.hangup)
	}
}

// find tells of a call; ok is false when the platform never had it.
func (p *platform) find(key string) (c phoneCall, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.calls[key]; known != nil {
		return *known, true
	}
	return phoneCall{}, false
}

// close ends all calls and waits until nothing runs any more.
func (p *platform) close() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		close(p.closing)
	}
	p.mu.Unlock()
	p.up.Wait()
}
