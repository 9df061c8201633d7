package scheduler

import (
	"strconv"
	"strings"
)

// names holds the names of an enumeration's values; the index is the value.
type names []string

// format returns the name of v. A value without a name is shown as its number,
// such as Priority(12).
func (n names) format(kind string, v uint8) string {
	if int(v) < len(n) {
		return n[v]
	}
	return kind + "(" + strconv.Itoa(int(v)) + ")"
}

// parse returns the value that word names, ignoring case.
func (n names) parse(kind, word string, fact error) (uint8, error) {
	for v, name := range n {
		if strings.EqualFold(name, word) {
			return uint8(v), nil
		}
	}
	return 0, fault(kind, strconv.Quote(cut(word)), "must be one of "+strings.Join(n, ", "), fact)
}

// marshal returns the name of v, or an error if it has none.
func (n names) marshal(kind string, v uint8, fact error) ([]byte, error) {
	if int(v) >= len(n) {
		return nil, fault(kind, strconv.Itoa(int(v)), "has no name", fact)
	}
	return []byte(n[v]), nil
}

// cut limits word to 128 bytes, so that quoting hostile input stays cheap.
func cut(word string) string { return word[:min(len(word), 128)] }
