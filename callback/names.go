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

// String names the certainty.
func (c Certainty) String() string { return nameOf(c, certaintyNames()) }

// MarshalText writes the name; an undefined certainty is an error.
func (c Certainty) MarshalText() ([]byte, error) { return textOfName(c, "certainty", certaintyNames()) }

// UnmarshalText reads a name in any case.
func (c *Certainty) UnmarshalText(text []byte) error {
	return parseName(c, text, "certainty", certaintyNames())
}

// String names the stage.
func (s Stage) String() string { return nameOf(s, reachedNames()) }

// MarshalText writes the name; an undefined stage is an error.
func (s Stage) MarshalText() ([]byte, error) { return textOfName(s, "stage", reachedNames()) }

// UnmarshalText reads a name in any case.
func (s *Stage) UnmarshalText(text []byte) error { return parseName(s, text, "stage", reachedNames()) }

// String names the party.
func (p Party) String() string { return nameOf(p, partyNames()) }

// MarshalText writes the name; an undefined party is an error.
func (p Party) MarshalText() ([]byte, error) { return textOfName(p, "party", partyNames()) }

// UnmarshalText reads a name in any case.
func (p *Party) UnmarshalText(text []byte) error { return parseName(p, text, "party", partyNames()) }

// String names the answer.
func (a OfferAnswer) String() string { return nameOf(a, answerNames()) }
