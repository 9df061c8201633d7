package faulttest

import "strconv"

// Point is a point in the life of an attempt at which a node can break.
type Point int

// Points in the order in which an attempt reaches them.
const (
	BeforeClaim  Point = iota + 1 // the claim is not sent
	DuringClaim                   // the claim is sent, not answered
	AfterClaim                    // the claim is answered, nothing is done
	BeforeCommit                  // the change that commits the attempt is not sent
	DuringCommit                  // the change is sent, not answered
	AfterCommit                   // the change is answered, the dialer is not called
	OnTheWire                     // the dialer's request is sent, not answered
	CallUp                        // the dialer's request is answered, nothing is written
	DuringResult                  // the result of the call is sent to the store, not answered
)

// Handed is a tenth point, between AfterCommit and OnTheWire: the dialer has
// made all its checks and has not sent its request. It matters for a node that
// stops, not for one that dies.
const Handed = DuringResult + 1

// Points returns the nine points in order.
func Points() []Point {
	all := make([]Point, 0, DuringResult)
	for p := BeforeClaim; p <= DuringResult; p++ {
		all = append(all, p)
	}
	return all
}

// String returns P1 to P9, and P10 for Handed.
func (p Point) String() string { return "P" + strconv.Itoa(int(p)) }

// Lasting reports whether an attempt interrupted here settles only after the
// time for placing it has passed: it is committed, and no call will be placed.
func (p Point) Lasting() bool { return p == DuringCommit || p == AfterCommit }
