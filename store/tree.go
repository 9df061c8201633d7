package store

import "slices"

// fanout is the maximum number of items in a leaf and of children of an inner
// node. A tree of 1,000,000 items is three levels deep.
const fanout = 128

// tree is an ordered set: a B+ tree with linked leaves, so that a search page
// is a walk along arrays. compare must be set, and must be a strict order over
// all items that are ever in the tree.
type tree[T any] struct {
	compare func(a, b T) int
	root    *node[T]
	first   *node[T] // the leftmost leaf; splits and merges keep it
	last    *node[T] // the rightmost leaf
	size    int
}

// node is a leaf (kids is nil) with items in order, or an inner node. The items
// of kids[i] are below seps[i], and those of kids[i+1] are not.
type node[T any] struct {
	items      []T
	seps       []T
	kids       []*node[T]
	next, prev *node[T] // neighbours of a leaf
}

// Len returns the number of items.
func (t *tree[T]) Len() int { return t.size }

// Insert adds an item. It returns false and changes nothing if an equal one
// exists.
func (t *tree[T]) Insert(item T) bool {
	if t.root == nil {
		t.root = &node[T]{}
		t.first, t.last = t.root, t.root
	}
	// A fast path, because most orders are of growing times and IDs.
	if last := t.last; len(last.items) > 0 && len(last.items) < fanout && t.compare(item, last.items[len(last.items)-1]) > 0 {
		last.items = append(last.items, item)
		t.size++
		return true
	}
	added, sep, right := t.insert(t.root, item)
	if right != nil {
		t.root = &node[T]{seps: []T{sep}, kids: []*node[T]{t.root, right}}
	}
	if added {
		t.size++
	}
	return added
}

func (t *tree[T]) insert(n *node[T], item T) (added bool, sep T, right *node[T]) {
	if n.kids == nil {
		i, found := slices.BinarySearchFunc(n.items, item, t.compare)
		if found {
			return false, sep, nil
		}
		if len(n.items) < fanout {
			n.items = slices.Insert(n.items, i, item)
			return true, sep, nil
		}
		right = n.splitLeaf(i)
		if right.next == nil {
			t.last = right
		}
		if i > len(n.items) || len(right.items) == 0 {
			right.items = slices.Insert(right.items, i-len(n.items), item)
		} else {
			n.items = slices.Insert(n.items, i, item)
		}
		return true, right.items[0], right
	}
	i := t.child(n, item)
	added, childSep, childRight := t.insert(n.kids[i], item)
	if childRight == nil {
		return added, sep, nil
	}
	n.seps = slices.Insert(n.seps, i, childSep)
	n.kids = slices.Insert(n.kids, i+1, childRight)
	if len(n.kids) <= fanout {
		return added, sep, nil
	}
	sep, right = n.splitInner()
	return added, sep, right
}

// splitLeaf moves the upper half of a full leaf to a new right neighbour. At
// the end of the tree, where items may be arriving in order, the leaf stays
// full instead.
func (n *node[T]) splitLeaf(at int) *node[T] {
	right := &node[T]{prev: n, next: n.next}
	if n.next != nil {
		n.next.prev = right
	}
	n.next = right
	if at == len(n.items) && right.next == nil {
		return right
	}
	half := len(n.items) / 2
	right.items = append(make([]T, 0, fanout), n.items[half:]...)
	clear(n.items[half:])
	n.items = n.items[:half]
	return right
}

func (n *node[T]) splitInner() (sep T, right *node[T]) {
	half := len(n.kids) / 2
	sep = n.seps[half-1]
	right = &node[T]{
		seps: append(make([]T, 0, fanout), n.seps[half:]...),
		kids: append(make([]*node[T], 0, fanout+1), n.kids[half:]...),
	}
	clear(n.seps[half-1:])
	clear(n.kids[half:])
	n.seps, n.kids = n.seps[:half-1], n.kids[:half]
	return sep, right
}

// child returns the index of the child whose range contains item.
func (t *tree[T]) child(n *node[T], item T) int {
	i, found := slices.BinarySearchFunc(n.seps, item, t.compare)
	if found {
		i++
	}
	return i
}

