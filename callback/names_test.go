package callback_test

import (
	"encoding"
	"errors"
	"fmt"
	"testing"

	"github.com/ringback-go/ringback/callback"
)

func TestNamesRoundTrip(t *testing.T) {
	roundTrip(t, callback.Known, callback.MayHaveRung)
	roundTrip(t, callback.StageNone, callback.StageBridged)
	roundTrip(t, callback.PartyUnknown, callback.PartyNetwork)
	roundTrip(t, callback.Scheduled, callback.Completed)
	roundTrip(t, callback.ResultOK, callback.ResultWrongNumber)
}

func roundTrip[T interface {
	~uint8
	fmt.Stringer
	encoding.TextMarshaler
}](t *testing.T, first, last T) {
	t.Helper()
	for v := first; v <= last; v++ {
		text, err := v.MarshalText()
		if err != nil || string(text) != v.String() {
			t.Errorf("%v is written %q (%v)", v, text, err)
		}
		var read T
		if err := any(&read).(encoding.TextUnmarshaler).UnmarshalText(text); err != nil || read != v {
			t.Errorf("%q is read as %v (%v)", text, read, err)
		}
	}
	beyond := last + 1
	if _, err := beyond.MarshalText(); err == nil {
		t.Errorf("%v is written", beyond)
	}
	var read T
	err := any(&read).(encoding.TextUnmarshaler).UnmarshalText([]byte("+41785556677"))
	if err := err; !errors.Is(err, callback.ErrInvalidParameter) || callback.Code(err) != 40010 {
		t.Errorf("error is %v", err)
	}
}
