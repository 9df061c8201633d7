package store

import "github.com/ringback-go/ringback/callback"

// event is one entry of the feed and of its callback's history. It has the names
// of an Event by its entry and service.
type event struct {
	entry    *entry // only id is read, which never changes
	service  *service
	position int64  // in the feed, from 1
	next     *event // next event of the same callback

	seq, epoch    int64
	at, due       instant
	typ           callback.EventType
	reason        callback.Reason
	actor, detail string
	attempt       int
	from, to      callback.State
	stage         callback.Stage
	result        callback.CallResult
	certainty     callback.Certainty
}

// packEvent copies what a change stores of its event, without the names.
func packEvent(c *Change) *event {
	x := &c.Event
	return &event{
		seq: c.Record.Revision, epoch: x.Epoch, at: instantOf(x.At), due: instantOf(x.Next),
		typ: x.Type, reason: x.Reason, actor: x.Actor, detail: x.Detail,
		attempt: x.Attempt, from: x.From, to: x.To, stage: x.Stage, result: x.Result, certainty: x.Certainty,
	}
}

// belong sets the names of an event of e.
func (x *event) belong(e *entry, name string) {
	x.entry, x.service = e, e.service
	if name != e.service.name {
		x.service = &service{tenant: e.service.tenant, name: name}
	}
}

// read returns a copy for the reader.
func (x *event) read() callback.Event {
	return callback.Event{
		Tenant: x.service.tenant.name, Callback: x.entry.id, Service: x.service.name,
		Seq: x.seq, Epoch: x.epoch, At: x.at.Time(), Next: x.due.Time(),
		Type: x.typ, Reason: x.reason, Actor: x.actor, Detail: x.detail,
		Attempt: x.attempt, From: x.from, To: x.to, Stage: x.stage, Result: x.result, Certainty: x.certainty,
		Cursor: FormatFeed(x.position),
	}
}

// history is the list of a callback's events.
type history struct{ first, last *event }

func (h *history) append(e *event) {
	if h.last == nil {
		h.first = e
	} else {
		h.last.next = e
	}
	h.last = e
}

// segment is the number of feed positions that share an array.
const segment = 1024

// feed is the log of all events in the order of their writes. Positions are
// never reused. A segment whose events are all erased is freed.
type feed struct {
	segments map[int64]*segmentOf
	first    int64 // all earlier segments are freed
	end      int64 // position of the last event, 0 before the first
}

type segmentOf struct {
	events [segment]*event
	live   int
}

// append adds an event and sets its position.
func (f *feed) append(e *event) {
	f.end++
	e.position = f.end
	s := f.segments[f.end/segment]
	if s == nil {
		if f.segments == nil {
			f.segments = make(map[int64]*segmentOf)
		}
		s = &segmentOf{}
		f.segments[f.end/segment] = s
	}
	s.events[f.end%segment] = e
	s.live++
}

func (f *feed) remove(e *event) {
	n := e.position / segment
	s := f.segments[n]
	s.events[e.position%segment] = nil
	s.live--
	if s.live > 0 {
		return
	}
	delete(f.segments, n)
	for f.first < f.end/segment && f.segments[f.first] == nil {
		f.first++
	}
}

// after returns at most limit events after position for which keep is true, and
// the position up to which it has looked.
func (f *feed) after(position int64, limit int, keep func(*event) bool) (found []*event, upTo int64) {
	if begin := f.first * segment; position+1 < begin {
		position = begin - 1
	}
	for position < f.end {
		s := f.segments[(position+1)/segment]
		if s == nil {
			// Every event of this segment was erased.
			position = min(f.end, (position+1)/segment*segment+segment-1)
			continue
		}
		position++
		e := s.events[position%segment]
		if e == nil || !keep(e) {
			continue
		}
		found = append(found, e)
		if len(found) == limit {
			break
		}
	}
	return found, position
}

// page copies events for a reader.
func page(found []*event, next callback.Cursor) EventPage {
	p := EventPage{Next: next}
	if len(found) > 0 {
		p.Events = make([]callback.Event, len(found))
	}
	for i, e := range found {
		p.Events[i] = e.read()
	}
	return p
}
