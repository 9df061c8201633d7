package scheduler

import (
	"strconv"
	"strings"
)

// names are the words of an enumeration, by value.
type names []string

// format writes an enumeration value; one without a name shows as its number,
// as in Priority(12).
func (n names) format(kind string, v uint8) string {
	if int(v) < len(n) {
		return n[v]
	}
	return kind + "(" + strconv.Itoa(int(v)) + ")"
}

// parse finds the value of a word, whatever its case.
func (n names) parse(kind, word string, fact error) (uint8, error) {
	for v, name := range n {
		if strings.EqualFold(name, word) {
			return uint8(v), nil
		}
	}
	return 0, fault(kind, strconv.Quote(cut(word)), "must be one of "+strings.Join(n, ", "), fact)
}

// marshal is format for values that must have a name.
func (n names) marshal(kind string, v uint8, fact error) ([]byte, error) {
	if int(v) >= len(n) {
		return nil, fault(kind, strconv.Itoa(int(v)), "has no name", fact)
	}
	return []byte(n[v]), nil
}

// cut keeps quoting a hostile word from costing more than reading its start.
func cut(word string) string { return word[:min(len(word), 128)] }
