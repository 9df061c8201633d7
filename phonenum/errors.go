package phonenum

import (
	"errors"
	"strconv"
)

// ErrInvalid is what every error of this package unwraps to.
var ErrInvalid = errors.New("invalid")

// Reason says why an input is no phone number.
type Reason uint8

// The reasons.
const (
	// NotANumber: the input is empty or has characters or a shape no phone number has.
	NotANumber Reason = iota + 1
	// UnknownCountryCode: the country code is not assigned, or there is none and the default region is not known either.
	UnknownCountryCode
	// TooShortAbroad: there are too few digits after a prefix that leads abroad.
	TooShortAbroad
	// TooShort: there are fewer than two national digits.
	TooShort
	// TooLong: the input has more than [MaxInput] bytes, or more than 17 national digits.
	TooLong
)

var reasonTexts = [...]string{NotANumber: "is not a phone number", UnknownCountryCode: "has an unknown country code",
	TooShortAbroad: "is too short after the international prefix", TooShort: "is too short", TooLong: "is too long"}

// String returns the reason as the end of a sentence, such as "is too short".
func (r Reason) String() string {
	if int(r) < len(reasonTexts) && reasonTexts[r] != "" {
		return reasonTexts[r]
	}
	return "reason(" + strconv.Itoa(int(r)) + ")"
}

// ParseError reports an input that is no phone number. It never holds the input. It unwraps to [ErrInvalid]; two of them are the same
// for errors.Is if their reasons are.
type ParseError struct {
	Reason Reason
}

// Error says what is wrong, without the input.
func (e *ParseError) Error() string { return "phonenum: number " + e.Reason.String() }

// Unwrap returns [ErrInvalid].
func (e *ParseError) Unwrap() error { return ErrInvalid }

// Is reports whether target is a ParseError with the same reason.
func (e *ParseError) Is(target error) bool {
	t, ok := target.(*ParseError)
	return ok && t.Reason == e.Reason
}

// AddressError reports an input that is no [Address]. It never holds the input. It unwraps to [ErrInvalid] and to the [ParseError], if
// there is one.
type AddressError struct {
	Rule string // the rule that was broken, such as "sip uri has no host"
	Err  error  // the cause, may be nil
}

// Error says what is wrong, without the input.
func (e *AddressError) Error() string {
	if e.Err != nil {
		return "phonenum: address: " + e.Rule + ": " + e.Err.Error()
	}
	return "phonenum: address: " + e.Rule
}

// Unwrap returns [ErrInvalid] and the cause.
func (e *AddressError) Unwrap() []error {
	if e.Err != nil {
		return []error{ErrInvalid, e.Err}
	}
	return []error{ErrInvalid}
}

// PatternError reports an exception pattern that cannot be read.
type PatternError struct {
	Index int    // position in the list, from 0
	Rule  string // the rule that was broken
}

// Error names the position and the rule.
func (e *PatternError) Error() string {
	return "phonenum: pattern " + strconv.Itoa(e.Index+1) + ": " + e.Rule
}

// Unwrap returns [ErrInvalid].
func (e *PatternError) Unwrap() error { return ErrInvalid }
