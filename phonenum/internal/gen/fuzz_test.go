package gen

import (
	"testing"

	"github.com/ringback-go/ringback/phonenum"
)

// FuzzParse compares the two libraries on any input and region.
func FuzzParse(f *testing.F) {
	for _, seed := range []struct{ raw, region string }{
		{"+41 78 555 66 77", "CH"}, {"(650) 253-0000 ext. 4567", "US"}, {"1-800-FLOWERS", "US"}, {"tel:7042;phone-context=+1-914-555", "US"},
		{"0 (00800) 1234 5678", "DE"}, {"011 15 2345-6789", "AR"}, {"0 21 3456789", "BR"}, {"٠٧٨٥٥٥٦٦٧٧", "CH"}, {"＋４１785556677", ""},
		{"530-583-6985 x302/x2303", "US"}, {"03-331 6005#3456#", "NZ"}, {"+39 06 12345", "IT"}, {"12", "NU"}, {"00000000000000000", "DE"},
		{";phone-context=", "US"}, {"+800 1234 5678", "ZZ"}, {"8 (800) 555-35-35", "RU"}, {"123\u00a0доб:5", "RU"}, {"1234+", "CH"},
	} {
		f.Add(seed.raw, seed.region)
	}
	f.Fuzz(func(t *testing.T, raw, region string) {
		if region != "" && region != "ZZ" && !knownUpper(region) {
			region = "US"
		}
		if excused(raw) != "" {
			return
		}
		for _, d := range compare(raw, region) {
			t.Error(d)
		}
	})
}

// FuzzShort compares the two libraries on short numbers.
func FuzzShort(f *testing.F) {
	f.Add("112", "CH")
	f.Add("1811", "CH")
	f.Add("9112", "US")
	f.Add("190", "BR")
	f.Fuzz(func(t *testing.T, digits, region string) {
		if !knownUpper(region) || len(digits) > 18 || digits == "" {
			return
		}
		for i := range len(digits) {
			if digits[i] < '0' || digits[i] > '9' {
				return
			}
		}
		checkShort(t, digits, region)
	})
}

// knownUpper reports whether region is known and in capital letters, the only
// form that nyaruka accepts.
func knownUpper(region string) bool {
	return len(region) == 2 && region[0] <= 'Z' && region[1] <= 'Z' && phonenum.KnownRegion(region)
}
