package faultproxy

import (
	"testing"
)

func TestStatements(t *testing.T) {
	s := newStatements()
	for i, step := range []struct {
		message
		executes string
		ok       bool
	}{
		{build(typeQuery, "commit"), "commit", true},
		{build(typeExecute, ""), "", false}, // nothing is bound
		{build(typeParse, "", "select 1"), "", false},
		{build(typeBind, "", ""), "", false},
		{build(typeExecute, ""), "select 1", true},
		{build(typeParse, "s", "insert"), "", false},
		{build(typeBind, "p", "s"), "", false},
		{build(typeExecute, ""), "select 1", true},
		{build(typeExecute, "p"), "insert", true},
		{raw(typeClose, "Ss\x00"), "", false},
		{build(typeExecute, "p"), "insert", true}, // a portal outlives its statement
		{build(typeBind, "p", "s"), "", false},
		{build(typeExecute, "p"), "", true},
		{raw(typeClose, "Pp\x00"), "", false},
		{build(typeExecute, "p"), "", false},
		{raw(typeClose, ""), "", false},
		{raw(typeClose, "S"), "", false},
		{raw(typeQuery, "no end"), "", false},
		{raw(typeParse, "no end"), "", false},
		{raw(typeParse, "one\x00no end"), "", false},
		{raw(typeBind, "no end"), "", false},
		{raw(typeExecute, "no end"), "", false},
		{raw(typeSync, ""), "", false},
	} {
		if executes, ok := s.note(step.message); executes != step.executes || ok != step.ok {
			t.Errorf("step %d: %q, %v; want %q, %v", i, executes, ok, step.executes, step.ok)
		}
	}
}
