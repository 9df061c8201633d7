package phonenum

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"testing"
)

// Secrets that printed text must not contain.
const (
	secretDigits = "785556677"
	secretUser   = "hans.muster"
	secretRaw    = "555-5461206"
)

// leaks reports whether text discloses more than a masked form may: more than
// four consecutive digits of a secret, or the user.
func leaks(text string) bool {
	for _, secret := range []string{secretDigits, "5461206"} {
		for i := 0; i+5 <= len(secret); i++ {
			if strings.Contains(text, secret[i:i+5]) {
				return true
			}
		}
	}
	return strings.Contains(text, secretUser) || strings.Contains(text, "muster")
}

func secrets(t testing.TB) (Number, []Address) {
	n := parsed(t, "+41"+secretDigits, "")
	sip, err := ParseAddress("sip:"+secretUser+"@example.com;user="+secretDigits, "CH")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := RawAddress(secretRaw)
	if err != nil {
		t.Fatal(err)
	}
	return n, []Address{AddressOf(n, "98765"), sip, raw}
}

// holder has the values in every place a printer may find them, exported or
// not.
type holder struct {
	Number  Number
	Address Address
	Pointer *Number
	number  Number
	address Address
	pointer *Address
	list    []Number
	byKey   map[Number]Address
	any     any
}

func TestMaskedByEveryVerb(t *testing.T) {
	n, addresses := secrets(t)
	values := []any{n, &n, []Number{n}, map[Number]Number{n: n}, [1]Number{n}, struct{ n Number }{n}, struct{ n any }{n}}
	for _, a := range addresses {
		values = append(values, a, &a, []Address{a}, map[Address]Address{a: a}, struct{ a Address }{a}, struct{ a *Address }{&a},
			holder{n, a, &n, n, a, &a, []Number{n}, map[Number]Address{n: a}, a}, &holder{Number: n, address: a, any: &a})
	}
	for _, value := range values {
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "40", "-40", "+#", ".3", "60.50"} {
			for _, verb := range "vTsqxXdobcUeEfFgGtpw" {
				format := "%" + flags + string(verb)
				if text := fmt.Sprintf(format, value); leaks(text) {
					t.Errorf("%s of %T prints %s", format, value, text)
				}
			}
		}
		if text := fmt.Sprint(value) + fmt.Sprintln(value); leaks(text) {
			t.Errorf("Print of %T prints %s", value, text)
		}
		if err := fmt.Errorf("dial %+v: %w", value, errors.New("busy")); leaks(err.Error()) {
			t.Errorf("Errorf of %T prints %v", value, err)
		}
	}
}

func TestMaskedByLogs(t *testing.T) {
	n, addresses := secrets(t)
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		logger := slog.New(handler)
		for _, a := range addresses {
			logger.Info("call", "number", n, "address", a, "pointer", &a, "holder", holder{Number: n, Address: a, address: a},
				slog.Group("g", "n", n), "list", []any{n, a}, "map", map[string]Address{"a": a})
		}
	}
	old := log.New(&out, "", 0)
	old.Print(n, addresses)
	old.Printf("%v %+v", n, addresses)
	if text := out.String(); leaks(text) || !strings.Contains(text, "6677") {
		t.Errorf("the log contains %s", text)
	}
}

func TestMaskedByEncoders(t *testing.T) {
	n, addresses := secrets(t)
	for _, a := range addresses {
		text, err := json.Marshal(map[string]any{"n": n, "a": a, "h": holder{Number: n, Address: a, Pointer: &n}, "m": map[Number]Address{n: a}})
		if err != nil {
			t.Fatal(err)
		}
		if leaks(string(text)) || !json.Valid(text) {
			t.Errorf("json: %s", text)
		}
		if text, err := a.MarshalText(); err != nil || leaks(string(text)) {
			t.Errorf("text: %s, %v", text, err)
		}
		var out bytes.Buffer
		if err := gob.NewEncoder(&out).Encode(a); err == nil && leaks(out.String()) {
			t.Errorf("gob: %q", out.String())
		}
	}
}

func TestMaskedForms(t *testing.T) {
	n, addresses := secrets(t)
	for _, test := range []struct{ got, want string }{
		{n.String(), "+41•••••6677"},
		{fmt.Sprintf("%#v", n), "phonenum.Number(+41•••••6677)"},
		{fmt.Sprintf("%q", n), `"+41•••••6677"`},
		{fmt.Sprintf("%14s|%-14d|", n, n), "  +41•••••6677|+41•••••6677  |"},
		{parsed(t, "+41123", "").String(), "+41••3"},
		{parsed(t, "+4112", "").String(), "+41•2"},
		{parsed(t, "+411234", "").String(), "+41••34"},
		{parsed(t, "+4112345678", "").String(), "+41••••5678"},
		{addresses[0].String(), "+41•••••6677;ext=•"},
		{fmt.Sprintf("%#v", addresses[0]), "phonenum.Address(+41•••••6677;ext=•)"},
		{addresses[1].String(), "sip:•••@example.com"},
		{addresses[2].String(), "•••••••1206"},
		{Address{}.String(), ""},
		{fmt.Sprintf("%v|%#v", Number{}, Address{}), "|phonenum.Address()"},
	} {
		if test.got != test.want {
			t.Errorf("got %s, want %s", test.got, test.want)
		}
	}
	for raw, want := range map[string]string{
		"sips:Hans@Example.COM:5061": "sips:•••@example.com:5061", "sip:example.com": "sip:example.com", "sip:x@192.0.2.1": "sip:•••@192.0.2.1",
		"sip:x@41785556677.example.com": "sip:•••@•••", "sip:x@41-78-555-66-77.example.com": "sip:•••@•••", "sip:x@41.78.555.66.77": "sip:•••@•••",
		"sip:x@4.1.7.8.5.5.5.example.com": "sip:•••@•••", "sip:x@198.51.100.123:5060": "sip:•••@198.51.100.123:5060", "sip:x@10-0-0.example.com": "sip:•••@10-0-0.example.com",
	} {
		a, err := ParseAddress(raw, "")
		if err != nil || a.String() != want {
			t.Errorf("%s: %v, %v, want %s", raw, a, err, want)
		}
	}
}

func TestErrorsHideTheInput(t *testing.T) {
	for _, raw := range []string{"+999" + secretDigits, "sip:" + secretUser + "@", "tel:" + secretDigits + ";ext=" + secretUser, secretDigits + " " + secretUser + "!?=",
		strings.Repeat(secretDigits, 40), secretRaw + "\x00"} {
		_, parseErr := Parse(raw, "")
		_, addressErr := ParseAddress(raw, "")
		_, rawErr := RawAddress(raw + "\x00")
		_, revealErr := RevealedAddress(raw + "\x00")
		for _, err := range []error{parseErr, addressErr, rawErr, revealErr} {
			if err == nil {
				t.Errorf("no error for an input of %d bytes", len(raw))
				continue
			}
			for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err)} {
				if leaks(text) {
					t.Errorf("error discloses the input: %s", text)
				}
			}
			if !errors.Is(err, ErrInvalid) {
				t.Errorf("%v is not ErrInvalid", err)
			}
		}
	}
}
