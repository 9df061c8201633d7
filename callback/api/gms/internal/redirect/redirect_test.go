package redirect_test

import (
	"errors"
	"strconv"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/gms/internal/redirect"
)

func TestFollow(t *testing.T) {
	gone := errors.New("gone")
	chain := func(n int, last string, err error) func(string) (string, error) {
		return func(name string) (string, error) {
			i, convErr := strconv.Atoi(name)
			switch {
			case convErr != nil:
				return "", convErr
			case i < n:
				return strconv.Itoa(i + 1), nil
			}
			return last, err
		}
	}
	for name, test := range map[string]struct {
		next func(string) (string, error)
		want string
		rule string
		err  error
	}{
		"none":             {next: chain(0, "", nil), want: "0"},
		"eight":            {next: chain(redirect.Max, "", nil), want: strconv.Itoa(redirect.Max)},
		"nine":             {next: chain(redirect.Max+1, "", nil), rule: "has more than 8 redirections", err: callback.ErrRedirect},
		"to itself":        {next: chain(0, "0", nil), rule: "forms a cycle", err: callback.ErrRedirect},
		"back":             {next: chain(3, "1", nil), rule: "forms a cycle", err: callback.ErrRedirect},
		"an error of next": {next: chain(2, "", gone), err: gone},
	} {
		got, err := redirect.Follow("0", test.next)
		var field *callback.FieldError
		if got != test.want || !errors.Is(err, test.err) || test.rule != "" && (!errors.As(err, &field) || field.Rule != test.rule) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
