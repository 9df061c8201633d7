package linearize

import "fmt"

// Sizes of the largest workload.
const (
	MaxCallbacks = 8
	MaxBuckets   = 3
	MaxKeys      = 2
	// MaxCounters counts the places of the service and the seats of each
	// bucket.
	MaxCounters = 1 + MaxBuckets
)

// places is the index of the service's counter; those of the buckets follow.
const places = 0

// Second is an instant in seconds since the base of a history.
type Second int32

// Never stands for the zero time.
const Never Second = -1 << 31

// Kind is the kind of an operation.
type Kind uint8

// Kinds of operations.
const (
	Start      Kind = iota + 1 // create; takes a place and usually a seat
	Cancel                     // complete; gives back the held units
	Reschedule                 // give back one seat and take another
	Release                    // put into the queue, under the epoch if there is one
	Complete                   // complete under an epoch
	Unclaim                    // give back a lease
	Forget                     // erase
	ClaimDue
	ClaimQueue
	Get
	GetKey // read by idempotency key
	Load   // read counters
	List   // read all callbacks
	kinds
)

func (k Kind) String() string {
	names := [kinds]string{"", "start", "cancel", "reschedule", "release", "complete", "unclaim", "forget",
		"claim due", "claim queue", "get", "get key", "load", "list"}
	if k < kinds {
		return names[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Kinds returns all kinds.
func Kinds() []Kind {
	var all []Kind
	for k := Start; k < kinds; k++ {
		all = append(all, k)
	}
	return all
}

func (k Kind) claims() bool { return k == ClaimDue || k == ClaimQueue }
func (k Kind) reads() bool  { return k >= Get }

// Outcome is how a call ended.
type Outcome uint8

// Outcomes of a call.
const (
	OK Outcome = iota + 1
	NotFound
	Conflict
	Refused   // a permit was refused
	GivenUp   // the client cancelled the call, and the store reports that it had no effect
	Uncertain // the call may have had its effect
	outcomes
)

func (o Outcome) String() string {
	names := [outcomes]string{"", "ok", "not found", "conflict", "refused", "given up", "uncertain"}
	if o < outcomes {
		return names[o]
	}
	return fmt.Sprintf("Outcome(%d)", uint8(o))
}

// Units are N units of a counter; when they are taken, Max is its maximum.
type Units struct {
	Counter int
	N, Max  int64
}

// Input is an operation with its arguments.
type Input struct {
	Kind   Kind
	Client int
	Now    Second
	// ID is the callback concerned. Key is the idempotency key of GetKey, from
	// 1.
	ID, Key int
	// Row is the callback as a change writes it. For Forget and Unclaim, only
	// its current Revision matters.
	Row   Row
	Epoch int64
	Give  []Units
	Take  []Units
	// Lease and Limit are the arguments of a claim.
	Lease Second
	Limit int
	// Seats makes Load read the buckets instead of the places.
	Seats bool
	// Patience is the number of scheduler yields after which the client cancels
	// the call; 0 means never.
	Patience int
}

// Output is the result of an operation.
type Output struct {
	Outcome Outcome
	Rows    []Row  // results of Get, GetKey and List, and of claims in their order
	Next    Second // NextAt of the remaining work, for ClaimDue
	Used    [MaxCounters]int64
	// Refusal is the refused permit: its counter, N and Max. InUse is the
	// number of units that were in use.
	Refusal Units
	InUse   int64
}
