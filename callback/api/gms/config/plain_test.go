package config_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback/api/gms/config"
)

// office is a configuration in which every line restricts.
const office = `[service.x]
_service = callback
_call_direction = USERTERMINATED
_default_country = CH
_business_hours_service = Office
_max_request_by_time_bucket = 3
_max_queued_callbacks_per_service = 2
_enable_in_queue_checking = strict
_exceptions = BAD
_max_dial_attempts = 1
[service.Office]
_service = office-hours
_timezone = Europe/Zurich
_bh_regular1 = Mon-Fri 09:00-17:00
_holiday1 = 01-06
[patterns]
BAD = +41900*
`

// same reports whether a configuration has the service of office with all its
// restrictions, and whether it has the service at all.
func same(t *testing.T, text string) (whole, used bool) {
	t.Helper()
	o, err := config.Parse([]byte(text))
	if err != nil || len(o.Services) == 0 {
		return false, false
	}
	s := o.Services[0]
	if s.Booking.Hours == nil {
		return false, true
	}
	closed := func(at string) bool {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		return !s.Booking.Hours.Open(when)
	}
	return closed("2026-01-06T09:00:00Z") && closed("2026-01-05T07:30:00Z") && closed("2026-01-05T16:30:00Z") && !closed("2026-01-05T08:30:00Z") && closed("2026-01-04T09:00:00Z") &&
		s.Booking.PerBucket == 3 && s.Limits.Queued == 2 && s.Limits.SameNumber == 1 && s.Numbers.Exceptions.String() == "41900*" && s.Dialing.Retry.MaxAttempts == 1, true
}

// Forms of a line whose meaning is certain are understood.
func TestFormsOfLines(t *testing.T) {
	if whole, _ := same(t, office); !whole {
		t.Fatal("the configuration itself")
	}
	for name, form := range map[string]func(string) string{
		"colons": func(s string) string { return strings.ReplaceAll(s, " = ", ": ") },
		"odd dashes": func(s string) string {
			return strings.NewReplacer("09:00-17", "09:00\u201317", "Mon-Fri", "Mon\u2212Fri", "office-hours", "office\u2011hours").Replace(s)
		},
		"no-break spaces": func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") },
		"blanks in names": func(s string) string {
			return strings.NewReplacer("_holiday1", "_holiday 1", "_bh_regular1", "_bh_regular 1").Replace(s)
		},
		"zero-width spaces": func(s string) string { return strings.ReplaceAll(s, "_timezone", "_time\u200bzone") },
		"CRLF":              func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"CR":                func(s string) string { return strings.ReplaceAll(s, "\n", "\r") },
		"BOM":               func(s string) string { return "\ufeff" + s },
	} {
		if whole, used := same(t, form(office)); !whole {
			o, _ := config.Parse([]byte(form(office)))
			t.Errorf("%s: used %v\n%v", name, used, o.Problems)
		}
	}
}

// A line that cannot be used never makes the service less restricted: it is left out.
func TestDamagedLinesOpenNothing(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(office, "\n"), "\n")
	damages := map[string]func(name, value string) string{
		"no separator":    func(name, value string) string { return name + " " + value },
		"misspelled":      func(name, value string) string { return name[:3] + name[4:] + " = " + value },
		"doubled letter":  func(name, value string) string { return name[:3] + name[2:] + " = " + value },
		"upper case":      func(name, value string) string { return strings.ToUpper(name) + " = " + value },
		"no value":        func(name, value string) string { return name + " = ?" },
		"control":         func(name, value string) string { return name + " = " + value + "\x01" },
		"open quote":      func(name, value string) string { return name + ` = "` + value },
		"wrong name":      func(name, value string) string { return name + "! = " + value },
		"value and words": func(name, value string) string { return name + " = " + value + " or so" },
		"no underscore":   func(name, value string) string { return strings.TrimPrefix(name, "_") + " = " + value },
	}
	for i, line := range lines {
		name, value, ok := strings.Cut(line, " = ")
		if !ok || len(name) < 4 {
			continue
		}
		for damage, do := range damages {
			changed := append([]string{}, lines...)
			changed[i] = do(name, value)
			if whole, used := same(t, strings.Join(changed, "\n")); used && !whole {
				t.Errorf("%s: %q: the service is used with less", damage, changed[i])
			}
		}
	}
}

// A damaged line counts also after more faults than are reported.
func TestDamagedLineAfterManyFaults(t *testing.T) {
	rubbish := "[rubbish]\n" + strings.Repeat("a b c = 1\n", 1500)
	for _, line := range []string{"_max_queued_callbacks_per_service = 2", "_business_hours_service = Office"} {
		text := rubbish + strings.Replace(office, line, line+"\x01", 1)
		if whole, used := same(t, text); used && !whole {
			t.Errorf("%s: the service is used with less", line)
		}
	}
}

// The options that restrict are those that MIGRATION.md lists: a line with one of them
// that cannot be read leaves the service out, and a line with any other does not.
func TestOptionsThatRestrict(t *testing.T) {
	document, err := os.ReadFile("../MIGRATION.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(document), "| options that restrict |")
	list, _, _ := strings.Cut(rest, "\n\n")
	option := regexp.MustCompile("`([a-z_0-9]+)`")
	listed := make(map[string]bool)
	for _, m := range option.FindAllStringSubmatch(list, -1) {
		listed[m[1]] = true
	}
	full, err := os.ReadFile("testdata/full.ini")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(full)) {
		name, _, _ := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		hours := strings.HasPrefix(name, "_bh_") || strings.HasPrefix(name, "_holiday") || strings.HasPrefix(name, "_include") || strings.HasPrefix(name, "_effective") ||
			strings.HasPrefix(name, "_use_alt") || strings.HasPrefix(name, "_capacity") && name != "_capacity_service" || name == "_timezone"
		if !strings.HasPrefix(name, "_") || hours || name == "_service" {
			continue
		}
		o := optionsOf(t, name+" = a\x01b")
		if left := len(o.Services) == 0; left != listed[name] {
			t.Errorf("%s: left out %v, listed %v", name, left, listed[name])
		}
		if listed[name] {
			seen++
		}
	}
	if seen < len(listed) {
		t.Errorf("testdata/full.ini has %d of the %d options", seen, len(listed))
	}
}
