package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/ringback-go/ringback/callback"
)

// Run checks a store against every clause of the contract in [callback.Store],
// each in a subtest. open returns an empty store; it is called once per clause
// and may use t.Cleanup to close it. The clauses run one after another. A clause about
// an optional interface that the store does not implement is skipped, and names it.
func Run(t *testing.T, open func(t *testing.T) callback.Store) {
	clauses := Clauses()
	for len(clauses) > 0 {
		area := clauses[0].Area
		n := slices.IndexFunc(clauses, func(c Clause) bool { return c.Area != area })
		if n < 0 {
			n = len(clauses)
		}
		here := clauses[:n]
		clauses = clauses[n:]
		t.Run(area, func(t *testing.T) {
			for _, c := range here {
				t.Run(c.Name, func(t *testing.T) {
					err := c.Check(t.Context(), open(t))
					var lack *LackError
					switch {
					case errors.As(err, &lack):
						t.Skip(err)
					case err != nil:
						t.Error(err)
					}
				})
			}
		})
	}
}

// Clause is one requirement of the contract.
type Clause struct {
	Area string // group of clauses, such as "create" or "permits"
	Name string // the requirement in words
	run  func(p *probe)
}

// Check runs the clause on an empty store and returns its faults, joined, or
// nil, or a [LackError] if the clause does not concern the store. A panic of the store
// is a fault. What the clause wrote stays in the store.
func (c Clause) Check(ctx context.Context, s callback.Store) error {
	p := &probe{ctx: ctx, store: s}
	p.guard(c.run)
	if p.lack != "" {
		return &LackError{Interface: p.lack}
	}
	return errors.Join(p.faults...)
}

// LackError says that a clause does not concern the store, because it lacks an
// optional interface.
type LackError struct{ Interface string }

func (e *LackError) Error() string { return "the store is no " + e.Interface }

// Clauses returns every clause, grouped by area.
func Clauses() []Clause {
	var all []Clause
	for _, area := range []struct {
		name    string
		clauses []Clause
	}{
		{"create", createClauses()},
		{"swap", swapClauses()},
		{"permits", permitClauses()},
		{"windows", windowClauses()},
		{"rolling", rollingClauses()},
		{"timely", timelyClauses()},
		{"idempotency", idempotencyClauses()},
		{"due", dueClauses()},
		{"queues", queueClauses()},
		{"leases", leaseClauses()},
		{"search", searchClauses()},
		{"pages", pageClauses()},
		{"count", countClauses()},
		{"load", loadClauses()},
		{"events", eventClauses()},
		{"erase", eraseClauses()},
		{"time", timeClauses()},
		{"ownership", ownershipClauses()},
		{"tenants", tenantClauses()},
		{"pauses", pauseClauses()},
		{"batches", batchClauses()},
		{"malformed", malformedClauses()},
		{"cancelled", cancelledClauses()},
		{"concurrency", concurrencyClauses()},
		{"model", modelClauses()},
	} {
		for _, c := range area.clauses {
			c.Area = area.name
			all = append(all, c)
		}
	}
	return all
}

// abort is the panic value that ends a clause early.
type abort struct{}

// guard runs part of a clause and records a panic as a fault.
func (p *probe) guard(run func(p *probe)) {
	defer func() {
		switch r := recover(); r.(type) {
		case nil, abort:
		default:
			p.errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	run(p)
}

func (p *probe) errorf(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, fmt.Errorf(format, args...))
}

func (p *probe) fatalf(format string, args ...any) {
	p.errorf(format, args...)
	panic(abort{})
}
