package callback

import (
	"fmt"
	"strings"
)

// CallEnd is how the end of a call looks to SIP and to ISDN. It turns their codes
// into the [Outcome] that a dialer reports.
//
// The results are those of the Callback Interaction resource. Codes follow RFC
// 3261 section 21, RFC 8197 (607), RFC 8688 (608) and Q.850. Where a status and a
// cause name the same event, they have the same result; RFC 3398 says which do.
type CallEnd struct {
	// SIP is the status of the last response to the INVITE: 100 to 699, or 0 if
	// there was none.
	SIP int
	// Q850 is the cause of the release: 1 to 127, or 0 if none is known. It comes
	// from a Reason header ([ParseReason]), from ISDN or from the platform.
	Q850 int
	// Elsewhere says that another device took the call.
	Elsewhere bool
	// Stage is the furthest stage that the dialer saw. [StageNone] if it sees none.
	Stage Stage
}

// Outcome returns the outcome of the call. It sets Result, Certainty, Reached, By,
// SIP and Q850.
//
// A call that was answered, by a status of class 2xx or by Stage, is ResultAnswer,
// or ResultBridged if the parties talked. Otherwise a cause that names an event
// takes precedence over a status of the classes 3xx to 5xx, which gateways often
// choose badly, but not over 401, 407 and the class 6xx.
//
// A code that no table contains counts as the unspecific one of its class: x00 in
// SIP (RFC 3261, 8.1.3.2), the last of each class in Q.850. The causes 16, 31 and
// 127 occur at the end of answered and of unanswered calls alike. If they are all
// that is known, and if there is neither a final status nor a cause, the certainty
// is [MayHaveRung], so that no second call follows by itself. It is [NotPlaced]
// only for 401 and 407 before any ringing, because then the first server refused
// the request.
//
// Errors: a [FieldError] with [ErrInvalidParameter] for a code or a stage out of
// its range.
func (e CallEnd) Outcome() (Outcome, error) {
	switch {
	case e.SIP != 0 && (e.SIP < 100 || e.SIP > 699):
		return Outcome{}, invalid("sip", fmt.Sprintf("%d is not a status from 100 to 699", e.SIP))
	case e.Q850 < 0 || e.Q850 > 127:
		return Outcome{}, invalid("q850", fmt.Sprintf("%d is not a cause from 1 to 127", e.Q850))
	case e.Stage > StageBridged:
		return Outcome{}, invalid("stage", fmt.Sprintf("%d is not defined", e.Stage))
	}
	o := e.judge()
	o.SIP, o.Q850 = e.SIP, e.Q850
	o.Reached = max(o.Reached, e.Stage)
	if o.Certainty == NotPlaced && e.Stage >= StageRinging {
		o.Certainty = Known
	}
	return o, nil
}

// judge returns the result, the certainty, the party and the stage that the codes
// alone tell.
func (e CallEnd) judge() Outcome {
	switch {
	case e.Stage == StageBridged:
		return Ended(ResultBridged)
	case e.Stage == StageCustomer, e.SIP/100 == 2:
		return Ended(ResultAnswer)
	case e.Elsewhere:
		return Outcome{Result: ResultUnknown, Certainty: MayHaveRung, Reached: StagePlaced}
	}
	cause, specific := causes()[e.Q850]
	if specific && !decisive(e.SIP) {
		return cause.outcome()
	}
	if e.SIP >= 300 {
		return statusOf(e.SIP).outcome()
	}
	if e.Q850 != 0 {
		return causeClass(e.Q850).outcome()
	}
	// Nothing was heard, or nothing but that the request is under way.
	return Outcome{Result: ResultSystemError, Certainty: MayHaveRung, Reached: SIPStage(e.SIP)}
}

// SIPStage returns the stage that a response to an INVITE with this status tells,
// for a [Report] of progress: StagePlaced for a provisional one, StageRinging for
// 180, StageCustomer for one of class 2xx, and StageNone for any other.
//
// A missing 180 proves nothing: networks drop it, and the order of responses is
// not guaranteed.
func SIPStage(status int) Stage {
	switch {
	case status == 180:
		return StageRinging
	case status >= 100 && status < 200:
		return StagePlaced
	case status >= 200 && status < 300:
		return StageCustomer
	}
	return StageNone
}

// ending is what a code tells.
type ending struct {
	result    CallResult
	certainty Certainty // zero stands for Known
	by        Party
}

