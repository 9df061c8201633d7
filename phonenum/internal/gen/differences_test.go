package gen

import (
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/ringback-go/ringback/phonenum"
)

// differences lists all inputs for which ringback deliberately returns another
// result than nyaruka. name is what excused returns for such inputs, if
// visible.
var differences = []struct {
	name, reason         string
	raw, region          string
	ours, theirs         func(raw, region string) string
	wantOurs, wantTheirs string
	visible              bool // excused recognises the input
}{
	{
		name: "tail",
		reason: "libphonenumber cuts off what follows the last letter, digit or hash. nyaruka uses the same regular expression, but its Java " +
			"syntax has another meaning in Go. Numbers copied from contact lists often end in invisible direction marks.",
		raw: "+41 78 555 66 77\u202c", region: "CH", ours: ourE164, theirs: theirE164,
		wantOurs: "+41785556677", wantTheirs: "error", visible: true,
	},
	{
		name:   "digits of other scripts",
		reason: "libphonenumber accepts the digits of every script; nyaruka accepts three and refuses or misreads numbers in others.",
		raw:    "०७८ ५५५ ६६ ७७", region: "CH", ours: ourE164, theirs: theirE164,
		wantOurs: "+41785556677", wantTheirs: "error", visible: true,
	},
	{
		name: "digits in vanity numbers",
		reason: "In a number with three letters, both libphonenumber and nyaruka drop the digits that are not ASCII, which yields " +
			"another number. phonenum keeps them.",
		raw: "+1 ８００ FLOWERS", region: "US", ours: ourE164, theirs: theirE164,
		wantOurs: "+18003569377", wantTheirs: "+13569377", visible: true,
	},
	{
		name: "argentine mobile",
		reason: "The national format of an Argentine mobile number starts with its second group of digits. nyaruka starts with the " +
			"first group, the mobile prefix 9, and loses the area code; libphonenumber does not.",
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
		name:   "extension in national digits",
		reason: "nyaruka returns the digits of an extension in their original script; phonenum returns ASCII, which can be dialled.",
		raw:    "+41 78 555 66 77 ext. ٤٥", region: "CH",
		ours: func(raw, region string) string {
			_, ext, _ := phonenum.ParseExtension(raw, region)
			return ext
		},
		theirs: func(raw, region string) string {
			n, _ := phonenumbers.Parse(raw, region)
			return n.GetExtension()
		},
		// The label makes it a vanity number for excused, although the
		// extension is cut off before that matters.
		wantOurs: "45", wantTheirs: "٤٥",
	},
	{
		name: "premium short numbers",
		reason: "The metadata has a few premium short numbers (1220 in Mali, 7760 in Mexico) that are not in its list of valid short " +
			"codes. Short still reports them as premium, because they cost extra.",
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
		reason: "A region is accepted in either case, because it comes from configuration files.",
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
