package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback"
)

func TestCommittedDiagram(t *testing.T) {
	want, err := draw()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../states.svg")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("callback/states.svg differs from the table of transitions: go run ./callback/internal/diagram")
	}
}

// Each transition to another state has an arrow, and there is no arrow without a
// transition.
func TestDiagramShowsEveryTransition(t *testing.T) {
	svg, err := draw()
	if err != nil {
		t.Fatal(err)
	}
	drawn := make(map[string]bool)
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, ok := token.(xml.CharData)
		if !ok {
			continue
		}
		switch f := strings.Fields(string(text)); {
		case len(f) != 3:
		case f[1] == "->":
			drawn[f[0]+" "+f[2]] = true
		case f[1] == "<-":
			drawn[f[2]+" "+f[0]] = true
		case f[1] == "<->":
			drawn[f[0]+" "+f[2]], drawn[f[2]+" "+f[0]] = true, true
		}
	}
	name := func(s callback.State) string { return node{state: s}.name() }
	for _, from := range append(callback.States(), 0) {
		for _, to := range callback.States() {
			if move := name(from) + " " + name(to); from != to && drawn[move] != callback.CanMove(from, to) {
				t.Errorf("%s: drawn is %t, allowed is %t", move, drawn[move], callback.CanMove(from, to))
			}
		}
	}
}
