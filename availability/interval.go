package availability

import "slices"

// interval is a half-open interval [start, end) in Unix seconds.
type interval struct{ start, end int64 }

// The functions below expect lists whose intervals are ascending, disjoint and
// not adjacent. normalize produces such a list.

// push appends an interval, merging it with the last one if they touch. It
// reports whether the list is still ascending.
func push(list []interval, start, end int64) (_ []interval, ordered bool) {
	if start >= end {
		return list, true
	}
	n := len(list)
	if n == 0 || start > list[n-1].end {
		return append(list, interval{start, end}), true
	}
	if start < list[n-1].start {
		return append(list, interval{start, end}), false
	}
	list[n-1].end = max(list[n-1].end, end)
	return list, true
}

// normalize sorts and merges intervals in place.
func normalize(list []interval) []interval {
	slices.SortFunc(list, func(a, b interval) int {
		switch {
		case a.start < b.start:
			return -1
		case a.start > b.start:
			return 1
		}
		return 0
	})
	joined := list[:0]
	for _, iv := range list {
		joined, _ = push(joined, iv.start, iv.end)
	}
	return joined
}

// union returns the union of two lists.
func union(a, b []interval) []interval {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	return normalize(append(slices.Clip(a), b...))
}

// subtract returns a without b.
func subtract(a, b []interval) []interval {
	if len(a) == 0 || len(b) == 0 {
		return a
	}
	rest := make([]interval, 0, len(a)+len(b))
	j := 0
	for _, iv := range a {
		at := iv.start
		for ; j < len(b) && b[j].end <= at; j++ {
		}
		for k := j; k < len(b) && b[k].start < iv.end; k++ {
			rest, _ = push(rest, at, b[k].start)
			at = max(at, b[k].end)
		}
		rest, _ = push(rest, at, iv.end)
	}
	return rest
}

// intersect returns the intersection of two lists.
func intersect(a, b []interval) []interval {
	var both []interval
	for i, j := 0, 0; i < len(a) && j < len(b); {
		both, _ = push(both, max(a[i].start, b[j].start), min(a[i].end, b[j].end))
		if a[i].end < b[j].end {
			i++
		} else {
			j++
		}
	}
	return both
}

// clip limits a list to [from, to), in place.
func clip(list []interval, from, to int64) []interval {
	kept := list[:0]
	for _, iv := range list {
		kept, _ = push(kept, max(iv.start, from), min(iv.end, to))
	}
	return kept
}
