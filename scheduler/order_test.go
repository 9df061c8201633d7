package scheduler_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/scheduler"
)

// middle returns the seven priorities that share by weight.
func middle() []scheduler.Priority { return scheduler.Priorities()[1:8] }

func newOrder(t *testing.T, w scheduler.Weights) scheduler.Order {
	t.Helper()
	o, err := scheduler.NewOrder(w)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func among(classes ...scheduler.Priority) func(scheduler.Priority) bool {
	return func(p scheduler.Priority) bool {
		for _, c := range classes {
			if c == p {
				return true
			}
		}
		return false
	}
}

// With all seven waiting, the default shares are 7:6:5:4:3:2:1, over 28,000
// picks and in every cycle of 28.
func TestSharesWhenAllWait(t *testing.T) {
	o := newOrder(t, scheduler.DefaultWeights())
	var total, cycle [scheduler.Levels]int
	for n := range 28_000 {
		p, ok := o.Next(among(middle()...))
		if !ok {
			t.Fatal("no class was picked")
		}
		total[p]++
		cycle[p]++
		if n%28 == 27 {
			for i, c := range middle() {
				if cycle[c] != 7-i {
					t.Fatalf("%v served %d times in the cycle before pick %d, want %d", c, cycle[c], n, 7-i)
				}
			}
			clear(cycle[:])
		}
	}
	for i, c := range middle() {
		if want := 1000 * (7 - i); total[c] != want {
			t.Errorf("%v served %d times, want %d", c, total[c], want)
		}
	}
}

// Shares are exact for any weights and any constant subset of the classes.
func TestSharesOfSome(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range rounds(300) {
		var w scheduler.Weights
		for i := range w {
			w[i] = 1 + random.IntN(scheduler.MaxWeight)
		}
		o := newOrder(t, w)
		var classes []scheduler.Priority
		sum := 0
		for i, c := range middle() {
			if random.IntN(2) == 0 {
				classes, sum = append(classes, c), sum+w[i]
			}
		}
		var served [scheduler.Levels]int
		for range 10 * sum {
			p, _ := o.Next(among(classes...))
			served[p]++
		}
		for _, c := range classes {
			if want := 10 * w[c.Rank()-1]; served[c] != want {
				t.Fatalf("weights %v, waiting %v: %v served %d times, want %d", w, classes, c, served[c], want)
			}
		}
	}
}

// Turns are interleaved: over any run of picks each class gets its due share,
// give or take two, and the heaviest class is served at most twice in a row.
func TestSpread(t *testing.T) {
	const picks, sum = 280, 28
	o := newOrder(t, scheduler.DefaultWeights())
	var served [picks + 1][scheduler.Levels]int
	run, last := 0, scheduler.StrictPriority
	for n := range picks {
		p, _ := o.Next(among(middle()...))
		served[n+1] = served[n]
		served[n+1][p]++
		if p != last {
			run, last = 0, p
		}
		if run++; run > 2 {
			t.Fatalf("%v served %d times in a row", p, run)
		}
	}
	for i, c := range middle() {
		for from := range picks {
			for to := from + 1; to <= picks; to++ {
				due := float64((to-from)*(7-i)) / sum
				if got := float64(served[to][c] - served[from][c]); math.Abs(got-due) >= 2 {
					t.Fatalf("%v: served %v times in picks %d to %d, due %.2f", c, got, from, to, due)
				}
			}
		}
	}
}

// The bound holds whatever the other classes do. The adversary lets them come
// and go at random, singly and in crowds, and in the pattern that would gain
// most if returning won a turn: absent exactly after each turn.
func TestNoStarvation(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	worst := 0.0
	for round := range rounds(400) {
		w := scheduler.DefaultWeights()
		if round%2 == 1 {
			for i := range w {
				w[i] = 1 + random.IntN(1+random.IntN(scheduler.MaxWeight))
			}
		}
		o := newOrder(t, w)
		victim := middle()[random.IntN(7)]
		bound := w.Bound(victim)
		style, chance := random.IntN(4), random.IntN(100)
		var here [scheduler.Levels]bool
		waited, served := 0, scheduler.Normal
		for n := range 3000 {
			for _, c := range middle() {
				switch style {
				case 0:
					here[c] = random.IntN(100) < chance
				case 1:
					here[c] = c != served || n == 0
				case 2:
					if random.IntN(20) == 0 {
						here[c] = !here[c]
					}
				case 3:
					here[c] = (n/(1+chance))%2 == 0
				}
			}
			// The victim arrives at random and then stays until it is served.
			here[victim] = waited > 0 || random.IntN(30) == 0
			p, ok := o.Next(func(p scheduler.Priority) bool { return here[p] })
			if !ok {
				continue
			}
			served = p
			if !here[victim] {
				continue
			}
			waited++
			if waited > bound {
				t.Fatalf("weights %v: %v still waits at pick %d, bound %d", w, victim, waited, bound)
			}
			worst = max(worst, float64(waited)/float64(bound))
			if p == victim {
				waited = 0
			}
		}
	}
	// A bound far above the worst case would prove little.
	if worst < 0.75 {
		t.Errorf("the longest wait is %.2f of the bound", worst)
	}
}

func TestStrictFirstNothingElseLast(t *testing.T) {
	o := newOrder(t, scheduler.DefaultWeights())
	for range 100 {
		if p, ok := o.Next(among(scheduler.Priorities()...)); !ok || p != scheduler.StrictPriority {
			t.Fatalf("%v before StrictPriority", p)
		}
		if p, ok := o.Next(among(scheduler.NothingElse, scheduler.Lowest)); !ok || p != scheduler.Lowest {
			t.Fatalf("%v before Lowest", p)
		}
		if p, ok := o.Next(among(scheduler.NothingElse)); !ok || p != scheduler.NothingElse {
			t.Fatalf("%v, %v with only NothingElse waiting", p, ok)
		}
	}
	if p, ok := o.Next(among()); ok {
		t.Errorf("%v with no class waiting", p)
	}
	if p, ok := o.Next(nil); ok {
		t.Errorf("%v with a nil func", p)
	}
}

// A class that was served alone owes nothing afterwards, and an empty class
// saves no credit.
func TestNoCreditNoDebt(t *testing.T) {
	o := newOrder(t, scheduler.DefaultWeights())
	for range 1000 {
		o.Next(among(scheduler.Lowest))
	}
	var served [scheduler.Levels]int
	for range 80 {
		p, _ := o.Next(among(scheduler.Lowest, scheduler.Highest))
		served[p]++
	}
	if served[scheduler.Lowest] != 10 || served[scheduler.Highest] != 70 {
		t.Errorf("Lowest %d, Highest %d in 80 picks, want 10 and 70", served[scheduler.Lowest], served[scheduler.Highest])
	}
}

// Take returns what n calls of Next return, and leaves the same state.
func TestTakeIsRepeatedNext(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range rounds(300) {
		var w scheduler.Weights
		for i := range w {
			w[i] = 1 + random.IntN(20)
		}
		one := newOrder(t, w)
		if random.IntN(4) == 0 {
			one = scheduler.Order{}
		}
		many := one
		for range 30 {
			var waiting [scheduler.Levels]int
			for p := range waiting {
				if random.IntN(3) > 0 {
					waiting[p] = random.IntN(12) - 2
				}
			}
			n := random.IntN(70) - 2
			got := many.Take(n, waiting)
			var want [scheduler.Levels]int
			left := waiting
			for range n {
				if p, ok := one.Next(func(p scheduler.Priority) bool { return left[p] > 0 }); ok {
					left[p]--
					want[p]++
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%d places for %v: %s", n, waiting, diff)
			}
			if one != many {
				t.Fatalf("%d places for %v leave different states", n, waiting)
			}
		}
	}
}

func TestTakeOfExtremes(t *testing.T) {
	o := newOrder(t, scheduler.DefaultWeights())
	waiting := [scheduler.Levels]int{scheduler.Normal: 2, scheduler.StrictPriority: math.MaxInt, scheduler.Lowest: math.MinInt}
	got := o.Take(math.MaxInt, waiting)
	if want := ([scheduler.Levels]int{scheduler.StrictPriority: math.MaxInt}); got != want {
		t.Errorf("%v", got)
	}
	if got := o.Take(math.MinInt, waiting); got != ([scheduler.Levels]int{}) {
		t.Errorf("%v for a negative n", got)
	}
}

func TestOrderIsAValue(t *testing.T) {
	a := newOrder(t, scheduler.Weights{3, 1, 4, 1, 5, 9, 2})
	for range 17 {
		a.Next(among(middle()...))
	}
	b := a
	for n := range 100 {
		p, _ := a.Next(among(middle()...))
		q, _ := b.Next(among(middle()...))
		if p != q || a != b {
			t.Fatalf("pick %d: %v and %v", n, p, q)
		}
	}
	var zero scheduler.Order
	if zero.Weights() != scheduler.DefaultWeights() {
		t.Errorf("weights %v", zero.Weights())
	}
	std := newOrder(t, scheduler.DefaultWeights())
	zero.Next(among(middle()...))
	std.Next(among(middle()...))
	if zero != std || std.Weights() != scheduler.DefaultWeights() {
		t.Error("the zero Order differs from one with default weights")
	}
}

func BenchmarkOrder(b *testing.B) {
	var o scheduler.Order
	all := func(scheduler.Priority) bool { return true }
	seven := func(p scheduler.Priority) bool { return p != scheduler.StrictPriority }
	b.Run("strict", func(b *testing.B) {
		for b.Loop() {
			o.Next(all)
		}
	})
	b.Run("weighted", func(b *testing.B) {
		for b.Loop() {
			o.Next(seven)
		}
	})
	b.Run("take100", func(b *testing.B) {
		var waiting [scheduler.Levels]int
		for _, p := range middle() {
			waiting[p] = 1000
		}
		for b.Loop() {
			o.Take(100, waiting)
		}
	})
}

// Serve with the pick of a copy does what Next does.
func TestServeIsNext(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 14))
	var next, serve scheduler.Order
	for i := range 10_000 {
		mask := random.IntN(1 << scheduler.Levels)
		waiting := func(p scheduler.Priority) bool { return mask>>p&1 == 1 }
		trial := serve
		want, ok := trial.Next(waiting)
		if got, _ := next.Next(waiting); got != want {
			t.Fatalf("pick %d: Next gave %v, a copy kept by Serve %v", i, got, want)
		}
		if !ok {
			serve = trial
			continue
		}
		serve.Serve(want, waiting)
	}
}

// A class that is served out of turn pays for it, and the others lose nothing.
func TestServeOutOfTurn(t *testing.T) {
	var o scheduler.Order
	waiting := func(p scheduler.Priority) bool { return p == scheduler.Normal || p == scheduler.Low }
	for range 3 {
		o.Serve(scheduler.Low, waiting)
	}
	counts := make(map[scheduler.Priority]int)
	for range 100 {
		p, _ := o.Next(waiting)
		counts[p]++
	}
	var fair scheduler.Order
	want := make(map[scheduler.Priority]int)
	for range 103 {
		p, _ := fair.Next(waiting)
		want[p]++
	}
	if counts[scheduler.Low]+3 > want[scheduler.Low]+1 {
		t.Errorf("Low was served %d times after 3 out of turn, %d times in 103 fair picks", counts[scheduler.Low], want[scheduler.Low])
	}
}
