package scheduler

import (
	"errors"
	"fmt"
	"strconv"
)

// weighted is how many priorities share by weight: Highest to Lowest.
const weighted = 7

// MaxWeight is the largest weight. It keeps the common multiple of seven
// weights, in which turns are counted, far inside 64 bits.
const MaxWeight = 100

// Weights are the shares of the seven weighted priorities, Highest first and
// Lowest last. Each is 1 to [MaxWeight]; nothing asks them to fall. LUCS
// publishes none.
type Weights [weighted]int

// DefaultWeights returns 7, 6, 5, 4, 3, 2, 1.
func DefaultWeights() Weights { return Weights{7, 6, 5, 4, 3, 2, 1} }

// Validate reports every weight that is not 1 to [MaxWeight]. Errors are
// [ErrWeights].
func (w Weights) Validate() error {
	var faults []error
	for i, weight := range w {
		if weight < 1 || weight > MaxWeight {
			faults = append(faults, fault(fmt.Sprintf("Weights[%d]", i), strconv.Itoa(weight),
				fmt.Sprintf("(%v) must be 1 to %d", middle(i), MaxWeight), ErrWeights))
		}
	}
	return errors.Join(faults...)
}

// Sum returns the picks in one cycle: as often as that, each class is served
// exactly its weight when all wait. It is 28 for the default.
func (w Weights) Sum() int {
	sum := 0
	for _, weight := range w {
		sum += weight
	}
	return sum
}

// Bound returns the largest number of picks among the seven weighted
// priorities after which a class that keeps waiting has been served, whatever
// the others do: ceil(Sum/weight) + 6, at least 1. For the default weights that
// is 10 for Highest and 34 for Lowest. It is 0 for StrictPriority, which is
// never kept waiting by a class, for NothingElse, which has no bound, and for
// weights that are not valid.
func (w Weights) Bound(p Priority) int {
	i := p.Rank() - 1
	if i < 0 || i >= weighted || w.Validate() != nil {
		return 0
	}
	return (w.Sum()+w[i]-1)/w[i] + weighted - 1
}

// middle returns the weighted priority of that index.
func middle(i int) Priority {
	switch normal := Normal.Rank() - 1; {
	case i < normal:
		return Highest + Priority(i)
	case i > normal:
		return Low + Priority(i-normal-1)
	default:
		return Normal
	}
}