func (e ending) outcome() Outcome {
	o := Outcome{Result: e.result, Certainty: e.certainty, By: e.by, Reached: StagePlaced}
	switch {
	case o.Certainty == 0:
		o.Certainty = Known
	case o.Certainty == NotPlaced:
		o.Reached = StageNone
	}
	return o
}

// decisive reports whether a status outweighs a cause: credentials are a matter of
// the first server, and 6xx is what the customer or the whole network says.
func decisive(status int) bool { return status == 401 || status == 407 || status >= 600 }

// statusOf returns what a final status of 300 or more tells.
func statusOf(status int) ending {
	if e, ok := statuses()[status]; ok {
		return e
	}
	return statuses()[status/100*100]
}

// statuses has the statuses that differ from x00 of their class, and these.
func statuses() map[int]ending {
	return map[int]ending{
		300: {result: ResultGeneralError}, // a redirection that the dialer did not follow
		400: {result: ResultDialError},
		401: {result: ResultDialError, certainty: NotPlaced},
		404: {result: ResultSITInvalidNumber},
		407: {result: ResultDialError, certainty: NotPlaced},
		408: {result: ResultNoAnswer},
		410: {result: ResultSITVacant},
		480: {result: ResultNoAnswer},
		482: {result: ResultSystemError, certainty: MayHaveRung}, // a copy of a request that may be ringing
		483: {result: ResultSwitchError, by: PartyNetwork},
		484: {result: ResultSITInvalidNumber},
		485: {result: ResultSITInvalidNumber},
		486: {result: ResultBusy},
		487: {result: ResultNoAnswer, by: PartySystem}, // the dialer's CANCEL
		500: {result: ResultSwitchError, by: PartyNetwork},
		503: {result: ResultSITNoCircuit, by: PartyNetwork},
		600: {result: ResultBusy},
		603: {result: ResultRemoteRelease, by: PartyCustomer},
		604: {result: ResultSITInvalidNumber},
		606: {result: ResultDialError},
		607: {result: ResultRemoteRelease, by: PartyCustomer},
		608: {result: ResultRemoteRelease, by: PartyNetwork},
	}
}

// causes has the causes that name an event.
func causes() map[int]ending {
	return map[int]ending{
		1:   {result: ResultSITInvalidNumber}, // unallocated number
		2:   {result: ResultSITInvalidNumber}, // no route to transit network
		3:   {result: ResultSITInvalidNumber}, // no route to destination
		4:   {result: ResultSITUnknown},       // send special information tone
		5:   {result: ResultDialError},        // misdialled trunk prefix
		17:  {result: ResultBusy},
		18:  {result: ResultNoAnswer},                        // no user responding
		19:  {result: ResultNoAnswer},                        // no answer, user alerted
		20:  {result: ResultNoAnswer},                        // subscriber absent
		21:  {result: ResultRemoteRelease},                   // call rejected
		22:  {result: ResultSITVacant},                       // number changed
		23:  {result: ResultSITVacant},                       // redirection to new destination
		25:  {result: ResultSwitchError, by: PartyNetwork},   // exchange routing error
		26:  {result: ResultUnknown, certainty: MayHaveRung}, // non-selected user: another one took the call
		27:  {result: ResultSITNoCircuit, by: PartyNetwork},  // destination out of order
		28:  {result: ResultSITInvalidNumber},                // invalid number format
		29:  {result: ResultDialError},                       // facility rejected
		34:  {result: ResultSITNoCircuit, by: PartyNetwork},  // no circuit available
		38:  {result: ResultAllTrunksBusy, by: PartyNetwork}, // network out of order
		41:  {result: ResultAllTrunksBusy, by: PartyNetwork}, // temporary failure
		42:  {result: ResultAllTrunksBusy, by: PartyNetwork}, // switching equipment congestion
		44:  {result: ResultAllTrunksBusy, by: PartyNetwork}, // requested circuit not available
		47:  {result: ResultAllTrunksBusy, by: PartyNetwork}, // resource unavailable
		102: {result: ResultNoAnswer},                        // recovery on timer expiry: 408 in RFC 3398
	}
}

// causeClass returns what is known of a cause that is not in causes: the event of
// the last cause of its class.
func causeClass(cause int) ending {
	switch {
	case cause < 32, cause >= 112: // normal, interworking
		return ending{result: ResultUnknown, certainty: MayHaveRung}
	case cause < 48: // resource unavailable
		return ending{result: ResultAllTrunksBusy, by: PartyNetwork}
	case cause < 96: // service or option unavailable or unsupported, invalid message
		return ending{result: ResultDialError}
	}
	return ending{result: ResultSwitchError, by: PartyNetwork} // protocol error
}

