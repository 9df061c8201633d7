package main

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback"
)

const (
	width   = 1320
	height  = 614
	boxW    = 116
	boxH    = 44
	rowY    = 330 // top of the boxes of the main row
	lowerY  = 450 // top of Paused and Unresolved
	barY    = 548 // top of the bar of Completed
	portGap = 12
)

// node is a state with the middle of its box.
type node struct {
	state callback.State // 0 is creation
	x     float64
	lower bool // in the row below the main one
}

func nodes() []node {
	return []node{
		{0, 80, false},
		{callback.Scheduled, 270, false},
		{callback.Queued, 460, false},
		{callback.Offered, 650, false},
		{callback.Dialing, 840, false},
		{callback.Routing, 1030, false},
		{callback.Processing, 1220, false},
		{callback.Paused, 365, true},
		{callback.Unresolved, 935, true},
	}
}

func (n node) name() string {
	if n.state == 0 {
		return "(new)"
	}
	name := n.state.String()
	return name[:1] + strings.ToLower(name[1:])
}

func (n node) top() float64 {
	if n.lower {
		return lowerY
	}
	return rowY
}

// common reports whether a transition is part of the life of most callbacks.
func common(from, to callback.State) bool {
	switch from {
	case 0:
		return to == callback.Scheduled || to == callback.Queued
	case callback.Scheduled:
		return to == callback.Queued
	case callback.Queued:
		return to == callback.Dialing
	case callback.Dialing:
		return to == callback.Routing || to == callback.Queued
	case callback.Routing:
		return to == callback.Processing
	case callback.Processing:
		return to == callback.Completed
	default:
		return false
	}
}

// edge is a line between two nodes, a left of b, with the transitions it shows.
type edge struct {
	a, b        node
	ahead, back bool // a to b, b to a
	ax, ay      float64
	bx, by      float64
	bold        bool
}

// draw returns the diagram, or an error when a state has no place in it.
func draw() ([]byte, error) {
	all := nodes()
	for _, s := range callback.States() {
		if s != callback.Completed && !slices.ContainsFunc(all, func(n node) bool { return n.state == s }) {
			return nil, fmt.Errorf("state %v has no position", s)
		}
	}
	w := new(bytes.Buffer)
	head(w)
	for _, e := range arcs(all) {
		e.arc(w)
	}
	for _, e := range neighbours(all) {
		e.line(w)
	}
	for _, n := range all {
		completion(w, n)
		box(w, n)
	}
	foot(w)
	return w.Bytes(), nil
}

func connect(a, b node) (edge, bool) {
	if a.x > b.x {
		a, b = b, a
	}
	e := edge{a: a, b: b, ahead: callback.CanMove(a.state, b.state), back: b.state != 0 && callback.CanMove(b.state, a.state)}
	if a.state == 0 {
		e.back = false
	}
	e.bold = e.ahead && common(a.state, b.state) || e.back && common(b.state, a.state)
	return e, e.ahead || e.back
}

// arcs are the transitions between states of the main row that are not next to
// each other, the longest first. Their ends are spread over the top edges of the
// boxes so that arcs of one box nest.
func arcs(all []node) []edge {
	var out []edge
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.lower || b.lower || b.x-a.x < 200 {
				continue
			}
			if e, ok := connect(a, b); ok {
				out = append(out, e)
			}
		}
	}
	for _, n := range all {
		var ends []*float64
		var left, right []*edge
		for i := range out {
			switch e := &out[i]; n.state {
			case e.b.state:
				left = append(left, e)
			case e.a.state:
				right = append(right, e)
			}
		}
		// Left to right: arcs from the nearest to the farthest on the left, then
		// arcs to the farthest to the nearest on the right.
		slices.SortFunc(left, func(p, q *edge) int { return cmp.Compare(q.a.x, p.a.x) })
		slices.SortFunc(right, func(p, q *edge) int { return cmp.Compare(q.b.x, p.b.x) })
		for _, e := range left {
			ends = append(ends, &e.bx)
		}
		for _, e := range right {
			ends = append(ends, &e.ax)
		}
		for i, x := range ends {
			*x = n.x + (float64(i)-float64(len(ends)-1)/2)*portGap
		}
	}
	slices.SortStableFunc(out, func(p, q edge) int { return cmp.Compare(q.b.x-q.a.x, p.b.x-p.a.x) })
	return out
}

// neighbours are the transitions between states that are next to each other, or
// in different rows.
func neighbours(all []node) []edge {
	var out []edge
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.lower && b.lower {
				continue
			}
			e, ok := connect(a, b)
			if !ok || !a.lower && !b.lower && e.b.x-e.a.x >= 200 {
				continue
			}
			e.ax, e.bx = e.a.x+boxW/2, e.b.x-boxW/2
			e.ay, e.by = e.a.top()+boxH/2, e.b.top()+boxH/2
			if e.a.lower != e.b.lower {
				e.slant()
			}
			out = append(out, e)
		}
	}
	return out
}

// slant moves the ends of a line between the two rows: from the lower edge of
// the upper box to the side, or the upper edge, of the lower one.
func (e *edge) slant() {
	far := e.b.x-e.a.x > 200
	if e.b.lower {
		e.ax, e.ay = e.a.x+boxW/4, rowY+boxH
		e.bx, e.by = e.b.x-boxW/4, lowerY
		if far {
			e.bx, e.by = e.b.x-boxW/2, lowerY+boxH/2
		}
		return
	}
	e.ax, e.ay = e.a.x+boxW/4, lowerY
	e.bx, e.by = e.b.x-boxW/4, rowY+boxH
	if far {
		e.ax, e.ay = e.a.x+boxW/2, lowerY+boxH/2
	}
}

