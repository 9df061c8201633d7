// Package scheduler decides questions of order and time: whether a callback is
// due now or later, which priority is served next, whether and when a failed
// attempt is retried, how long a queue takes, when a recurring event fires, and
// which of a million due times comes first.
//
// All decisions are pure. The package starts no goroutine and no timer, reads
// no clock and no random source, and keeps no state beyond the values the
// caller holds; every instant is an argument, so the same calls return the same
// results. It does not run jobs, does not know the callback type, and stores
// nothing.
//
// # Now or later
//
// [Immediate] and [ReleaseAt] apply the rule of Genesys Mobile Services (GMS):
// a callback whose desired time is closer than the buffer plus the estimated
// wait is immediate; any other is scheduled and released that much before its
// time. [ExpiresAt] adds the time to live. An [Estimator] supplies the wait;
// [RateEstimator] measures it.
//
// # Who is next
//
// [Priority] is one of the nine classes of the LUCS callback API. An [Order]
// picks among the classes that have callbacks waiting: StrictPriority first,
// the seven middle classes by smooth weighted round robin with [Weights],
// NothingElse last. The comment of Order states how long a class can be kept
// waiting, and why.
//
// # Retry or give up
//
// A [RetryPolicy] has a [Rule] per [Outcome]: how many more attempts, after
// what gap, with what growth and jitter. One budget of attempts limits them
// all. An attempt whose outcome is unknown may have rung the customer; it is
// retried only if the policy names Unknown explicitly.
//
// # Recurrence
//
// A [Recurrence] is a cron expression in a time zone. It says when a window of
// capacity begins: package availability takes it in NewRecurring, whose result a
// service takes as Booking.Capacity. github.com/robfig/cron
// parses it, behind checks that refuse what that parser misreads. The instants
// are computed here, by one documented rule for the hours that daylight saving
// time skips and repeats.
//
// # Due times
//
// [Pending] is an index of due times by slot number, for millions of entries.
// It holds no pointer and no timer per entry.
package scheduler
