package linearize

import (
	"fmt"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// Report summarises a campaign.
type Report struct {
	Histories   int
	Operations  int
	Overlapping int // operations that overlap another one
	// Passing is the number of histories that are legal only with
	// [Rules].PassOver.
	Passing  int
	Outcomes [kinds][outcomes]int
	// Leased is the number of callbacks leased by claims; Reclaimed is the
	// number of those that had been leased before.
	Leased    [kinds]int
	Reclaimed int
	Longest   time.Duration // duration of the longest check
}

func (r *Report) count(h *History) {
	r.Histories, r.Operations, r.Overlapping = 1, len(h.operations), h.Overlapping()
	for _, o := range h.operations {
		r.Outcomes[o.Input.Kind][o.Output.Outcome]++
		if !o.Input.Kind.claims() {
			continue
		}
		r.Leased[o.Input.Kind] += len(o.Output.Rows)
		for _, row := range o.Output.Rows {
			if row.Epoch > 1 && o.Input.Client < h.Workload.Clients {
				r.Reclaimed++
			}
		}
	}
}

func (r *Report) add(one *Report) {
	r.Histories += one.Histories
	r.Operations += one.Operations
	r.Overlapping += one.Overlapping
	r.Passing += one.Passing
	r.Reclaimed += one.Reclaimed
	r.Longest = max(r.Longest, one.Longest)
	for k := range kinds {
		r.Leased[k] += one.Leased[k]
		for o, n := range one.Outcomes[k] {
			r.Outcomes[k][o] += n
		}
	}
}

// String returns a table of the outcomes of each kind of operation.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d histories, %d operations, %d of them overlapping, %d callbacks leased again, %d histories with skipping claims, longest check %v\n",
		r.Histories, r.Operations, r.Overlapping, r.Reclaimed, r.Passing, r.Longest.Round(time.Microsecond))
	fmt.Fprintf(&b, "%-12s", "")
	for o := OK; o < outcomes; o++ {
		fmt.Fprintf(&b, "%10s", o)
	}
	fmt.Fprintf(&b, "%10s\n", "leased")
	for _, k := range Kinds() {
		fmt.Fprintf(&b, "%-12s", k)
		for o := OK; o < outcomes; o++ {
			fmt.Fprintf(&b, "%10d", r.Outcomes[k][o])
		}
		fmt.Fprintf(&b, "%10d\n", r.Leased[k])
	}
	return b.String()
}

// Violation reports a history that no order of its operations explains.
type Violation struct {
	Seed    uint64
	History *History
	Result  porcupine.CheckResult // Unknown if the check timed out
	// Fault is a result that is wrong by itself, or nil.
	Fault error
}

func (v *Violation) Error() string {
	if v.Fault != nil {
		return fmt.Sprintf("seed %d: %v", v.Seed, v.Fault)
	}
	return fmt.Sprintf("seed %d: history is %s", v.Seed, v.Result)
}

// Unwrap returns Fault.
func (v *Violation) Unwrap() error { return v.Fault }
