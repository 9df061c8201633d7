package main

import (
	"fmt"
	"io"
	"strings"
)

// print writes the table. The error is errWrong when a count that must be zero
// is not.
func (t *tally) print(out io.Writer) error {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }

	line("")
	line("%-24s %8s %8s %8s %8s", "", nodeNames()[0], nodeNames()[1], nodeNames()[2], "all")
	for _, row := range []struct {
		name string
		by   map[string]int
	}{
		{"requests accepted", t.acceptedBy}, {"calls placed", t.calls.byNode}, {"callbacks completed", t.completedBy},
	} {
		all := 0
		cells := ""
		for _, name := range nodeNames() {
			all += row.by[name]
			cells += fmt.Sprintf(" %8d", row.by[name])
		}
		line("%-24s%s %8d", row.name, cells, all)
	}

	line("")
	line("%d requests: %d accepted, %d refused because their time was full", t.asked, t.accepted, t.full)
	line("%d callbacks completed after %d calls", t.completed, sum(t.calls.byNode))
	for _, service := range serviceNames() {
		line("%-8s  at most %d of %d seats taken, %d of %d lines busy",
			service, t.mostSeats[service], t.plan.seats, t.calls.mostLines[service], t.plan.lines)
	}

	line("")
	line("what the death of %s left behind", nodeNames()[1])
	line("%5d  requests without an answer, made again under the same key", t.repeated)
	line("%5d  reports of calls that reached no node", t.calls.unheard)
	line("%5d  attempts in doubt", t.doubts)
	line("%5d      resolved by look-up: the call had ended", t.ended)
	line("%5d      resolved by look-up: never placed, another attempt followed", t.never)
	if t.live > 0 {
		line("%5d      resolved by look-up: the call was still up", t.live)
	}
	line("%5d  claims given back by the end of their lease", t.givenBack)

	line("")
	line("must be zero")
	wrong := 0
	for _, row := range t.zeros() {
		mark := ""
		if row.n != 0 {
			wrong++
			mark = "   WRONG"
		}
		line("%5d  %s%s", row.n, row.name, mark)
	}
	line("")
	if wrong == 0 {
		line("Nothing was lost, and no customer was called twice.")
	} else {
		line("%d of the counts are wrong.", wrong)
	}
	if _, err := io.WriteString(out, b.String()); err != nil {
		return err
	}
	if wrong > 0 {
		return errWrong
	}
	return nil
}

// zero is a count that must be zero.
type zero struct {
	name string
	n    int
}

func (t *tally) zeros() []zero {
	over := 0
	for _, service := range serviceNames() {
		over += max(0, t.mostSeats[service]-t.plan.seats) + max(0, t.calls.mostLines[service]-t.plan.lines)
	}
	return []zero{
		{"accepted and lost", t.lost},
		{"accepted twice", t.twice},
		{"accepted without the customer knowing", t.unasked},
		{"attempts placed twice", t.calls.twice},
		{"customers with two calls at once", t.calls.doubled},
		{"customers called again after they had talked", t.calls.again},
		{"calls without a committed attempt", t.unknown},
		{"calls placed after a look-up had denied them", t.calls.refused},
		{"completed without a talk", t.wordOnly},
		{"seats and lines over capacity", over},
		{"attempts still in doubt", t.open},
	}
}

func sum[K comparable](by map[K]int) int {
	n := 0
	for _, v := range by {
		n += v
	}
	return n
}
