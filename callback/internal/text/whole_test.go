package text_test

import (
	"encoding/json"
	"testing"

	"github.com/ringback-go/ringback/callback/internal/text"
)

func TestWhole(t *testing.T) {
	for _, v := range []any{nil, "1.5", "", true, []any{1.5}, json.Number("0"), json.Number("7"), json.Number("493012345678"), json.Number("900719925474099303")} {
		if !text.Whole(v) {
			t.Errorf("%v is refused", v)
		}
	}
	for _, n := range []json.Number{"", "-0", "-7", "1.0", "493012345678.0", "4930123456.78", "1e11", "1E0", "4.93e11", "493012345678e0", "+1", "0x1"} {
		if text.Whole(n) {
			t.Errorf("%s is taken", n)
		}
	}
}
