// Package scheduler holds the decisions about order and time that a callback
// needs: whether it is for now or for later, who is served next, whether a
// failed attempt is followed by another and when, how long somebody will wait,
// when a recurring event comes, and which of a million due times is next.
//
// It decides and does nothing else: it runs no goroutine and no timer, reads no
// clock and no random source of its own, and keeps nothing between calls but
// what the caller holds. Every instant is an argument, so that the same calls
// give the same answers. It is not a job runner, it does not know what a
// callback is, and it does not store anything; packages callback and store do.
//
// # Now or later
//
// [Immediate] and [ReleaseAt] apply the rule of GMS: a callback whose desired
// time is less than the buffer plus the estimated wait away is immediate, any
// other is scheduled and released that much before its time. [ExpiresAt] adds
// the time to live. An [Estimator] supplies the wait; [RateEstimator] measures
// it.
//
// # Who is next
//
// [Priority] is one of the nine classes of LUCS. An [Order] picks among those in
// which somebody waits: StrictPriority first, the seven in the middle by smooth
// weighted round robin with [Weights], NothingElse last. Its comment gives the
// bound on waiting inside the seven and why it holds.
//
// # Once more or not
//
// A [RetryPolicy] has a [Rule] for each [Outcome]: how many further attempts,
// after what gap, growing how, spread by how much; over all stands one budget of
// attempts. An attempt with an unknown outcome may have rung the customer and is
// not repeated unless the policy says so by name.
//
// # Recurrence
//
// A [Recurrence] is a cron line in a time zone. Its syntax is that of
// github.com/robfig/cron, whose parser is used behind a guard; its instants are
// computed here, with one stated rule for the hours that summer time skips and
// doubles.
//
// # Due times
//
// [Pending] is an index of due times by slot, for millions of entries: it keeps
// no pointer and no timer for each.
package scheduler
