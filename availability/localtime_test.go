package availability

import (
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

// zoneNames lists the zones of the IANA database that Go 1.26 ships.
//
//go:embed testdata/zones.txt
var zoneNames string

func TestLocalTimeIn(t *testing.T) {
	for _, test := range []struct {
		name, zone, local string
		want, last        string
		kind              LocalKind
	}{
		{"ordinary", "Europe/Berlin", "2026-07-01T09:00", "2026-07-01T07:00:00Z", "", Exact},
		{"utc", "", "2026-07-01T09:00:30", "2026-07-01T09:00:30Z", "", Exact},
		{"last before gap", "Europe/Berlin", "2026-03-29T01:59:59", "2026-03-29T00:59:59Z", "", Exact},
		{"gap begins", "Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:00:00Z", "", Gap},
		{"gap ends", "Europe/Berlin", "2026-03-29T02:59:59", "2026-03-29T01:00:00Z", "", Gap},
		{"first after gap", "Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00:00Z", "", Exact},
		{"before overlap", "Europe/Berlin", "2026-10-25T01:59", "2026-10-24T23:59:00Z", "", Exact},
		{"overlap", "Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", Overlap},
		{"after overlap", "Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00:00Z", "", Exact},
		{"New York 02:30", "America/New_York", "2026-03-08T02:30", "2026-03-08T07:00:00Z", "", Gap},
		{"New York 01:30", "America/New_York", "2026-11-01T01:30", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", Overlap},
		{"half-hour gap", "Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30:00Z", "", Gap},
		{"half-hour overlap", "Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z", Overlap},
		{"a day that was skipped", "Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00:00Z", "", Gap},
		{"midnight in a gap", "Asia/Beirut", "2023-03-26T00:00", "2023-03-25T22:00:00Z", "", Gap},
		{"quarter-hour zone", "Asia/Kathmandu", "2026-01-01T00:00", "2025-12-31T18:15:00Z", "", Exact},
		{"seconds of local mean time", "Europe/Amsterdam", "1900-01-01T00:00", "1899-12-31T23:40:28Z", "", Exact},
	} {
		t.Run(test.name, func(t *testing.T) {
			local, err := ParseLocal(test.local)
			if err != nil {
				t.Fatal(err)
			}
			loc := mustZone(t, test.zone)
			r := local.Resolve(loc)
			if test.last == "" {
				test.last = test.want
			}
			if !r.First.Equal(instant(t, test.want)) || !r.Last.Equal(instant(t, test.last)) || r.Kind != test.kind {
				t.Errorf("%s = %s, %s, %s; want %s, %s, %s", test.local, r.First, r.Last, r.Kind, test.want, test.last, test.kind)
			}
			if at, kind := local.In(loc); !at.Equal(r.First) || kind != r.Kind || at.Location() != time.UTC {
				t.Errorf("In = %s, %s", at, kind)
			}
			if local.String() != test.local && local.String() != test.local+":00" {
				t.Errorf("String = %s", local)
			}
		})
	}
}

// TestBookingsAroundEveryTransition books every minute of the two hours before
// and after every transition of every zone from 2020 to 2037. A local time that
// occurs once is that instant, one in a gap is the jump, and one that occurs
// twice is the first occurrence.
func TestBookingsAroundEveryTransition(t *testing.T) {
	from, to := instant(t, "2020-01-01T00:00:00Z").Unix(), instant(t, "2038-01-01T00:00:00Z").Unix()
	type change struct{ at, before, after int64 }
	seen := make(map[change]bool)
	zones, changes, gaps, overlaps := 0, 0, 0, 0
	for _, name := range strings.Fields(zoneNames) {
		loc := mustZone(t, name)
		zones++
		var segs []segment
		segs = segments(segs, loc, from, to)
		for i := 1; i < len(segs); i++ {
			c := change{segs[i].start, offsetAt(loc, segs[i].start-1), offsetAt(loc, segs[i].start)}
			if c.before == c.after || c.at >= to {
				t.Fatalf("%s: %+v is no change in the range", name, c)
			}
			changes++
			step := int64(7) // zones share rules, so that each minute of a rule is tested once
			if !seen[c] {
				seen[c], step = true, 1
			}
			lo, hi := c.at+min(c.before, c.after)-7200, c.at+max(c.before, c.after)+7200
			for wall := lo; wall <= hi; wall += step * 60 {
				want, kind := c.at, Gap
				switch u, v := wall-c.before, wall-c.after; {
				case u < c.at && v >= c.at:
					want, kind = u, Overlap
				case u < c.at:
					want, kind = u, Exact
				case v >= c.at:
					want, kind = v, Exact
				}
				got, gotKind := LocalOf(utc(wall), time.UTC).In(loc)
				if got.Unix() != want || gotKind != kind {
					t.Fatalf("%s at wall %s: %s %s, want %s %s", name, utc(wall), got, gotKind, utc(want), kind)
				}
				if shown := LocalOf(got, loc).wall() == wall; shown == (kind == Gap) {
					t.Fatalf("%s at wall %s: %s shows it: %v", name, utc(wall), got, shown)
				}
				switch kind {
				case Gap:
					gaps++
				case Overlap:
					overlaps++
				}
			}
		}
	}
	if zones < 590 || changes < 5000 || gaps < 10000 || overlaps < 10000 {
		t.Errorf("looked at %d zones, %d changes, %d gaps, %d overlaps", zones, changes, gaps, overlaps)
	}
}

// tzif returns a version 1 time zone file with a standard and a summer time.
func tzif(standard, summer int32, changes []int32) []byte {
	b := append([]byte("TZif"), make([]byte, 16)...)
	for _, n := range []int{0, 0, 0, len(changes), 2, 8} {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	for _, at := range changes {
		b = binary.BigEndian.AppendUint32(b, uint32(at))
	}
	for i := range changes {
		b = append(b, byte((i+1)%2))
	}
	b = append(binary.BigEndian.AppendUint32(b, uint32(standard)), 0, 0)
	b = append(binary.BigEndian.AppendUint32(b, uint32(summer)), 1, 4)
	return append(b, "STD\x00DST\x00"...)
}

// TestBookingKeepsItsWallClockWhenRulesChange replays March 2023 in Lebanon,
// when the start of summer time was postponed by four weeks and restored three
// days later.
func TestBookingKeepsItsWallClockWhenRulesChange(t *testing.T) {
	const usual, putOff, autumn = 1679781600, 1682028000, 1698526800 // 26 March, 21 April 2023, 29 October
	booking, err := NewLocalTime(2023, time.April, 3, 9, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, release := range []struct {
		name, want string
		from       int32
	}{
		{"2023a", "2023-04-03T06:00:00Z", usual},
		{"2023b", "2023-04-03T07:00:00Z", putOff},
		{"2023c", "2023-04-03T06:00:00Z", usual},
	} {
		loc, err := time.LoadLocationFromTZData("Asia/Beirut", tzif(7200, 10800, []int32{release.from, autumn}))
		if err != nil {
			t.Fatal(err)
		}
		at, kind := booking.In(loc)
		if !at.Equal(instant(t, release.want)) || kind != Exact || LocalOf(at, loc) != booking {
			t.Errorf("%s: %s %s shows %s, want %s", release.name, at, kind, LocalOf(at, loc), release.want)
		}
		// Opening hours follow the wall clock too.
		c := mustCalendar(t, CalendarConfig{Location: loc, Regular: []WeeklyHours{{FromDay: 1, ToDay: 5, Open: Clock(9, 0), Close: Clock(17, 0)}}})
		if open, ok := c.NextOpen(at.Add(-3 * time.Hour)); !ok || !open.Equal(at) {
			t.Errorf("%s: opens %s, want %s", release.name, open, at)
		}
	}
}

func TestLocalTimeErrors(t *testing.T) {
	for _, bad := range []LocalTime{
		{}, {2026, 13, 1, 0, 0, 0}, {2026, 2, 29, 0, 0, 0}, {0, 1, 1, 0, 0, 0}, {10000, 1, 1, 0, 0, 0},
		{2026, 1, 1, 24, 0, 0}, {2026, 1, 1, 0, 60, 0}, {2026, 1, 1, 0, 0, 60}, {2026, 1, 1, -1, 0, 0},
	} {
		if err := bad.Validate(); !errors.Is(err, ErrConfig) {
			t.Errorf("%+v: %v", bad, err)
		}
		if _, err := bad.MarshalText(); err == nil {
			t.Errorf("%+v is marshalled", bad)
		}
		bad.In(nil) // must not panic
	}
	if _, _, err := ResolveLocal(2026, time.February, 30, 9, 0, time.UTC); !errors.Is(err, ErrConfig) {
		t.Errorf("30 February: %v", err)
	}
	for _, s := range []string{"", "2026-01-01", "2026-01-01T25:00", "2026-01-01T10:00Z", "0000-01-01T00:00", "2026-01-01T10:00:00.5"} {
		if l, err := ParseLocal(s); err == nil {
			t.Errorf("ParseLocal(%q) = %s", s, l)
		}
	}
	var l LocalTime
	if err := json.Unmarshal([]byte(`"2026-03-29T02:30:00"`), &l); err != nil || l.Hour != 2 {
		t.Errorf("unmarshalled %s: %v", l, err)
	}
	if text, err := json.Marshal(l); err != nil || string(text) != `"2026-03-29T02:30:00"` {
		t.Errorf("marshalled %s: %v", text, err)
	}
	if got := LocalKind(9).String() + Exact.String() + Gap.String() + Overlap.String(); got != "LocalKind(9)exactgapoverlap" {
		t.Error(got)
	}
}

func TestLoadZone(t *testing.T) {
	for _, name := range []string{"", "UTC", "Europe/Berlin", "US/Pacific", "EST5EDT", "Asia/Calcutta"} {
		if _, err := LoadZone(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"Local", "Mars/Olympus", "../etc/passwd", "PST"} {
		if loc, err := LoadZone(name); err == nil {
			t.Errorf("%q: %v", name, loc)
		}
	}
}

func TestCivilDates(t *testing.T) {
	for day := civilDay(1, 1, 1); day <= civilDay(9999, 12, 31); day += 17 {
		year, month, d := civilDate(day)
		want := time.Unix(day*86400, 0).UTC()
		if y, m, dd := want.Date(); y != year || m != month || dd != d || weekday(day) != want.Weekday() {
			t.Fatalf("day %d is %d-%d-%d %s, want %s", day, year, month, d, weekday(day), want)
		}
		if civilDay(year, month, d) != day {
			t.Fatalf("civilDay(%d, %d, %d) is not %d", year, month, d, day)
		}
	}
}