func (e edge) attributes() string {
	class := "move"
	if e.bold {
		class = "common"
	}
	s := fmt.Sprintf("class=%q", class)
	if e.back {
		s += fmt.Sprintf(" marker-start=\"url(#%s)\"", class)
	}
	if e.ahead {
		s += fmt.Sprintf(" marker-end=\"url(#%s)\"", class)
	}
	return s
}

func (e edge) title() string {
	arrow := "->"
	if e.ahead && e.back {
		arrow = "<->"
	} else if e.back {
		arrow = "<-"
	}
	return fmt.Sprintf("<title>%s %s %s</title>", e.a.name(), escape(arrow), e.b.name())
}

func (e edge) arc(w *bytes.Buffer) {
	steps := math.Round((e.b.x - e.a.x) / 190)
	h := 62*steps - 30
	lean := 10 * steps
	fmt.Fprintf(w, "<path %s d=\"M%.1f,%d C%.1f,%.1f %.1f,%.1f %.1f,%d\">%s</path>\n", e.attributes(),
		e.ax, rowY, e.ax+lean, rowY-h, e.bx-lean, rowY-h, e.bx, rowY, e.title())
}

func (e edge) line(w *bytes.Buffer) {
	if e.a.lower != e.b.lower && e.b.x-e.a.x > 200 {
		// Around the boxes between the two.
		mx, my := e.ax, e.by
		if e.a.lower {
			mx, my = e.bx, e.ay
		}
		fmt.Fprintf(w, "<path %s d=\"M%.1f,%.1f Q%.1f,%.1f %.1f,%.1f\">%s</path>\n", e.attributes(), e.ax, e.ay, mx, my, e.bx, e.by, e.title())
		return
	}
	fmt.Fprintf(w, "<path %s d=\"M%.1f,%.1f L%.1f,%.1f\">%s</path>\n", e.attributes(), e.ax, e.ay, e.bx, e.by, e.title())
}

// completion draws the transition from n to Completed.
func completion(w *bytes.Buffer, n node) {
	if !callback.CanMove(n.state, callback.Completed) {
		return
	}
	e := edge{a: n, ahead: true, bold: common(n.state, callback.Completed)}
	fmt.Fprintf(w, "<path %s d=\"M%.1f,%.1f L%.1f,%d\"><title>%s -&gt; Completed</title></path>\n", e.attributes(), n.x, n.top()+boxH, n.x, barY, n.name())
}

func box(w *bytes.Buffer, n node) {
	class := "state"
	if n.state == 0 {
		class = "new"
	}
	fmt.Fprintf(w, "<rect class=%q x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n", class, n.x-boxW/2, n.top(), boxW, boxH)
	name := n.name()
	if n.state != 0 && callback.CanMove(n.state, n.state) {
		name += " *"
	}
	fmt.Fprintf(w, "<text x=\"%.1f\" y=\"%.1f\">%s</text>\n", n.x, n.top()+boxH/2+5, name)
}

func head(w *bytes.Buffer) {
	fmt.Fprintf(w, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"15\">\n", width, height)
	fmt.Fprintln(w, "<!-- Generated by callback/internal/diagram from the table in callback/lifecycle.go; do not edit. -->")
	fmt.Fprintln(w, "<title>States of a callback</title>")
	fmt.Fprintln(w, "<style>")
	fmt.Fprintln(w, "text{text-anchor:middle;fill:#1b1f24} .note{text-anchor:start;font-size:14px} path{fill:none}")
	fmt.Fprintln(w, ".state{fill:#ddf4ff;stroke:#0969da} .new{fill:#fff;stroke:#57606a;stroke-dasharray:4 3} .end{fill:#dafbe1;stroke:#1a7f37}")
	fmt.Fprintln(w, ".move{stroke:#8c959f;stroke-width:1.2} .common{stroke:#0550ae;stroke-width:2.8}")
	fmt.Fprintln(w, "</style>")
	for _, m := range []struct{ id, color string }{{"move", "#57606a"}, {"common", "#0550ae"}} {
		fmt.Fprintf(w, "<marker id=%q viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"9\" markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto-start-reverse\"><path d=\"M0,1 L10,5 L0,9 z\" style=\"fill:%s;stroke:none\"/></marker>\n", m.id, m.color)
	}
	fmt.Fprintf(w, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", width, height)
}

func foot(w *bytes.Buffer) {
	fmt.Fprintf(w, "<rect class=\"end\" x=\"22\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n", barY, width-44, boxH)
	name := "Completed (with a reason)"
	if callback.CanMove(callback.Completed, callback.Completed) {
		name += " *"
	}
	fmt.Fprintf(w, "<text x=\"%d\" y=\"%d\">%s</text>\n", width/2, barY+boxH/2+5, name)
	for i, line := range []string{
		"Bold: the life of most callbacks. An arrow at both ends stands for two transitions.",
		"*: may be written again in the same state (another time, another attempt, another offer).",
	} {
		fmt.Fprintf(w, "<text class=\"note\" x=\"24\" y=\"%d\">%s</text>\n", 30+20*i, line)
	}
	fmt.Fprintln(w, "</svg>")
}

func escape(s string) string { return strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(s) }
