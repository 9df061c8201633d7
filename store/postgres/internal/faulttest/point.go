package faulttest

import "strconv"

// Point is a place in the life of an attempt at which a node can break.
type Point int

// The points, in the order in which an attempt passes them.
const (
	BeforeClaim  Point = iota + 1 // the claim was not sent
	DuringClaim                   // the claim was sent and not answered
	AfterClaim                    // the claim was answered, nothing was done
	BeforeCommit                  // the change that commits the attempt was not sent
	DuringCommit                  // it was sent and not answered
	AfterCommit                   // it was answered, the dialer was not called
	OnTheWire                     // the dialer's request was sent and not answered
	CallUp                        // the dialer's request was answered, nothing was written
	DuringResult                  // what became of the call was sent to the store and not answered
)

// Handed is a tenth point, between AfterCommit and OnTheWire: the dialer was called and has checked all that it checks, and its
// request was not sent. It makes no difference to a node that dies, and all of it to one that stands still.
const Handed = DuringResult + 1

// Points lists the nine points in order.
func Points() []Point {
	all := make([]Point, 0, DuringResult)
	for p := BeforeClaim; p <= DuringResult; p++ {
		all = append(all, p)
	}
	return all
}

// String returns P1 to P9, and P10 for Handed.
func (p Point) String() string { return "P" + strconv.Itoa(int(p)) }

// Lasting reports whether what breaks here is settled only after the time in which a silent dialer is believed, and a pause: the
// attempt is committed and nobody calls.
func (p Point) Lasting() bool { return p == DuringCommit || p == AfterCommit }
