package store

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// checkTree compares a tree with the sorted list of its expected items and
// checks its structure.
func checkTree(t *testing.T, tr *tree[int], want []int) {
	t.Helper()
	var up, down []int
	for p := tr.First(); p.Valid(); p.Next() {
		up = append(up, p.Item())
	}
	for p := tr.Last(); p.Valid(); p.Prev() {
		down = append(down, p.Item())
	}
	slices.Reverse(down)
	if !slices.Equal(up, want) || !slices.Equal(down, want) || tr.Len() != len(want) {
		t.Fatalf("tree holds %v forwards, %v backwards, %d in all; want %v", up, down, tr.Len(), want)
	}
	if tr.root != nil {
		checkNode(t, tr.root, -1<<62, 1<<62)
	}
}

// checkNode checks bounds, sizes and depth below a node and returns its depth.
func checkNode(t *testing.T, n *node[int], low, high int) int {
	t.Helper()
	if n.kids == nil {
		if len(n.items) > fanout {
			t.Fatalf("leaf of %d items", len(n.items))
		}
		for _, x := range n.items {
			if x < low || x >= high {
				t.Fatalf("item %d is not within [%d, %d)", x, low, high)
			}
		}
		return 0
	}
	if len(n.seps) != len(n.kids)-1 || len(n.kids) > fanout {
		t.Fatalf("inner node of %d children, %d separators", len(n.kids), len(n.seps))
	}
	depth := -1
	for i, kid := range n.kids {
		from, to := low, high
		if i > 0 {
			from = n.seps[i-1]
		}
		if i < len(n.seps) {
			to = n.seps[i]
		}
		d := checkNode(t, kid, from, to)
		if depth >= 0 && d != depth {
			t.Fatalf("leaves at depths %d and %d", d, depth)
		}
		depth = d
	}
	return depth + 1
}

func newIntTree() *tree[int] { return &tree[int]{compare: cmp.Compare[int]} }

func TestTreeAgainstSortedList(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 3))
		tr, model := newIntTree(), []int(nil)
		space := []int{5, 300, 3000, 100_000}[seed%4]
		for step := range 12_000 {
			x := r.IntN(space)
			i, found := slices.BinarySearch(model, x)
			// Alternate between growth and shrinkage.
			if r.IntN(10) < 3+4*(step/3000%2) {
				if tr.Delete(x) != found {
					t.Fatalf("Delete(%d) says %v", x, !found)
				}
				if found {
					model = slices.Delete(model, i, i+1)
				}
			} else {
				if tr.Insert(x) == found {
					t.Fatalf("Insert(%d) says %v", x, found)
				}
				if !found {
					model = slices.Insert(model, i, x)
				}
			}
			y := r.IntN(space)
			j, there := slices.BinarySearch(model, y)
			if got, ok := tr.Get(y); ok != there || ok && got != y {
				t.Fatalf("Get(%d) = %d, %v", y, got, ok)
			}
			p := tr.Seek(y)
			if p.Valid() != (j < len(model)) || p.Valid() && p.Item() != model[j] {
				t.Fatalf("Seek(%d) is wrong", y)
			}
			if step%1500 == 0 {
				checkTree(t, tr, model)
			}
		}
		checkTree(t, tr, model)
		for len(model) > 0 {
			i := r.IntN(len(model))
			tr.Delete(model[i])
			model = slices.Delete(model, i, i+1)
		}
		checkTree(t, tr, nil)
	}
}

func TestTreeInOrder(t *testing.T) {
	const n = 20_000
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	for name, step := range map[string]int{"ascending": 1, "descending": -1} {
		tr := newIntTree()
		for i := range all {
			tr.Insert((i*step + n) % n)
		}
		checkTree(t, tr, all)
		leaves := 0
		for leaf := tr.Seek(0).leaf; leaf != nil; leaf = leaf.next {
			leaves++
		}
		if most := n/fanout + 2; step == 1 && leaves > most {
			t.Errorf("%s: %d leaves, want at most %d: they should stay full", name, leaves, most)
		}
		// A queue: items leave at the front while others are added at the end.
		for i := range n {
			tr.Delete(i)
			tr.Insert(n + i)
		}
		for i := range all {
			all[i] = n + i
		}
		checkTree(t, tr, all)
		for i := range all {
			all[i] = i
		}
	}
}

func TestEmptyTree(t *testing.T) {
	tr := newIntTree()
	for name, p := range map[string]position[int]{"First": tr.First(), "Last": tr.Last(), "Seek": tr.Seek(1)} {
		if p.Valid() {
			t.Errorf("%s of an empty tree is valid", name)
		}
	}
	if _, ok := tr.Get(1); ok || tr.Delete(1) || tr.Len() != 0 {
		t.Error("an empty tree holds something")
	}
}
