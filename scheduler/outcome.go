package scheduler

// An Outcome is how an attempt ended, as far as it matters for another one.
// The zero value is Unknown.
type Outcome uint8

// The outcomes a [RetryPolicy] tells apart.
const (
	// Unknown: the customer may or may not have been rung. A policy retries it
	// only where its rules name it.
	Unknown Outcome = iota
	Busy
	NoAnswer
	Machine // an answering machine or voicemail answered
	Fax
	Invalid    // the network says that there is no such number
	Congestion // no line or no capacity on the way; the customer was not rung
	Rejected   // the customer's phone declined the call
	AgentLost  // the customer was reached and no agent was connected
	Failed     // any other error, surely without a conversation
	Abandoned  // the customer hung up before an agent came
)

// outcomeNames are never written to.
var outcomeNames = names{"unknown", "busy", "no-answer", "machine", "fax", "invalid", "congestion", "rejected", "agent-lost", "failed", "abandoned"}

// Outcomes returns all outcomes in the order of their numbers. The slice is
// the caller's.
func Outcomes() []Outcome {
	all := make([]Outcome, len(outcomeNames))
	for i := range all {
		all[i] = Outcome(i)
	}
	return all
}

// ParseOutcome reads an outcome by its name, such as "no-answer"; case does not
// matter. Errors are [ErrOutcome].
func ParseOutcome(name string) (Outcome, error) {
	v, err := outcomeNames.parse("outcome", name, ErrOutcome)
	return Outcome(v), err
}

// Valid tells whether o is one of [Outcomes].
func (o Outcome) Valid() bool { return int(o) < len(outcomeNames) }

// String returns the name, or Outcome(n) for what is not one.
func (o Outcome) String() string { return outcomeNames.format("Outcome", uint8(o)) }

// MarshalText writes the name, also as the key of a JSON object. Errors are
// [ErrOutcome].
func (o Outcome) MarshalText() ([]byte, error) {
	return outcomeNames.marshal("outcome", uint8(o), ErrOutcome)
}

// UnmarshalText reads what [ParseOutcome] reads. On an error o stays as it was.
func (o *Outcome) UnmarshalText(text []byte) error {
	v, err := ParseOutcome(string(text[:min(len(text), 128)]))
	if err == nil {
		*o = v
	}
	return err
}
