package phonenum

import (
	"testing"
	"unicode"
)

// TestDigitValue compares the digits of every script with the order of Unicode.
func TestDigitValue(t *testing.T) {
	count := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		d, ok := digitValue(r)
		if ok != unicode.IsDigit(r) {
			t.Fatalf("digitValue(%U) reports %v", r, ok)
		}
		if ok {
			if int(d) != count%10 {
				t.Fatalf("digitValue(%U) = %d, want %d", r, d, count%10)
			}
			count++
		}
	}
	if count < 600 {
		t.Errorf("%d digits, want at least 600", count)
	}
}
