package phonenum

import "testing"

// benchmarked holds numbers as requests contain them; one operation handles one
// number.
var benchmarked = []struct{ raw, region string }{
	{"+41 78 555 66 77", "CH"}, {"044 668 18 00", "CH"}, {"(650) 253-0000", "US"}, {"+44 7400 123456", "GB"},
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m := benchmarked[i%len(benchmarked)]
		i++
		if _, err := Parse(m.raw, m.region); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseAddress(b *testing.B) {
	for _, test := range []struct{ name, raw string }{{"number", "078 555 66 77"}, {"tel", "tel:+41785556677;ext=12"}, {"sip", "sip:hans@example.com"}} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseAddress(test.raw, "CH"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNumber(b *testing.B) {
	n := parsed(b, "+41785556677", "")
	for _, test := range []struct {
		name string
		run  func()
	}{
		{"e164", func() { _ = n.E164() }}, {"international", func() { _ = n.International() }}, {"masked", func() { _ = n.String() }},
		{"type", func() { _ = n.Type() }}, {"zones", func() { _ = n.Zones() }},
	} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				test.run()
			}
		})
	}
}
