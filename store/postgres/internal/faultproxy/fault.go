package faultproxy

import (
	"slices"
	"strings"
)

// Fault is the point at which a connection is cut.
type Fault int

const (
	// CutBefore drops the connection instead of forwarding the request, so the
	// server never receives it.
	CutBefore Fault = iota
	// CutAfter forwards the request, waits until the server has executed it
	// (its ReadyForQuery, also after an error), and drops the connection
	// without forwarding the response.
	CutAfter
)

// String returns the name of the fault in words.
func (f Fault) String() string {
	if f == CutBefore {
		return "cut before"
	}
	return "cut after"
}

// IsCommit reports whether a statement is a COMMIT. It matches the end of an
// explicit transaction.
func IsCommit(statement string) bool {
	statement = strings.TrimRight(strings.TrimSpace(statement), "; \t\r\n")
	return strings.EqualFold(statement, "commit")
}

// fault is an armed fault. The proxy's mutex guards left.
type fault struct {
	kind  Fault
	match func(sql string) bool
	left  int // matching requests until it fires, including the one that fires it
	fired chan struct{}
}

// matches reports whether the fault counts a request with these texts.
func (f *fault) matches(texts []string) bool {
	return f.match == nil && len(texts) > 0 || f.match != nil && slices.ContainsFunc(texts, f.match)
}

// Arm makes the n-th matching request from now on fail, on whichever connection
// it arrives. A request matches if it executes a statement for which match
// returns true; a nil match accepts every statement, and n below 1 counts as 1.
// The channel is closed when the fault has happened: the connection was dropped
// and, for CutAfter, the server has executed the request. A CutAfter whose
// server connection breaks before the response stays armed for the next
// matching request.
//
// Several faults can be armed. Each counts every matching request; if several
// are due at the same request, the one armed first happens and the others are
// due at their next matching request. match is called without a lock held and
// must be safe for concurrent use.
func (p *Proxy) Arm(kind Fault, match func(sql string) bool, n int) <-chan struct{} {
	f := &fault{kind: kind, match: match, left: max(n, 1), fired: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = append(p.armed, f)
	return f.fired
}

// Disarm removes every armed fault that has not fired or begun to. Their
// channels stay open.
func (p *Proxy) Disarm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = nil
}

// judge lets the armed faults count a request and returns the one that happens
// to it, or nil.
func (p *Proxy) judge(texts []string) *fault {
	p.mu.Lock()
	armed := slices.Clone(p.armed)
	p.mu.Unlock()
	if len(armed) == 0 {
		return nil
	}
	armed = slices.DeleteFunc(armed, func(f *fault) bool { return !f.matches(texts) })

	p.mu.Lock()
	defer p.mu.Unlock()
	var due *fault
	for _, f := range armed {
		at := slices.Index(p.armed, f)
		switch {
		case at < 0: // due for another connection's request, or disarmed
		case f.left > 1:
			f.left--
		case due == nil:
			due = f
			p.armed = slices.Delete(p.armed, at, at+1)
		}
	}
	return due
}

// rearm restores a fault that was due but could not happen.
func (p *Proxy) rearm(f *fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = slices.Insert(p.armed, 0, f)
}
