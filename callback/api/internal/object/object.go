// Package object reads the members of JSON objects ignoring the case of their
// names.
package object

import (
	"strings"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// Object is a JSON object. It keeps the first fault, so that its members are
// read without a check of each.
type Object struct {
	values map[string]any // members that were not taken, by lower-case name
	fault  func(member, rule string) error
	err    error
}

// New returns the object of members. fault makes the error of a member that
// breaks a rule. Two members whose names differ in case only are a fault.
func New(members map[string]any, fault func(member, rule string) error) *Object {
	o := &Object{values: make(map[string]any, len(members)), fault: fault}
	for name, value := range members {
		lower := strings.ToLower(name)
		if _, ok := o.values[lower]; ok {
			o.Refuse(text.Clip(lower), "is given more than once, in different cases")
		}
		o.values[lower] = value
	}
	return o
}

// Refuse records that a member breaks a rule.
func (o *Object) Refuse(member, rule string) {
	if o.err == nil {
		o.err = o.fault(member, rule)
	}
}

// Err returns the first fault.
func (o *Object) Err() error { return o.err }

// Take removes a member and returns its value, nil if it is absent.
func (o *Object) Take(name string) any {
	lower := strings.ToLower(name)
	value := o.values[lower]
	delete(o.values, lower)
	return value
}

// Has reports whether a member is present, not null and not taken.
func (o *Object) Has(name string) bool { return o.values[strings.ToLower(name)] != nil }

// Text takes a text, "" if it is absent or null.
func (o *Object) Text(name string) string {
	switch v := o.Take(name).(type) {
	case nil:
	case string:
		return v
	default:
		o.Refuse(name, "is not a string")
	}
	return ""
}

// Untaken reports whether a member other than null has not been taken.
func (o *Object) Untaken() bool {
	for _, value := range o.values {
		if value != nil {
			return true
		}
	}
	return false
}
