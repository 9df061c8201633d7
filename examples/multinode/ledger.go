package main

import (
	"maps"
	"sync"

	"github.com/ringback-go/ringback/callback"
)

// ledger is what the platform knows: every call that was placed, by whom, and
// how it ended.
type ledger struct {
	mu     sync.Mutex
	placed map[callback.AttemptKey]*placement
	never  map[callback.AttemptKey]bool // said never to have come
	phones map[string]int               // calls that are up, by number
	talked map[string]int               // calls that reached an agent, by number
	lines  map[string]int               // calls that are up, by service

	findings
}

// findings are the counts of a ledger.
type findings struct {
	byNode     map[string]int // calls placed
	mostLines  map[string]int // by service: calls up at once, at most
	twice      int            // attempts that were placed again
	doubled    int            // customers called while on the phone with us
	again      int            // customers called again after they had talked to an agent
	refused    int            // attempts that came after a look-up had said that they never would
	unheard    int            // reports that reached no node
	foundLive  int            // look-ups that found the call still up
	foundEnded int            // look-ups that found how it had ended
	foundNever int            // look-ups that found that it never came
}

// placement is one attempt.
type placement struct {
	Placing
	times   int // how often it was placed: 1, unless something is very wrong
	outcome *callback.Outcome
}

func newLedger() *ledger {
	return &ledger{
		placed: make(map[callback.AttemptKey]*placement), never: make(map[callback.AttemptKey]bool),
		phones: make(map[string]int), talked: make(map[string]int), lines: make(map[string]int),
		findings: findings{byNode: make(map[string]int), mostLines: make(map[string]int)},
	}
}

// place writes down that a call was placed; false means that it was refused.
func (l *ledger) place(a Placing) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.never[a.Key] {
		l.refused++
		return false
	}
	entry := l.placed[a.Key]
	if entry == nil {
		entry = &placement{Placing: a}
		l.placed[a.Key] = entry
	}
	entry.times++
	if entry.times > 1 {
		l.twice++
	}
	if l.phones[a.Number] > 0 {
		l.doubled++
	}
	if l.talked[a.Number] > 0 {
		l.again++
	}
	l.byNode[a.Node]++
	l.phones[a.Number]++
	l.lines[a.Service]++
	l.mostLines[a.Service] = max(l.mostLines[a.Service], l.lines[a.Service])
	return true
}

// end writes down how a call ended.
func (l *ledger) end(a Placing, outcome callback.Outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if entry := l.placed[a.Key]; entry != nil {
		entry.outcome = &outcome
	}
	l.phones[a.Number]--
	l.lines[a.Service]--
	if outcome.Result == callback.ResultBridged {
		l.talked[a.Number]++
	}
}

// unheard records that a report reached no node.
func (l *ledger) unheard(callback.Report) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.findings.unheard++
}

// find says what became of an attempt.
func (l *ledger) find(key callback.AttemptKey) callback.Found {
	l.mu.Lock()
	defer l.mu.Unlock()
	entry := l.placed[key]
	switch {
	case entry == nil:
		l.foundNever++
		l.never[key] = true
		return callback.Found{State: callback.FoundNotPlaced}
	case entry.outcome == nil:
		l.foundLive++
		return callback.Found{State: callback.FoundLive, Stage: callback.StagePlaced}
	}
	l.foundEnded++
	return callback.Found{State: callback.FoundEnded, Outcome: *entry.outcome}
}

// up returns how many calls are up.
func (l *ledger) up() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, calls := range l.lines {
		n += calls
	}
	return n
}

// count returns the counts.
func (l *ledger) count() findings {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.findings
	f.byNode, f.mostLines = maps.Clone(f.byNode), maps.Clone(f.mostLines)
	return f
}

// keys returns the attempts that were placed.
func (l *ledger) keys() map[callback.AttemptKey]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	keys := make(map[callback.AttemptKey]bool, len(l.placed))
	for key := range l.placed {
		keys[key] = true
	}
	return keys
}

// reached reports whether a customer talked to an agent.
func (l *ledger) reached(number string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.talked[number] > 0
}