// maxReason is the maximum length of a Reason header in bytes.
const maxReason = 4096

// ParseReason returns what a Reason header (RFC 3326) of a response, a BYE or a
// CANCEL tells: SIP and Q850 from its values of these protocols, and Elsewhere for
// "SIP;cause=200", which says that another device took the call. Of several values
// of a protocol the first counts, and other protocols are skipped. The text of a
// value is not kept, because it may contain a number.
//
// The status of a response wins over that of its header: set SIP to it afterwards.
//
// Errors: a [FieldError] with [ErrInvalidParameter] for a header that does not
// follow the grammar, has a cause out of range, or is longer than 4,096 bytes. The
// error does not contain the header.
func ParseReason(header string) (CallEnd, error) {
	if len(header) > maxReason {
		return CallEnd{}, invalid("reason", fmt.Sprintf("has %d bytes, at most %d are allowed", len(header), maxReason))
	}
	var e CallEnd
	s := reasonScanner{rest: header}
	for {
		protocol, cause, err := s.value()
		if err != nil {
			return CallEnd{}, err
		}
		if err := e.add(protocol, cause); err != nil {
			return CallEnd{}, err
		}
		if s.done() {
			return e, nil
		}
		if !s.accept(',') {
			return CallEnd{}, s.fault("has no comma")
		}
	}
}

// add notes the value of a Reason header; cause is -1 if it has none.
func (e *CallEnd) add(protocol string, cause int) error {
	switch {
	case cause < 0:
	case strings.EqualFold(protocol, "Q.850"):
		if cause > 127 {
			return invalid("reason", fmt.Sprintf("has the cause %d, which is not one of Q.850", cause))
		}
		if e.Q850 == 0 {
			e.Q850 = cause
		}
	case strings.EqualFold(protocol, "SIP"):
		switch {
		case cause < 100 || cause > 699:
			return invalid("reason", fmt.Sprintf("has the cause %d, which is not a SIP status", cause))
		case cause/100 == 2:
			e.Elsewhere = true
		case e.SIP == 0:
			e.SIP = cause
		}
	}
	return nil
}

// reasonScanner reads a Reason header from left to right.
type reasonScanner struct{ rest string }

func (s *reasonScanner) fault(rule string) error { return invalid("reason", rule) }

func (s *reasonScanner) skip() { s.rest = strings.TrimLeft(s.rest, " \t") }

func (s *reasonScanner) done() bool {
	s.skip()
	return s.rest == ""
}

func (s *reasonScanner) accept(c byte) bool {
	s.skip()
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// token reads a token of RFC 3261; empty if there is none.
func (s *reasonScanner) token() string {
	s.skip()
	n := 0
	for n < len(s.rest) && isToken(s.rest[n]) {
		n++
	}
	token := s.rest[:n]
	s.rest = s.rest[n:]
	return token
}

func isToken(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-.!%*_+`'~", c) >= 0
}

// value reads a protocol and its parameters.
func (s *reasonScanner) value() (protocol string, cause int, err error) {
	if protocol = s.token(); protocol == "" {
		return "", 0, s.fault("names no protocol")
	}
	cause = -1
	for s.accept(';') {
		name := s.token()
		if name == "" {
			return "", 0, s.fault("has a parameter without a name")
		}
		if !s.accept('=') {
			continue // a parameter without a value
		}
		s.skip()
		if strings.HasPrefix(s.rest, `"`) && !strings.EqualFold(name, "cause") {
			if !s.quoted() {
				return "", 0, s.fault("has a quotation without an end")
			}
			continue
		}
		text := s.token()
		if text == "" {
			return "", 0, s.fault("has a parameter without a value")
		}
		if !strings.EqualFold(name, "cause") {
			continue
		}
		n, ok := causeNumber(text)
		if !ok || cause >= 0 {
			return "", 0, s.fault("has a cause that is not one number of up to 3 digits")
		}
		cause = n
	}
	return protocol, cause, nil
}

// quoted skips a quoted string and reports whether it ends.
func (s *reasonScanner) quoted() bool {
	for i := 1; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '\\':
			i++
		case '"':
			s.rest = s.rest[i+1:]
			return true
		case '\r', '\n':
			return false
		}
	}
	return false
}

// causeNumber reads 1 to 3 decimal digits.
func causeNumber(text string) (n int, ok bool) {
	if text == "" || len(text) > 3 {
		return 0, false
	}
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
