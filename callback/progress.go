package callback

import "time"

// Progress says what a Tick did and when the next one is needed.
type Progress struct {
	// NextAt is when the next callback is due; zero if none is. Callbacks that
	// wait for a free agent, line or dialer are not included, because an event
	// wakes the engine for them.
	NextAt     time.Time
	Released   int // callbacks that entered their queue
	Offered    int // callbacks that were offered to an agent or the customer
	Dialed     int // attempts passed to the dialer
	Ended      int // callbacks completed by a time-out
	Unresolved int // callbacks that became unresolved
	Masked     int // callbacks masked after Service.MaskAfter
	Erased     int // callbacks erased after Service.Retention
}
