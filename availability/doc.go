// Package availability answers when a callback can take place: opening hours,
// capacity, and the slots that are left.
//
// It is pure. Nothing here reads a clock, keeps a booking or starts a goroutine;
// the present moment and the load are arguments. It knows nothing of callbacks,
// and it reserves nothing: between an answer and a booking somebody else may take
// the seat, so a store has to check capacity again when it writes.
//
// # Model
//
// A [Calendar] is opening hours in one IANA zone: weekly hours, holidays, extra
// hours, effective dates, and other calendars included or put in the place of the
// regular hours. Build it with [NewCalendar]. [Calendar.Explain] names the rule that
// opened or closed an instant.
//
// A [Capacity] says how many seats a bucket has: [Flat], a [Weekly] table of hours
// with exceptions ([NewWeekly]), or [Recurring] windows.
//
// A [Planner] joins both. It cuts time into buckets of 5 to 120 minutes and turns
// a [Query], a [Load] and the present moment into slots:
//
//	from, to, err := planner.Range(query, now)   // what to ask the store about
//	slots, err := planner.Slots(query, load, now)
//	err = planner.Check(wanted, load, now)       // nil, *ClosedError or *FullError
//	others := planner.Near(wanted, 6, load, now) // what to propose instead
//
// # Precedence
//
// Regular hours, alternatives and includes are the base; a holiday closes its
// date; extra hours open again; and outside the effective dates, if there are any,
// everything is closed. An alternative replaces the regular hours while it is in
// force, and not the includes. An included calendar adds its whole open time, as
// its own holidays and dates leave it.
//
// A date begins when its midnight is first shown, or where the gap ends that
// swallowed it. Holidays and effective dates are about dates, not shifts: Tuesday's
// holiday ends Monday's night shift at midnight.
//
// # When the clock changes
//
// A wall-clock booking ([LocalTime]) in a gap takes place at the first valid instant
// after it, one in an overlap the first time. Hours that open in an overlap open the
// first time, hours that close in one close the last time, so that setting the clock
// back never shortens them; in a gap both happen where the clock jumps. Every
// change of the clock is also the border of a bucket: a day of 23 or 25 hours has
// the buckets it has, and none of them contains a jump ([Planner.BucketOf]).
//
// # Bounds
//
// Instants outside the years 1 to 9999 are closed. Queries are refused with a
// [*RangeError] by comparing their ends, before anything is looked at: 31 days or
// 10,000 buckets unless configured otherwise. Searches of a calendar end after
// [MaxSearchDays].
//
// # Cost
//
// Calendars and planners compile what they are asked about, sixteen days at a time,
// and keep at most 512 days of it; zones are consulted only where hours and dates
// begin and end. BenchmarkAvailability in the tests compares the result with
// straightforward code over the time package.
//
// # Time zone data
//
// The package uses the data Go finds on the machine. A program that wants its own
// imports time/tzdata, or passes locations ([CalendarConfig].Location). Locations
// are compared by name.
package availability
