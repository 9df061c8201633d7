// Package availability computes when a callback can take place from opening
// hours, capacity and existing bookings.
//
// The package is pure: it reads no clock, stores no bookings and starts no
// goroutines; the current time and the load are arguments. It does not reserve
// anything either. A slot may be taken between an answer and a booking, so a
// store must check the capacity again when it writes.
//
// # Model
//
// A [Calendar] holds opening hours in one IANA zone: weekly hours, holidays,
// extra hours and effective dates. It can include other calendars, or use them
// as alternatives to its regular hours. Create one with [NewCalendar].
// [Calendar.Explain] returns the rule that opens or closes an instant.
//
// A [Capacity] is the number of seats per bucket: [Flat], by weekday and hour
// ([Weekly]), or in recurring windows ([Recurring]).
//
// A [Planner] combines the two. It divides time into buckets of 5 to 120
// minutes and returns the slots for a [Query], a [Load] and the current time:
//
//	from, to, err := planner.Range(query, now)   // the load to read from the store
//	slots, err := planner.Slots(query, load, now)
//	err = planner.Check(wanted, load, now)       // nil, *ClosedError or *FullError
//	others := planner.Near(wanted, 6, load, now) // alternatives to propose
//
// # Precedence
//
// The base is the regular hours, or the alternative that replaces them, plus
// the included calendars. A holiday closes its date. Extra hours are open even
// then. If there are effective dates, everything on other dates is closed. An
// alternative does not replace the included calendars. An included calendar
// counts with its own holidays and effective dates applied.
//
// A date begins when the clock first shows its midnight, or at the end of the
// gap that skips it. Holidays and effective dates apply to dates, not to
// shifts: a holiday on Tuesday ends Monday's night shift at midnight.
//
// # When the clock changes
//
// A booking in local time ([LocalTime]) that falls into a gap takes place at
// the first valid instant after it; one in an overlap takes place at the first
// occurrence. Hours that begin in an overlap open at the first occurrence and
// hours that end in one close at the last, so that setting the clock back does
// not shorten them. Hours that end where an overlap begins close before it. In a gap both are the instant of the jump. A clock change
// is always the boundary of a bucket: a day of 23 or 25 hours has fewer or more
// buckets, and none of them contains the change ([Planner.BucketOf]).
//
// # Limits
//
// Instants outside the years 1 to 9999 are closed. A query that spans more than
// 31 days or 10,000 buckets (both configurable) is rejected with a
// [*RangeError] before any bucket is computed. Searches in a calendar end after
// [MaxSearchDays].
//
// # Cost
//
// Calendars and planners compile sixteen days at a time, on demand, and cache
// at most 512 days. Zone data is read only where hours and dates begin and end.
// BenchmarkAvailability compares the package with straightforward code that
// uses package time.
//
// # Time zone data
//
// Zones come from the data that package time finds. A program that needs its
// own data imports time/tzdata, or sets [CalendarConfig].Location. Locations
// are compared by name.
package availability
