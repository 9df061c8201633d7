package callback

import (
	"fmt"
	"strings"

	"github.com/ringback-go/ringback/callback/internal/text"
)

func certaintyNames() []string { return []string{"unset", "known", "not placed", "may have rung"} }

func reachedNames() []string {
	return []string{"none", "placed", "ringing", "customer", "agent", "bridged"}
}

func partyNames() []string { return []string{"unknown", "customer", "agent", "system", "network"} }

func answerNames() []string { return []string{"no answer", "accept", "reject", "cancel", "called in"} }

func nameOf[T ~uint8](v T, names []string) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("undefined(%d)", uint8(v))
}

func textOfName[T ~uint8](v T, field string, names []string) ([]byte, error) {
	if int(v) >= len(names) {
		return nil, fmt.Errorf("%s %d is not defined", field, uint8(v))
	}
	return []byte(names[v]), nil
}

func parseName[T ~uint8](v *T, given []byte, field string, names []string) error {
	for i, name := range names {
		if strings.EqualFold(string(given), name) {
			*v = T(i)
			return nil
		}
	}
	return invalid(field, fmt.Sprintf("%q is not one of %q", text.Clip(string(given)), names))
}

// String returns the name of the certainty.
func (c Certainty) String() string { return nameOf(c, certaintyNames()) }

// MarshalText returns the name, or an error if the certainty is not defined.
func (c Certainty) MarshalText() ([]byte, error) { return textOfName(c, "certainty", certaintyNames()) }

// UnmarshalText parses a name, ignoring case.
func (c *Certainty) UnmarshalText(text []byte) error {
	return parseName(c, text, "certainty", certaintyNames())
}

// String returns the name of the stage.
func (s Stage) String() string { return nameOf(s, reachedNames()) }

// MarshalText returns the name, or an error if the stage is not defined.
func (s Stage) MarshalText() ([]byte, error) { return textOfName(s, "stage", reachedNames()) }

// UnmarshalText parses a name, ignoring case.
func (s *Stage) UnmarshalText(text []byte) error { return parseName(s, text, "stage", reachedNames()) }

// String returns the name of the party.
func (p Party) String() string { return nameOf(p, partyNames()) }

// MarshalText returns the name, or an error if the party is not defined.
func (p Party) MarshalText() ([]byte, error) { return textOfName(p, "party", partyNames()) }

// UnmarshalText parses a name, ignoring case.
func (p *Party) UnmarshalText(text []byte) error { return parseName(p, text, "party", partyNames()) }

// String returns the name of the answer.
func (a OfferAnswer) String() string { return nameOf(a, answerNames()) }