// Delete removes the item equal to the given one and reports whether it
// existed.
func (t *tree[T]) Delete(item T) bool {
	if t.root == nil || !t.remove(t.root, item) {
		return false
	}
	t.size--
	for len(t.root.kids) == 1 {
		t.root = t.root.kids[0]
	}
	return true
}

func (t *tree[T]) remove(n *node[T], item T) bool {
	if n.kids == nil {
		i, found := slices.BinarySearchFunc(n.items, item, t.compare)
		if found {
			n.items = slices.Delete(n.items, i, i+1)
		}
		return found
	}
	i := t.child(n, item)
	if !t.remove(n.kids[i], item) {
		return false
	}
	// Merge neighbours that fit into three quarters of a node, so that
	// deletions do not leave a chain of nearly empty nodes.
	if i > 0 && n.kids[i-1].load()+n.kids[i].load() <= fanout*3/4 {
		t.merge(n, i-1)
	} else if i+1 < len(n.kids) && n.kids[i].load()+n.kids[i+1].load() <= fanout*3/4 {
		t.merge(n, i)
	}
	return true
}

func (n *node[T]) load() int { return len(n.items) + len(n.kids) }

// merge joins child i+1 into child i.
func (t *tree[T]) merge(n *node[T], i int) {
	left, right := n.kids[i], n.kids[i+1]
	if left.kids == nil {
		left.items = append(left.items, right.items...)
		left.next = right.next
		if right.next != nil {
			right.next.prev = left
		} else {
			t.last = left
		}
	} else {
		left.seps = append(append(left.seps, n.seps[i]), right.seps...)
		left.kids = append(left.kids, right.kids...)
	}
	n.seps = slices.Delete(n.seps, i, i+1)
	n.kids = slices.Delete(n.kids, i+1, i+2)
}

// Get returns the item equal to the given one.
func (t *tree[T]) Get(item T) (T, bool) {
	c := t.Seek(item)
	if c.Valid() && t.compare(c.Item(), item) == 0 {
		return c.Item(), true
	}
	var zero T
	return zero, false
}

// position is on an item of a tree, or outside (not Valid). A change of the
// tree invalidates it.
type position[T any] struct {
	leaf *node[T]
	at   int
}

// Valid reports whether the position is on an item.
func (p *position[T]) Valid() bool { return p.leaf != nil }

// Item returns the item at a valid position.
func (p *position[T]) Item() T { return p.leaf.items[p.at] }

// Next moves to the next item.
func (p *position[T]) Next() {
	p.at++
	for p.leaf != nil && p.at >= len(p.leaf.items) {
		p.leaf, p.at = p.leaf.next, 0
	}
}

// Prev moves to the previous item.
func (p *position[T]) Prev() {
	p.at--
	for p.leaf != nil && p.at < 0 {
		if p.leaf = p.leaf.prev; p.leaf != nil {
			p.at = len(p.leaf.items) - 1
		}
	}
}

// Seek returns the position of the first item that is not below the given one.
func (t *tree[T]) Seek(item T) position[T] {
	n := t.root
	if n == nil {
		return position[T]{}
	}
	for n.kids != nil {
		n = n.kids[t.child(n, item)]
	}
	i, _ := slices.BinarySearchFunc(n.items, item, t.compare)
	p := position[T]{leaf: n, at: i - 1}
	p.Next()
	return p
}

// Behind returns the position of the first item that is above the given one.
func (t *tree[T]) Behind(item T) position[T] {
	p := t.Seek(item)
	if p.Valid() && t.compare(p.Item(), item) == 0 {
		p.Next()
	}
	return p
}

// First returns the position of the smallest item.
func (t *tree[T]) First() position[T] {
	if t.root == nil {
		return position[T]{}
	}
	p := position[T]{leaf: t.first, at: -1}
	p.Next()
	return p
}

// Last returns the position of the largest item.
func (t *tree[T]) Last() position[T] {
	if t.root == nil {
		return position[T]{}
	}
	p := position[T]{leaf: t.last, at: len(t.last.items)}
	p.Prev()
	return p
}
