package scheduler

import (
	"errors"
	"fmt"
	"strconv"
)

// weighted is the number of priorities that share by weight: Highest to Lowest.
const weighted = 7

// MaxWeight is the largest weight. The common multiple of seven weights up to
// MaxWeight, the unit in which turns are counted, fits easily in 64 bits.
const MaxWeight = 100

// Weights holds the shares of the seven weighted priorities, from Highest to
// Lowest, each 1 to [MaxWeight]. They need not decrease. LUCS documents no
// weights of its own.
type Weights [weighted]int

// DefaultWeights returns 7, 6, 5, 4, 3, 2, 1.
func DefaultWeights() Weights { return Weights{7, 6, 5, 4, 3, 2, 1} }

// Validate returns an [ErrWeights] for every weight outside 1 to [MaxWeight].
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

// Sum returns the length of a cycle in picks: while all seven wait, each class
// is served exactly its weight in Sum picks. It is 28 for the default weights.
func (w Weights) Sum() int {
	sum := 0
	for _, weight := range w {
		sum += weight
	}
	return sum
}

// Bound returns the largest number of picks among the seven weighted priorities
// until a class that keeps waiting is served, whatever the others do:
// ceil(Sum/weight) + 6. For the default weights it is 10 for Highest and 34 for
// Lowest. It is 0 for StrictPriority, which no other class delays, for
// NothingElse, which has no bound, and for invalid weights.
func (w Weights) Bound(p Priority) int {
	i := p.Rank() - 1
	if i < 0 || i >= weighted || w.Validate() != nil {
		return 0
	}
	return (w.Sum()+w[i]-1)/w[i] + weighted - 1
}

// middle returns the weighted priority with index i.
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

// class returns the index of a weighted priority; ok is false for the others.
func class(p Priority) (index int, ok bool) {
	index = p.Rank() - 1
	return index, index >= 0 && index < weighted
}
