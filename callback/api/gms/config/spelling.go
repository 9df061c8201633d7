package config

import (
	"maps"
	"slices"
	"strings"
)

// suggestSection suggests a section with a similar name.
func (b *builder) suggestSection(name string) string {
	i := strings.IndexAny(name, ".:/ ")
	if i > 0 && nearest(name[:i], []string{"service"}) != "" {
		return " (did you mean service." + shownName(strings.TrimLeft(name[i+1:], ".:/ ")) + "?)"
	}
	return didYouMean(name, []string{"callback", "patterns", "server", "services"})
}

// suggest suggests an option of a kind of service with a similar name.
func (b *builder) suggest(name, kind string) string {
	switch kind {
	case kindHours:
		return didYouMean(strings.TrimRight(name, "0123456789"), append(hoursStems(), "_timezone", "username", "password"))
	case kindCapacity:
		return didYouMean(name, append(capacityNames(), "username", "password"))
	}
	return didYouMean(name, append(slices.Clone(b.order), slices.Sorted(maps.Keys(aliases()))...))
}

// didYouMean suggests the nearest known name, if there is one.
func didYouMean(name string, known []string) string {
	if near := nearest(name, known); near != "" {
		return " (did you mean " + near + "?)"
	}
	return ""
}

// nearest returns the known name with the smallest edit distance, at most a
// third of the length; "" if there is none. Case, underscores and dashes are
// ignored.
func nearest(name string, known []string) string {
	const longest = 64 // longer than any known name
	plain := plainName(name)
	if len(plain) > longest || len(plain) < 3 {
		return ""
	}
	best, least := "", len(plain)/3+1
	for _, k := range known {
		other := plainName(k)
		if d := len(other) - len(plain); d >= least || -d >= least || k == name {
			continue
		}
		if d := changes(plain, other); d < least {
			best, least = k, d
		}
	}
	return best
}

func plainName(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name))
}

// changes returns the number of insertions, deletions, substitutions and
// transpositions that turn a into b.
func changes(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
