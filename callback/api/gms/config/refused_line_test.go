package config_test

import (
	"testing"

	"github.com/ringback-go/ringback/callback/api/gms/config"
)

const serviceA = "[service.a]\n_service=callback\n_type=ors\n_call_direction=USERTERMINATED\n"
const officeHours = "[service.Office]\n_service=office-hours\n_bh_regular1=Mon-Fri 09:00-17:00\n"

// closed fails if service a is usable without the restriction that the text means.
func closed(t *testing.T, text string, opens func(o *config.Options, i int) bool) {
	t.Helper()
	o, err := config.Parse([]byte(text))
	if err != nil {
		return
	}
	for i, s := range o.Services {
		if s.Name == "a" && opens(o, i) {
			t.Errorf("OPENS WIDER:\n%s\n%v", text, o.Problems)
		}
	}
}

func allHours(o *config.Options, i int) bool { return o.Services[i].Booking.Hours == nil }
func running(o *config.Options, i int) bool  { return !o.Services[i].Paused }

// The options behind a header that cannot be read do not go into the section above it.
func TestHeadersThatCannotBeRead(t *testing.T) {
	for _, h := range []string{"\ufeff[service.b]", "service.b]", "［service.b］", "// [service.b]", "<service.b>", "\"[service.b]\""} {
		closed(t, officeHours+serviceA+"_business_hours_service=Office\n_max_queued_callbacks_per_service=5\n"+h+
			"\n_service=callback\n_max_queued_callbacks_per_service=900\n_business_hours_service=\n",
			func(o *config.Options, i int) bool { return allHours(o, i) || int(o.Services[i].Limits.Queued) == 900 })
	}
}

// Options that restrict all services restrict them also if [callback] is misspelled, cannot be read, or is missing.
func TestMisspelledCallbackSection(t *testing.T) {
	for _, h := range []string{"[Callback]", "[callback", "callback]", "[callbacks]", "callback:", "[CALLBACK]", ""} {
		closed(t, h+"\n_business_hours_service=Office\n"+serviceA+officeHours, allHours)
	}
}

// An option whose name has blanks counts as one that cannot be read.
func TestBlanksInNames(t *testing.T) {
	for _, l := range []string{"_business hours service=Office", "_business_hours _service = Office", "_business hours service: Office"} {
		closed(t, serviceA+l+"\n"+officeHours, allHours)
	}
	for _, l := range []string{"_time zone=America/Toronto", "_hol iday1=2026-12-25", "_effective dates1=2026-01-01", "- holiday1=2026-12-25"} {
		closed(t, serviceA+"_business_hours_service=Office\n"+officeHours+l+"\n", func(*config.Options, int) bool { return true })
	}
}

// So does an option whose value goes on in the next line.
func TestValuesOverTwoLines(t *testing.T) {
	for _, l := range []string{"_business_hours_service=\n  Office", "_business_hours_service:\n\tOffice"} {
		closed(t, serviceA+l+"\n"+officeHours, allHours)
	}
	for _, l := range []string{"_holiday1=\n 2026-12-25", "_holiday1=2026-12-24\n 2026-12-25", "_timezone=\n America/Toronto"} {
		closed(t, serviceA+"_business_hours_service=Office\n"+officeHours+l+"\n", func(*config.Options, int) bool { return true })
	}
	closed(t, serviceA+"_exceptions=X,\n Y\n[patterns]\nX=+41900*\nY=+4186*\n", func(*config.Options, int) bool { return true })
}

// Pauses that cannot be read pause the service.
func TestPausesThatCannotBeRead(t *testing.T) {
	for _, l := range []string{"[services]\na true", "[services]\nall true", "[services]\n\"a\"=true", "[services]\na;true", "[services]\nA=true", "[services]\nALL=true", "[Services]\na=true", "[services\na=true", "[service]\na=true", "[GMS_Paused_Services]\na=true"} {
		closed(t, serviceA+l+"\n", running)
	}
}

// Of an option that restricts and is given twice, with different values, neither counts.
func TestRepeatedRestrictions(t *testing.T) {
	closed(t, serviceA+"_business_hours_service=Office\n_business_hours_service=\n"+officeHours, allHours)
	closed(t, serviceA+"_business_hours_service=Office\n"+officeHours+"_holiday1=2026-12-25\n_holiday1=2026-12-26\n", func(*config.Options, int) bool { return true })
}
