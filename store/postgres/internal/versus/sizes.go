package main

import "time"

// sizes is how much each row does.
type sizes struct {
	rounds  int
	span    time.Duration // how long a side works in a round of starts
	warm    time.Duration // how long it works before the first round
	batch   int           // callbacks in a bulk start
	burn    int           // jobs of a round of claims
	burnOff int           // jobs of a round of claims with River's defaults
	pending int           // other rows while due jobs are timed
	rows    int           // rows whose size is taken

	dueRounds         int
	dueOurs, dueRiver int           // due jobs of a round
	dueSpan           time.Duration // over how long they are spread
	dueLead           time.Duration // how long before the first they are there
	shared            string        // shared_buffers of a private server
}

func sizesOf(o options) sizes {
	s := sizes{
		rounds: 5, span: 1500 * time.Millisecond, warm: 300 * time.Millisecond, batch: 1000,
		burn: 40_000, burnOff: 4_000, pending: 1_000_000, rows: 100_000,
		dueRounds: 2, dueOurs: 1000, dueRiver: 250, dueSpan: 10 * time.Second,
		// River looks every 5 s for jobs that become due within 5 s.
		dueLead: 6 * time.Second, shared: "1GB",
	}
	if o.quick {
		s = sizes{
			rounds: 1, span: 120 * time.Millisecond, warm: 20 * time.Millisecond, batch: 1000,
			burn: 2_000, burnOff: 200, pending: 2_000, rows: 2_000,
			dueRounds: 1, dueOurs: 60, dueRiver: 20, dueSpan: time.Second,
			dueLead: 500 * time.Millisecond, shared: "128MB",
		}
	}
	if o.rounds > 0 {
		s.rounds, s.dueRounds = o.rounds, min(o.rounds, s.dueRounds)
	}
	return s
}
