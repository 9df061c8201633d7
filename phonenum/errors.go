package phonenum

import (
	"errors"
	"strconv"
)

// ErrInvalid is wrapped by every error of this package.
var ErrInvalid = errors.New("invalid")

// Reason is why an input is not a phone number.
type Reason uint8

// Reasons of a [ParseError].
const (
	// NotANumber means that the input is empty, or has characters or a shape
	// that no phone number has.
	NotANumber Reason = iota + 1
	// UnknownCountryCode means that the country code is not assigned, or that
	// the input has none and the default region is unknown.
	UnknownCountryCode
	// TooShortAbroad means that too few digits follow the international prefix.
	TooShortAbroad
	// TooShort means that there are fewer than two national digits.
	TooShort
	// TooLong means that the input has more than [MaxInput] bytes, or more than
	// 17 national digits.
	TooLong
)

var reasonTexts = [...]string{NotANumber: "is not a phone number", UnknownCountryCode: "has an unknown country code",
	TooShortAbroad: "is too short after the international prefix", TooShort: "is too short", TooLong: "is too long"}

// String returns the reason as a predicate, such as "is too short".
func (r Reason) String() string {
	if int(r) < len(reasonTexts) && reasonTexts[r] != "" {
		return reasonTexts[r]
	}
	return "reason(" + strconv.Itoa(int(r)) + ")"
}

// ParseError reports an input that is not a phone number. It does not contain
// the input. It wraps [ErrInvalid]; errors.Is treats two ParseErrors with the
// same Reason as equal.
type ParseError struct {
	Reason Reason
}

// Error describes the error without the input.
func (e *ParseError) Error() string { return "phonenum: number " + e.Reason.String() }

// Unwrap returns [ErrInvalid].
func (e *ParseError) Unwrap() error { return ErrInvalid }

// Is reports whether target is a ParseError with the same Reason.
func (e *ParseError) Is(target error) bool {
	t, ok := target.(*ParseError)
	return ok && t.Reason == e.Reason
}

// AddressError reports an input that is not an [Address]. It does not contain
// the input. It wraps [ErrInvalid] and Err.
type AddressError struct {
	Rule string // the rule that the input breaks, such as "sip uri has no valid host"
	Err  error  // the cause, often a [ParseError]; may be nil
}

// Error describes the error without the input.
func (e *AddressError) Error() string {
	if e.Err != nil {
		return "phonenum: address: " + e.Rule + ": " + e.Err.Error()
	}
	return "phonenum: address: " + e.Rule
}

// Unwrap returns [ErrInvalid] and Err, if it is not nil.
func (e *AddressError) Unwrap() []error {
	if e.Err != nil {
		return []error{ErrInvalid, e.Err}
	}
	return []error{ErrInvalid}
}

// PatternError reports a malformed pattern. It does not contain the pattern.
type PatternError struct {
	Index int    // position in the list, from 0
	Rule  string // the rule that the pattern breaks
}

// Error returns the position, counted from 1, and the rule.
func (e *PatternError) Error() string {
	return "phonenum: pattern " + strconv.Itoa(e.Index+1) + ": " + e.Rule
}

// Unwrap returns [ErrInvalid].
func (e *PatternError) Unwrap() error { return ErrInvalid }
