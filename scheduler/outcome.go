package scheduler

// Outcome is how an attempt ended, as far as a retry depends on it. The zero
// value is Unknown.
type Outcome uint8

// Outcomes that a [RetryPolicy] distinguishes.
const (
	// Unknown means that the customer may or may not have been rung. A policy
	// retries it only if its Rules name it.
	Unknown Outcome = iota
	Busy
	NoAnswer
	Machine // an answering machine or voicemail answered
	Fax
	Invalid    // the network says that the number does not exist
	Congestion // no line or no capacity on the way; the customer was not rung
	Rejected   // the customer's phone declined the call
	AgentLost  // the customer answered but no agent was connected
	Failed     // any other error, certainly without a conversation
	Abandoned  // the customer hung up before an agent was connected
)

// outcomeNames is read-only.
var outcomeNames = names{"unknown", "busy", "no-answer", "machine", "fax", "invalid", "congestion", "rejected", "agent-lost", "failed", "abandoned"}

// Outcomes returns all outcomes in numeric order, in a new slice.
func Outcomes() []Outcome {
	all := make([]Outcome, len(outcomeNames))
	for i := range all {
		all[i] = Outcome(i)
	}
	return all
}

// ParseOutcome parses the name of an outcome, such as "no-answer", ignoring
// case. The error is an [ErrOutcome].
func ParseOutcome(name string) (Outcome, error) {
	v, err := outcomeNames.parse("outcome", name, ErrOutcome)
	return Outcome(v), err
}

// Valid reports whether o is one of [Outcomes].
func (o Outcome) Valid() bool { return int(o) < len(outcomeNames) }

// String returns the name, or Outcome(n) for an invalid value.
func (o Outcome) String() string { return outcomeNames.format("Outcome", uint8(o)) }

// MarshalText returns the name, which also serves as the key of a JSON object.
// The error is an [ErrOutcome].
func (o Outcome) MarshalText() ([]byte, error) {
	return outcomeNames.marshal("outcome", uint8(o), ErrOutcome)
}

// UnmarshalText parses a name as [ParseOutcome] does. It leaves o unchanged on
// error.
func (o *Outcome) UnmarshalText(text []byte) error {
	v, err := ParseOutcome(string(text[:min(len(text), 128)]))
	if err == nil {
		*o = v
	}
	return err
}
