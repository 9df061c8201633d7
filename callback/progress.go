package callback

import (
	"time"
)

// Progress says what a Tick did and when the next one is needed.
type Progress struct {
	// NextAt is the earliest known moment of attention after the tick; zero
	// means that nothing is planned. Work that waits for a free agent, line or
	// dialler has no moment: it is woken.
	NextAt     time.Time
	Released   int // callbacks whose time came
	Offered    int // somebody was asked
	Dialed     int // attempts handed to the dialer
	Ended      int // completed by time-outs
	Unresolved int // attempts that fell silent
	Masked     int // numbers and properties removed after Service.MaskAfter
	Erased     int // past their retention
}
