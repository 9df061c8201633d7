package gen

import (
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/ringback-go/ringback/phonenum"
)

// differences is the whole list of inputs on which ringback answers otherwise than nyaruka, on purpose. The name is what excused
// returns for inputs of the kind, if the kind can be told from the input.
var differences = []struct {
	name, reason         string
	raw, region          string
	ours, theirs         func(raw, region string) string
	wantOurs, wantTheirs string
	visible              bool // excused can tell it from the input
}{
	{
		name: "tail",
		reason: "libphonenumber cuts off what follows the last letter, digit or hash; nyaruka's regular expression for it is written in Java's " +
			"syntax and means something else in Go. Numbers copied from contact lists end in invisible direction marks.",
		raw: "+41 78 555 66 77\u202c", region: "CH", ours: ourE164, theirs: theirE164,
		wantOurs: "+41785556677", wantTheirs: "error", visible: true,
	},
	{
		name:   "digits of other scripts",
		reason: "libphonenumber reads the digits of every script; nyaruka reads three and refuses or misreads numbers in others.",
		raw:    "०७८ ५५५ ६६ ७७", region: "CH", ours: ourE164, theirs: theirE164,
		wantOurs: "+41785556677", wantTheirs: "error", visible: true,
	},
	{
		name: "digits in vanity numbers",
		reason: "With three letters in it, both libphonenumber and nyaruka drop the digits that are not ASCII, which makes another " +
			"number of it. Reading them is safer.",
		raw: "+1 ８００ FLOWERS", region: "US", ours: ourE164, theirs: theirE164,
		wantOurs: "+18003569377", wantTheirs: "+13569377", visible: true,
	},
	{
		name: "argentine mobile",
		reason: "The national format of an Argentine mobile starts with its second group of digits. nyaruka puts the first " +
			"group there, the mobile token 9, and loses the area code; libphonenumber does not.",
		raw: "+54 9 11 2345 6789", region: "AR",
		ours: func(raw, region string) string {
			n, _ := phonenum.Parse(raw, region)
			return n.National()
		},
		theirs: func(raw, region string) string {
			n, _ := phonenumbers.Parse(raw, region)
			return phonenumbers.Format(n, phonenumbers.NATIONAL)
		},
		wantOurs: "011 15-2345-6789", wantTheirs: "09 15-2345-6789",
	},
	{
		name: "extension in national digits",
		reason: "nyaruka returns the digits of an extension in the script they were written in; here they are ASCII, so that they can be " +
			"dialled.",
		raw: "+41 78 555 66 77 ext. ٤٥", region: "CH",
		ours: func(raw, region string) string {
			_, ext, _ := phonenum.ParseExtension(raw, region)
			return ext
		},
		theirs: func(raw, region string) string {
			n, _ := phonenumbers.Parse(raw, region)
			return n.GetExtension()
		},
		// Three letters make it a vanity number for excused; the extension is taken off before that matters.
		wantOurs: "45", wantTheirs: "٤٥",
	},
	{
		name: "premium short numbers",
		reason: "A few premium short numbers of the metadata (1220 in Mali, 7760 in Mexico) are not in its list of valid short codes; Short " +
			"calls them premium all the same, since they cost extra.",
		raw: "7760", region: "MX",
		ours: func(raw, region string) string { return phonenum.Short(raw, region).String() },
		theirs: func(raw, region string) string {
			if phonenumbers.IsValidShortNumberForRegion(theirNumber(raw, region), region) {
				return "short"
			}
			return "not short"
		},
		wantOurs: "short-premium", wantTheirs: "not short",
	},
	{
		name:   "region in lower case",
		reason: "A region is understood in either case, since it comes from configuration files.",
		raw:    "078 555 66 77", region: "ch", ours: ourE164, theirs: theirE164,
		wantOurs: "+41785556677", wantTheirs: "error",
	},
}

func ourE164(raw, region string) string {
	n, err := phonenum.Parse(raw, region)
	if err != nil {
		return "error"
	}
	return n.E164()
}

func theirE164(raw, region string) string {
	n, err := phonenumbers.Parse(raw, region)
	if err != nil {
		return "error"
	}
	return phonenumbers.Format(n, phonenumbers.E164)
}

func TestDifferences(t *testing.T) {
	for _, d := range differences {
		t.Run(d.name, func(t *testing.T) {
			if got := d.ours(d.raw, d.region); got != d.wantOurs {
				t.Errorf("ringback %q, want %q", got, d.wantOurs)
			}
			if got := d.theirs(d.raw, d.region); got != d.wantTheirs {
				t.Errorf("nyaruka %q, want %q", got, d.wantTheirs)
			}
			if kind := excused(d.raw); d.visible && kind != d.name {
				t.Errorf("excused as %q, want %q", kind, d.name)
			}
		})
	}
}
