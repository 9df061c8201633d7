package postgres

import "time"

// linger is how a worker waits for callers that are about to join its next group. A
// group has a fixed cost, so that half of the callers in each of two groups cost
// more than all of them in one; but a worker that waits for callers who do not come
// costs time. It therefore waits only until most of the callers that it knows of
// have joined, and less often each time that they do not.
type linger struct {
	joined chan struct{} // closed when want calls wait; nil unless a worker waits
	want   int
	rest   int // groups to go without waiting
	streak int // groups to go without waiting after the next failure
}

const (
	// patienceForCallers is the longest wait. Callers that come back at all need
	// some 100 microseconds.
	patienceForCallers = time.Millisecond
	// mostRest bounds the groups that go without waiting: of callers who never come
	// back, one group of so many waits in vain.
	mostRest = 63
)

// join tells the worker that so many calls wait.
func (l *linger) join(waiting int) {
	if waiting >= l.want {
		close(l.joined)
		l.joined = nil
	}
}

// await waits until nearly all callers that are present have joined the next group:
// those of the last group, which have just been answered, and those that wait. Of
// other workers' callers it leaves them their share. One of eight may stay away: the
// last of many callers is worth no wait.
func (c *committer) await(last int) {
	c.mu.Lock()
	l := &c.linger
	present := (len(c.queue) + c.flying) / c.busy
	want := present - present/8
	if last == 0 || want < 2 || len(c.queue) >= want || l.joined != nil || l.rest > 0 {
		l.rest = max(l.rest-1, 0)
		c.mu.Unlock()
		return
	}
	joined := make(chan struct{})
	l.joined, l.want = joined, want
	c.mu.Unlock()
	timer := time.NewTimer(patienceForCallers)
	defer timer.Stop()
	select {
	case <-joined:
		c.mu.Lock()
		l.streak /= 2
	case <-timer.C:
		c.mu.Lock()
		if l.joined == joined {
			l.joined = nil
			l.streak = min(2*l.streak+1, mostRest)
			l.rest = l.streak
		}
	}
	c.mu.Unlock()
}
