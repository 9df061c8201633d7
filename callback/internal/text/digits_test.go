package text

import (
	"testing"

	"github.com/ringback-go/ringback/phonenum"
)

// Digits of every kind are masked, also behind the dash of Japanese text.
func TestRedactsOtherDigits(t *testing.T) {
	taken := "０７８ー５５５ー６６７７" // U+30FC, which phonenum takes as a hyphen
	if n, err := phonenum.Parse(taken, "CH"); err != nil || !n.Valid() {
		t.Errorf("%q is no number: %v", taken, err)
	}
	for _, s := range []string{taken, "078ー555ー66ー77", "፩፪፫፬፭፮፯፰፱", "🄁🄂🄃🄄🄅🄆🄇", "𑁒𑁓𑁔𑁕𑁖𑁗𑁘"} {
		if Redact(s) == s {
			t.Errorf("%q is shown", s)
		}
	}
}
