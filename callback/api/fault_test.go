package api_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
)

// A fault tells field and rule. It is an invalid parameter if the content of
// the request is wrong.
func TestFault(t *testing.T) {
	for _, c := range []struct {
		status  int
		invalid bool
	}{
		{http.StatusBadRequest, true}, {http.StatusRequestEntityTooLarge, true}, {http.StatusUnsupportedMediaType, true},
		{http.StatusUnprocessableEntity, true}, {http.StatusUnauthorized, false}, {http.StatusForbidden, false}, {http.StatusNotFound, false},
		{http.StatusInternalServerError, false},
	} {
		f := api.NewFault(c.status, "Limit", "is negative")
		if f.Error() != "Limit: is negative" || f.Status != c.status {
			t.Errorf("%d: %v", f.Status, f)
		}
		if errors.Is(f, callback.ErrInvalidParameter) != c.invalid {
			t.Errorf("%d is an invalid parameter: %v", c.status, !c.invalid)
		}
		want := callback.CodeUnexpected
		if c.invalid {
			want = 40010
		}
		if got := callback.Code(f); got != want {
			t.Errorf("%d has the code %d, want %d", c.status, got, want)
		}
	}
	if got := api.NewFault(400, "", "is no JSON").Error(); got != "is no JSON" {
		t.Errorf("without a field it says %q", got)
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "1234": "1234", "123456": "123456", "1234567": "#######", "a+41785556677b 12 x 3456": "a+###########b 12 x 3456", "é9999999": "é#######",
		"(078) 555-66.77, 12:34": "(###) ###-##.##, 12:34", "1-2-3-4": "1-2-3-4", "1 2/3.4(5) 67": "# #/#.#(#) ##", "12 34 x 56 78": "12 34 x 56 78",
		"sip:41785556677@host": "sip:###########@host", "0": "0", "....": "....", "192.0.2.1:5060 at 2026-01-02T10:00:00Z": "192.0.2.1:5060 at 2026-01-02T10:00:00Z",
	} {
		if got := api.Redact(in); got != want {
			t.Errorf("%q is redacted to %q, want %q", in, got, want)
		}
	}
}
