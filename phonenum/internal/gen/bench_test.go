package gen

import (
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/ringback-go/ringback/phonenum"
)

// mixed holds numbers as requests contain them, with their default region.
var mixed = []struct{ raw, region string }{
	{"+41 78 555 66 77", "CH"},
	{"044 668 18 00", "CH"},
	{"(650) 253-0000", "US"},
	{"+1 800 253 0000", "US"},
	{"030 23125 000", "DE"},
	{"+44 7400 123456", "GB"},
	{"+33 1 42 68 53 00", "FR"},
	{"011 15-2345-6789", "AR"},
}

// BenchmarkValidate parses a number and asks for its validity and type; one
// operation is one number.
func BenchmarkValidate(b *testing.B) {
	b.Run("ringback", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			m := mixed[i%len(mixed)]
			i++
			n, err := phonenum.Parse(m.raw, m.region)
			if err != nil || !n.Valid() || n.Type() == phonenum.Unknown {
				b.Fatalf("number %d is not valid", i)
			}
		}
	})
	b.Run("nyaruka", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			m := mixed[i%len(mixed)]
			i++
			n, err := phonenumbers.Parse(m.raw, m.region)
			if err != nil || !phonenumbers.IsValidNumber(n) || phonenumbers.GetNumberType(n) == phonenumbers.UNKNOWN {
				b.Fatalf("number %d is not valid", i)
			}
		}
	})
}
