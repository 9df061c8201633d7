package postgres

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestLinger has a worker wait for the callers of its last group.
func TestLinger(t *testing.T) {
	for _, tt := range []struct {
		name                  string
		last, waiting, others int // calls of the last group, in the queue, in the groups of another worker
		come                  int // calls that join, one each 10 microseconds
		want                  time.Duration
		rest                  int
	}{
		{"all come back", 16, 0, 0, 16, 140 * time.Microsecond, 0},
		{"enough wait already", 2, 18, 0, 0, 0, 0},
		{"a first group", 0, 1, 0, 5, 0, 0},
		{"a caller alone", 1, 0, 0, 1, 0, 0},
		{"two callers", 2, 0, 0, 2, 20 * time.Microsecond, 0},
		{"most come back", 10, 2, 0, 9, 90 * time.Microsecond, 0},
		{"too few come back", 10, 2, 0, 8, patienceForCallers, 1},
		{"nobody comes back", 10, 0, 0, 0, patienceForCallers, 1},
		{"half of them is another worker's share", 8, 0, 8, 8, 70 * time.Microsecond, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &committer{store: &Store{}, busy: 1, flying: tt.last + tt.others}
				if tt.others > 0 {
					c.busy = 2
				}
				c.queue = make([]*call, tt.waiting)
				var callers sync.WaitGroup
				callers.Go(func() {
					for range tt.come {
						time.Sleep(10 * time.Microsecond)
						c.mu.Lock()
						c.queue = append(c.queue, &call{})
						if c.linger.joined != nil {
							c.linger.join(len(c.queue))
						}
						c.mu.Unlock()
					}
				})
				begun := time.Now()
				c.await(tt.last)
				if took := time.Since(begun); took != tt.want {
					t.Errorf("waited %v, want %v", took, tt.want)
				}
				if c.linger.rest != tt.rest || c.linger.joined != nil {
					t.Errorf("rests for %d groups, want %d", c.linger.rest, tt.rest)
				}
				callers.Wait()
			})
		})
	}
}

// TestLingerGivesUp has callers that never come back: fewer and fewer groups wait for them.
func TestLingerGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &committer{store: &Store{}, busy: 1, flying: 10}
		const groups = 1000
		begun := time.Now()
		for range groups {
			c.await(10)
		}
		if waited := int(time.Since(begun) / patienceForCallers); waited > groups/mostRest+6 {
			t.Errorf("%d of %d groups waited", waited, groups)
		}
		// One success makes the next ones likelier.
		c.linger.rest, c.queue = 0, make([]*call, 8)
		go func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.queue = append(c.queue, make([]*call, 8)...)
			c.linger.join(len(c.queue))
		}()
		c.await(10)
		if c.linger.streak > mostRest/2 {
			t.Errorf("after a success the next failure costs %d groups", c.linger.streak)
		}
	})
}
