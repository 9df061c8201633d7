package availability_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/availability"
)

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// branch is open on working days from 9 to 17 and on 25 December 2026, although
// it is a holiday, from 10 to 12.
func branch() *availability.Calendar {
	nine, five := availability.Clock(9, 0), availability.Clock(17, 0)
	christmas := availability.DateRule{Name: "Christmas", Month: time.December, Day: 25}
	calendar, err := availability.NewCalendar(availability.CalendarConfig{
		Zone:     "Europe/Berlin",
		Regular:  []availability.WeeklyHours{{FromDay: time.Monday, ToDay: time.Friday, Open: nine, Close: five}},
		Holidays: []availability.DateRule{christmas},
		Extra: []availability.ExtraHours{{
			Name: "service", Date: availability.DateRule{Year: 2026, Month: time.December, Day: 25},
			Open: availability.Clock(10, 0), Close: availability.Clock(12, 0),
		}},
	})
	if err != nil {
		panic(err)
	}
	return calendar
}

func ExampleNewCalendar() {
	calendar, err := availability.NewCalendar(availability.CalendarConfig{
		Zone: "Europe/Berlin",
		Regular: []availability.WeeklyHours{
			{FromDay: time.Monday, ToDay: time.Friday, Open: availability.Clock(9, 0), Close: availability.Clock(17, 0)},
			{FromDay: time.Friday, ToDay: time.Saturday, Open: availability.Clock(22, 0), Close: availability.Clock(2, 0)},
		},
		Holidays: []availability.DateRule{{Name: "Labour Day", Month: time.May, Day: 1}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(calendar.Open(at("2026-06-01T07:00:00Z")), calendar.Open(at("2026-05-01T07:00:00Z")))

	_, err = availability.NewCalendar(availability.CalendarConfig{Zone: "Local", Holidays: []availability.DateRule{{Month: 2, Day: 30}}})
	fmt.Println(errors.Is(err, availability.ErrConfig))
	fmt.Println(err)
	// Output:
	// true false
	// true
	// availability: Zone "Local": zone "Local" depends on the machine; name an IANA zone
	// availability: Holidays[0] "02-30": the month has no such day
}

func ExampleParseWeeklyHours() {
	night, err := availability.ParseWeeklyHours("Sat-Sun 19:00-7:00")
	if err != nil {
		fmt.Println(err)
		return
	}
	calendar, err := availability.NewCalendar(availability.CalendarConfig{Zone: "Europe/Berlin", Regular: []availability.WeeklyHours{night}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(night, calendar.Open(at("2026-06-07T22:00:00Z")))

	_, err = availability.ParseWeeklyHours("Mon-Fri 9-17")
	fmt.Println(err)
	// Output:
	// Sat-Sun 19:00-07:00 true
	// time "9" is not HH:mm from 00:00 to 24:00
}

func ExampleParseExtraHours() {
	extra, err := availability.ParseExtraHours("12-24 9:00-12:00")
	fmt.Println(extra, err)
	// Output: 12-24 09:00-12:00 <nil>
}

func ExampleParseWeekday() {
	day, err := availability.ParseWeekday("wed")
	fmt.Println(day, err)
	// Output: Wednesday <nil>
}

// In summer the hours of another calendar apply.
func ExampleAlternative() {
	hours := func(text string) []availability.WeeklyHours {
		w, err := availability.ParseWeeklyHours(text)
		if err != nil {
			panic(err)
		}
		return []availability.WeeklyHours{w}
	}
	dates, err := availability.ParseDateRange("07-01 to 08-31")
	if err != nil {
		fmt.Println(err)
		return
	}
	summer, err := availability.NewCalendar(availability.CalendarConfig{
		Regular: hours("Mon-Fri 8:00-13:00"), Effective: []availability.DateRange{dates},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	office, err := availability.NewCalendar(availability.CalendarConfig{
		Regular: hours("Mon-Fri 9:00-17:00"), Alternatives: []availability.Alternative{{Name: "summer", Calendar: summer}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(office.Explain(at("2026-07-01T14:00:00Z")))
	// Output: closed by alternative summer at 2026-07-01T14:00:00 UTC: closed because no rule opens at 2026-07-01T14:00:00 UTC
}

func ExampleCalendar_Explain() {
	calendar := branch()
	for _, t := range []string{"2026-12-24T09:00:00Z", "2026-12-25T08:00:00Z", "2026-12-25T09:30:00Z", "2026-12-26T09:00:00Z"} {
		fmt.Println(calendar.Explain(at(t)))
	}
	// Output:
	// open by regular (Mon-Fri 09:00-17:00) at 2026-12-24T10:00:00 Europe/Berlin
	// closed by holiday Christmas (12-25) at 2026-12-25T09:00:00 Europe/Berlin
	// open by extra service (2026-12-25 10:00-12:00) at 2026-12-25T10:30:00 Europe/Berlin
	// closed because no rule opens at 2026-12-26T10:00:00 Europe/Berlin
}

func ExampleCalendar_OpenDuring() {
	nine := at("2026-06-01T07:00:00Z")
	fmt.Println(branch().OpenDuring(nine, nine.Add(8*time.Hour)), branch().OpenDuring(nine, nine.Add(9*time.Hour)))
	// Output: true false
}

func ExampleCalendar_Periods() {
	periods, err := branch().Periods(at("2026-12-24T12:00:00Z"), at("2026-12-28T09:00:00Z"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range periods {
		fmt.Println(p.Start.Format(time.RFC3339), p.End.Format(time.RFC3339))
	}
	// Output:
	// 2026-12-24T12:00:00Z 2026-12-24T16:00:00Z
	// 2026-12-25T09:00:00Z 2026-12-25T11:00:00Z
	// 2026-12-28T08:00:00Z 2026-12-28T09:00:00Z
}

func ExampleCalendar_Query() {
	// The zero query asks whether the office is open now.
	periods, err := branch().Query(availability.Query{}, at("2026-12-25T09:30:00Z"))
	fmt.Println(len(periods) > 0, err)
	// Output: true <nil>
}

func ExampleCalendar_NextOpen() {
	next, ok := branch().NextOpen(at("2026-12-25T11:00:00Z"))
	fmt.Println(next, ok)
	// Output: 2026-12-28 08:00:00 +0000 UTC true
}

func ExampleCalendar_NextClose() {
	next, ok := branch().NextClose(at("2026-12-24T12:00:00Z"))
	fmt.Println(next, ok)
	// Output: 2026-12-24 16:00:00 +0000 UTC true
}

func ExampleCalendar_LastOpen() {
	last, ok := branch().LastOpen(at("2026-12-27T12:00:00Z"))
	fmt.Println(last, ok)
	// Output: 2026-12-25 11:00:00 +0000 UTC true
}

func ExampleCalendar_OpenTime() {
	fmt.Println(branch().OpenTime(at("2026-12-24T12:00:00Z"), at("2026-12-28T09:00:00Z")))
	// Output: 7h0m0s
}

func ExampleCalendar_AddOpen() {
	end, ok := branch().AddOpen(at("2026-12-24T12:00:00Z"), 5*time.Hour)
	fmt.Println(end, ok)
	// Output: 2026-12-25 10:00:00 +0000 UTC true
}

func ExampleAlwaysOpen() {
	fmt.Println(availability.AlwaysOpen().Explain(at("2026-12-25T03:00:00Z")))
	// Output: open by always at 2026-12-25T03:00:00 UTC
}

func ExampleLocalTime_In() {
	berlin, err := availability.LoadZone("Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range []string{"2026-03-29T02:30", "2026-10-25T02:30", "2026-10-26T02:30"} {
		local, err := availability.ParseLocal(s)
		if err != nil {
			fmt.Println(err)
			return
		}
		instant, kind := local.In(berlin)
		fmt.Println(local, "is", instant.In(berlin), kind)
	}
	// Output:
	// 2026-03-29T02:30:00 is 2026-03-29 03:00:00 +0200 CEST gap
	// 2026-10-25T02:30:00 is 2026-10-25 02:30:00 +0200 CEST overlap
	// 2026-10-26T02:30:00 is 2026-10-26 02:30:00 +0100 CET exact
}

func ExampleLocalTime_Resolve() {
	berlin, err := availability.LoadZone("Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		return
	}
	local, err := availability.NewLocalTime(2026, time.October, 25, 2, 30)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := local.Resolve(berlin)
	fmt.Println(r.Kind, r.First.Format(time.TimeOnly), r.Last.Format(time.TimeOnly))
	// Output: overlap 00:30:00 01:30:00
}

func ExampleResolveLocal() {
	_, _, err := availability.ResolveLocal(2026, time.February, 29, 9, 0, time.UTC)
	fmt.Println(err)
	// Output: availability: Day "2-29": the month has no such day
}

func ExampleLocalOf() {
	kathmandu, err := availability.LoadZone("Asia/Kathmandu")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(availability.LocalOf(at("2026-06-01T00:00:00Z"), kathmandu))
	// Output: 2026-06-01T05:45:00
}
