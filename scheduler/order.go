package scheduler

// Order decides which priority class of a service is served next:
// StrictPriority first, then the seven weighted classes by smooth weighted
// round robin, and NothingElse when no other class has callbacks waiting.
//
// The seven share one virtual line. A class of weight w has its turns 1/w apart
// on it, the first of them half a step after the point at which it began to
// wait. The earliest turn is served; the higher priority wins a tie. While all
// seven wait, each is served exactly its weight in every [Weights.Sum] picks,
// interleaved with the others. An empty class saves no credit for later, and a
// class that was served alone owes nothing when the others return.
//
// None of the seven starves. Take a class of weight w that keeps waiting. When
// its turn is set the line is at V, and the turn is at most V + 1/w. Turns are
// served in order, so another class of weight v is served before it only for
// its turns between V and V + 1/w: at most v/w + 1 of them. Together with its
// own pick this is at most Sum/w + 6, however the other classes come and go;
// [Weights.Bound] returns this number. StrictPriority is outside the bound:
// while it has callbacks waiting, no other class is served.
//
// An Order is deterministic. It is a value of about 180 bytes without pointers,
// so a copy is independent of the original. The zero Order has the default
// weights. It is not safe for concurrent use.
type Order struct {
	weights Weights
	step    [weighted]int64 // distance between two turns: 2*multiple/weight
	turn    [weighted]int64 // next turn, relative to the last one served
	waited  uint8           // classes that waited at the last pick, bit i for class i
}

// NewOrder returns an Order at its beginning, or [ErrWeights].
func NewOrder(w Weights) (Order, error) {
	if err := w.Validate(); err != nil {
		return Order{}, err
	}
	return newOrder(w), nil
}

// newOrder chooses a unit in which every step and half step is an integer, so
// that shares stay exact forever. The common multiple of seven weights up to
// 100 is below 1e14.
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

// Next picks the class to serve next and records the pick. waiting reports
// whether a class has callbacks waiting; it is called at most once per class.
// Next returns false if no class has any, or if waiting is nil.
func (o *Order) Next(waiting func(Priority) bool) (Priority, bool) {
	if waiting == nil {
		return Normal, false
	}
	if waiting(StrictPriority) {
		return StrictPriority, true
	}
	if mask := o.mask(waiting); mask != 0 {
		return middle(o.pick(mask)), true
	}
	o.waited = 0
	if waiting(NothingElse) {
		return NothingElse, true
	}
	return Normal, false
}

// mask returns the weighted classes that have callbacks waiting, bit i for class
// i.
func (o *Order) mask(waiting func(Priority) bool) (mask uint8) {
	for i := range weighted {
		if waiting(middle(i)) {
			mask |= 1 << i
		}
	}
	return mask
}

// pick serves the weighted class in mask whose turn is next. mask must not be
// empty.
func (o *Order) pick(mask uint8) int {
	o.join(mask)
	best := -1
	for i := range weighted {
		if mask&(1<<i) != 0 && (best < 0 || o.turn[i] < o.turn[best]) {
			best = i
		}
	}
	o.advance(best)
	return best
}

// join gives a turn to the classes in mask that begin to wait.
func (o *Order) join(mask uint8) {
	if o.weights == (Weights{}) {
		*o = newOrder(DefaultWeights())
	}
	for i := range weighted {
		// A class that begins to wait joins at the current position of the
		// line, or keeps its next turn if it was served recently: leaving and
		// coming back must not win a turn.
		if mask&(1<<i) != 0 && o.waited&(1<<i) == 0 {
			o.turn[i] = max(o.turn[i], o.step[i]/2)
		}
	}
	o.waited = mask
}

// advance moves the line to the turn of a class, and that class to its next turn.
func (o *Order) advance(class int) {
	served := o.turn[class]
	for i := range weighted {
		// A turn in the past carries no information. Left alone it would
		// decrease without limit.
		o.turn[i] = max(o.turn[i]-served, 0)
	}
	o.turn[class] = o.step[class]
}

// Serve records that a callback of class p was served while the classes that
// waiting reports had callbacks waiting, whether or not it was the turn of p. A
// caller whose picks may come to nothing picks with a copy and records what was
// served. StrictPriority and NothingElse have no turns.
func (o *Order) Serve(p Priority, waiting func(Priority) bool) {
	mask := o.mask(waiting)
	if i, ok := class(p); ok {
		o.join(mask | 1<<i)
		o.advance(i)
	} else if p == NothingElse {
		o.waited &= mask
	}
}

// Take picks classes for n callbacks at once: the result of n calls of
// [Order.Next] with one fewer waiting in the picked class each time. waiting
// and the result are indexed by [Priority]; negative counts are treated as
// zero. The cost is one step per callback picked, however large n is.
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
