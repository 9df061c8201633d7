package faultproxy

import (
	"slices"
	"strings"
)

// Fault says where a connection is cut.
type Fault int

const (
	// CutBefore drops the connection instead of passing the request on: the server never sees it.
	CutBefore Fault = iota
	// CutAfter passes the request on, waits until the server has executed it (its ReadyForQuery, also after an error), and drops the
	// connection without passing the answer.
	CutAfter
)

// String returns the name of the fault in words.
func (f Fault) String() string {
	if f == CutBefore {
		return "cut before"
	}
	return "cut after"
}

// IsCommit reports whether a statement is a COMMIT: the matcher for faults around an explicit transaction's end.
func IsCommit(statement string) bool {
	statement = strings.TrimRight(strings.TrimSpace(statement), "; \t\r\n")
	return strings.EqualFold(statement, "commit")
}

// fault is one armed fault. The proxy's mutex guards left.
type fault struct {
	kind  Fault
	match func(sql string) bool
	left  int // matching requests until it fires, this one included
	fired chan struct{}
}

// matches reports whether the request is one that the fault counts.
func (f *fault) matches(texts []string) bool {
	return f.match == nil && len(texts) > 0 || f.match != nil && slices.ContainsFunc(texts, f.match)
}

// Arm lets the n-th request from now on that executes a statement for which match holds fail, on whichever connection; a nil match
// holds for every statement and n below 1 counts as 1. The channel is closed when the fault has happened: for CutBefore when the
// connection was dropped, for CutAfter when the server has executed the request and the connection was dropped. A CutAfter whose
// server connection breaks before the server answered has not happened and stays armed for the next matching request.
//
// Several faults can be armed. Each counts every matching request; when more than one is due at the same request the one armed
// first happens and the others are due at their next. match is called with no lock held and has to be safe for concurrent use.
func (p *Proxy) Arm(kind Fault, match func(sql string) bool, n int) <-chan struct{} {
	f := &fault{kind: kind, match: match, left: max(n, 1), fired: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = append(p.armed, f)
	return f.fired
}

// Disarm takes back every armed fault that has not been met by its request yet. Their channels stay open.
func (p *Proxy) Disarm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = nil
}

// judge lets the armed faults count a request and returns the one that happens to it, if any.
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
		case at < 0: // met by another connection's request, or disarmed, meanwhile
		case f.left > 1:
			f.left--
		case due == nil:
			due = f
			p.armed = slices.Delete(p.armed, at, at+1)
		}
	}
	return due
}

// rearm puts a fault back that was met by its request and then could not happen.
func (p *Proxy) rearm(f *fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = slices.Insert(p.armed, 0, f)
}
