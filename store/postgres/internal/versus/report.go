package main

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// unit is what a row is in.
type unit uint8

const (
	perSecond unit = iota // more is better
	millis                // less is better
	inBytes               // less is better
)

// format writes a figure.
func (u unit) format(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case u == millis:
		return fmt.Sprintf("%.2f ms", v)
	case u == inBytes:
		return fmt.Sprintf("%.0f B", v)
	}
	return grouped(int64(math.Round(v))) + "/s"
}

// grouped writes a number with commas.
func grouped(n int64) string {
	if n < 0 {
		return "-" + grouped(-n)
	}
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// goal is what a row is to reach. The zero goal is none.
type goal struct {
	// must and aim bound the ratio from below, or, with most set, our figure
	// from above.
	must, aim float64
	most      bool
	// never asks that our figure is not below zero.
	never bool
}

// ratioOf and atMost are goals; an aim of zero is none beyond must.
func ratioOf(must, aim float64) goal { return goal{must: must, aim: aim} }
func atMost(must, aim float64) goal  { return goal{must: must, aim: aim, most: true} }

// String writes the goal as "must / aim".
func (g goal) String() string {
	switch {
	case g == goal{}:
		return "-"
	case g.never:
		return "never early"
	}
	text := fmt.Sprintf("%g", g.must)
	if g.aim != 0 {
		text += fmt.Sprintf(" / %g", g.aim)
	}
	if g.most {
		return "<= " + text
	}
	return text
}

// verdict compares a row with its goal.
func (g goal) verdict(ours, ratio float64) string {
	reached := func(bound float64) bool {
		switch {
		case g.never:
			return ours >= 0
		case g.most:
			return ours <= bound
		}
		return ratio >= bound
	}
	switch {
	case g == goal{}:
		return ""
	case !reached(g.must):
		return "MISSED"
	case g.never || g.aim == 0 || !reached(g.aim):
		return "must"
	}
	return "aim"
}

// row is one line.
type row struct {
	name         string
	against      string // what theirs is
	unit         unit
	ours, theirs float64
	hand         float64 // NaN: none
	goal         goal
	cpu          [3]result // ours, theirs, hand; zero where it has no meaning
}

// ratio is how many times better ours is; NaN where that has no meaning.
func (r row) ratio() float64 {
	if r.goal.never || r.ours <= 0 {
		return math.NaN()
	}
	if r.unit == perSecond {
		return r.ours / r.theirs
	}
	return r.theirs / r.ours
}

const rowFormat = "%-18s %10s %11s %7s  %-11s %-6s  %-18s %10s  %10s %10s %10s"

// heading is the line above the rows.
func heading() string {
	return strings.TrimRight(fmt.Sprintf(rowFormat,
		"name", "ours", "theirs", "ratio", "goal", "", "theirs is", "hand", "cpu ours", "theirs", "hand"), " ")
}

// String writes the line.
func (r row) String() string {
	ratio := "-"
	if v := r.ratio(); !math.IsNaN(v) {
		ratio = fmt.Sprintf("%.2f", v)
	}
	var cpu [3]string
	for i, c := range r.cpu {
		cpu[i] = processorTime(c)
	}
	return strings.TrimRight(fmt.Sprintf(rowFormat, r.name, r.unit.format(r.ours), r.unit.format(r.theirs), ratio,
		r.goal.String(), r.goal.verdict(r.ours, r.ratio()), r.against, r.unit.format(r.hand), cpu[0], cpu[1], cpu[2]), " ")
}

// processorTime writes microseconds an operation, of client + server.
func processorTime(r result) string {
	if r.client == 0 || math.IsNaN(r.server) {
		return "-"
	}
	return fmt.Sprintf("%.0f+%.0f", r.client, r.server)
}

// report writes rows as they come, and remembers which missed a must.
type report struct {
	out    io.Writer
	missed []string
}

func (p *report) add(rows ...row) error {
	for _, r := range rows {
		if r.goal.verdict(r.ours, r.ratio()) == "MISSED" {
			p.missed = append(p.missed, r.name)
		}
		if _, err := fmt.Fprintln(p.out, r); err != nil {
			return err
		}
	}
	return nil
}

// say writes a line that is no row. What cannot be written shows at the next
// row.
func (p *report) say(text string) { _, _ = fmt.Fprintln(p.out, text) }
