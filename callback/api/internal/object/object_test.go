package object_test

import (
	"errors"
	"testing"

	"github.com/ringback-go/ringback/callback/api/internal/object"
)

func TestObject(t *testing.T) {
	fault := func(member, rule string) error { return errors.New(member + " " + rule) }
	o := object.New(map[string]any{"Name": "x", "NULL": nil, "n": 1}, fault)
	if o.Text("name") != "x" || o.Text("name") != "" || o.Text("absent") != "" || o.Has("null") || !o.Has("N") || !o.Untaken() || o.Err() != nil {
		t.Errorf("%+v", o)
	}
	if o.Text("N"); o.Err() == nil || o.Err().Error() != "N is not a string" || o.Untaken() {
		t.Errorf("%v", o.Err())
	}
	if o.Refuse("Name", "is late"); o.Err().Error() != "N is not a string" {
		t.Errorf("the first fault is lost: %v", o.Err())
	}
	twice := object.New(map[string]any{"A+41785556677": 1, "a+41785556677": 2}, fault)
	if err := twice.Err(); err == nil || err.Error() != "a+########### is given more than once, in different cases" {
		t.Errorf("%v", err)
	}
}
