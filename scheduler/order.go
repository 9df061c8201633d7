package scheduler

// An Order decides which class of a service is served next: StrictPriority
// first, then the seven weighted priorities in smooth weighted round robin, and
// NothingElse when nobody else waits.
//
// The seven walk along one line on which a class of weight w has its turns 1/w
// apart, the first of them half a step from where it began to wait; the
// earliest turn is served, ties going to the higher priority. All waiting, each
// class is served exactly its weight in every [Weights.Sum] picks, spread over
// them and not one class after the other. A class that nobody waits in earns no
// credit for later, and a class that was served alone owes nothing when the
// others come back.
//
// There is no starvation inside the seven. Let a class of weight w keep
// waiting; when its turn is set, the line stands at V, and its turn is not
// behind V + 1/w. Turns are served in order, so that before it another class of
// weight v has only turns that lie from V to V + 1/w: at most v/w + 1 of them.
// With its own pick that is at most Sum/w + 6 for all seven together, however
// the others come and go. [Weights.Bound] gives that number. StrictPriority is
// outside the bound: as long as somebody waits there, nobody else is served.
//
// The same calls give the same answers. An Order is a value of about 180 bytes
// without pointers; a copy goes its own way from there. The zero Order has the
// default weights. It is not safe for concurrent use.
type Order struct {
	weights Weights
	step    [weighted]int64 // from one turn to the next: 2*multiple/weight
	turn    [weighted]int64 // next turn, counted from the last one served
	waited  uint8           // who waited at the last pick, bit i for class i
}

// NewOrder returns an Order at its beginning. Errors are [ErrWeights].
func NewOrder(w Weights) (Order, error) {
	if err := w.Validate(); err != nil {
		return Order{}, err
	}
	return newOrder(w), nil
}

// newOrder counts turns in units in which every step and half a step are
// whole, so that shares stay exact for ever: a common multiple of seven numbers
// up to 100 is below 1e14.
func newOrder(w Weights) Order {
	multiple := int64(1)
	for _, weight := range w {
		multiple = multiple / gcd(multiple, int64(weight)) * int64(weight)
	}
	o := Order{weights: w}
	for i, weight := range w {
		o.step[i] = 2 * (multiple / int64(weight))
	}
	return o
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// Weights returns the weights in force.
func (o *Order) Weights() Weights {
	if o.weights == (Weights{}) {
		return DefaultWeights()
	}
	return o.weights
}

// Next picks the class to serve and notes that it was served. waiting says
// whether anybody waits in a class and is asked at most once for each; a nil
// waiting means nobody. It returns false when nobody waits.
func (o *Order) Next(waiting func(Priority) bool) (Priority, bool) {
	if waiting == nil {
		return Normal, false
	}
	if waiting(StrictPriority) {
		return StrictPriority, true
	}
	var mask uint8
	for i := range weighted {
		if waiting(middle(i)) {
			mask |= 1 << i
		}
	}
	if mask != 0 {
		return middle(o.pick(mask)), true
	}
	o.waited = 0
	if waiting(NothingElse) {
		return NothingElse, true
	}
	return Normal, false
}

// pick serves one of the weighted classes in mask, which is not empty.
func (o *Order) pick(mask uint8) int {
	if o.weights == (Weights{}) {
		*o = newOrder(DefaultWeights())
	}
	best := -1
	for i := range weighted {
		if mask&(1<<i) == 0 {
			continue
		}
		// Whoever begins to wait starts from where the line is now, or from
		// its own next turn if it was served a moment ago: coming and going
		// must not win turns.
		if o.waited&(1<<i) == 0 {
			o.turn[i] = max(o.turn[i], o.step[i]/2)
		}
		if best < 0 || o.turn[i] < o.turn[best] {
			best = i
		}
	}
	o.waited = mask
	served := o.turn[best]
	for i := range weighted {
		// A turn in the past says nothing more; left alone it would fall
		// without end.
		o.turn[i] = max(o.turn[i]-served, 0)
	}
	o.turn[best] = o.step[best]
	return best
}

// Take picks the classes for n places: the result of n calls of [Order.Next]
// where one fewer waits in a class after each pick. waiting and the answer are
// indexed by [Priority]. Negative counts are zero. It costs one step for each
// place given, and never more than wait.
func (o *Order) Take(n int, waiting [Levels]int) [Levels]int {
	var taken [Levels]int
	give := func(p Priority, k int) {
		k = max(min(k, n, waiting[p]), 0)
		taken[p] += k
		waiting[p] -= k
		n -= k
	}
	give(StrictPriority, n)
	var mask uint8
	for i := range weighted {
		if waiting[middle(i)] > 0 {
			mask |= 1 << i
		}
	}
	for n > 0 && mask != 0 {
		i := o.pick(mask)
		p := middle(i)
		give(p, 1)
		if waiting[p] == 0 {
			mask &^= 1 << i
		}
	}
	if n > 0 {
		o.waited = 0
	}
	give(NothingElse, n)
	return taken
}
