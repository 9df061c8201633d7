package linearize

import "fmt"

// The sizes of the largest workload.
const (
	MaxCallbacks = 8
	MaxBuckets   = 3
	MaxKeys      = 2
	// MaxCounters is the places of the service and the seats of each bucket.
	MaxCounters = 1 + MaxBuckets
)

// places is the counter of the service; buckets follow.
const places = 0

// Second is an instant, in seconds after the base of a history. [Never] is the
// zero time.
type Second int32

// Never is the zero time.
const Never Second = -1 << 31

// Kind is what a client asks of a store.
type Kind uint8

// The operations.
const (
	Start      Kind = iota + 1 // create, taking a place and mostly a seat
	Cancel                     // complete, giving back what is held
	Reschedule                 // give back one seat, take another
	Release                    // put into the queue, under an epoch if there is one
	Complete                   // complete under an epoch
	Unclaim                    // give back a lease
	Forget                     // erase
	ClaimDue
	ClaimQueue
	Get
	GetKey // by idempotency key
	Load   // counters
	List   // all callbacks
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

// Kinds lists every operation.
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

// The outcomes.
const (
	OK Outcome = iota + 1
	NotFound
	Conflict
	Refused   // a permit was refused
	GivenUp   // the client gave up, and the store says that nothing happened
	Uncertain // nobody knows whether it happened
	outcomes
)

func (o Outcome) String() string {
	names := [outcomes]string{"", "ok", "not found", "conflict", "refused", "given up", "uncertain"}
	if o < outcomes {
		return names[o]
	}
	return fmt.Sprintf("Outcome(%d)", uint8(o))
}

// Units are units of one counter, and how many may be out at most when they are
// taken.
type Units struct {
	Counter int
	N, Max  int64
}

// Input is what a client asks.
type Input struct {
	Kind   Kind
	Client int
	Now    Second
	// ID is the callback concerned; Key the idempotency key of GetKey, from 1.
	ID, Key int
	// Row is the callback as a change is to leave it. Its Revision is that of
	// the change; Forget and Unclaim name the present one in it.
	Row   Row
	Epoch int64
	Give  []Units
	Take  []Units
	// Lease and Limit are those of a claim.
	Lease Second
	Limit int
	// Seats makes Load read the buckets, otherwise the places.
	Seats bool
	// Patience is after how many turns of the scheduler the client gives up;
	// 0 means never.
	Patience int
}

// Output is what a store answered.
type Output struct {
	Outcome Outcome
	Rows    []Row  // Get, GetKey, List, and claims in their order
	Next    Second // ClaimDue: the earliest moment of what is left
	Used    [MaxCounters]int64
	// Refusal is the permit that was refused: its counter, N, Max, and what was used.
	Refusal Units
	InUse   int64
}
