package record

import (
	"github.com/ringback-go/ringback/callback"
)

// AppendEvent appends the durable form of e to b and returns the longer slice.
// Tenant, Callback, Seq, Type and Cursor are not in it: a store has them as
// columns of its own. Times lose what is below a microsecond.
//
// An error is a [*store.InvalidError] that names a time that an int64 of
// microseconds since 1970 cannot hold. Then the result is b as it was.
//
// AppendEvent allocates nothing but room in b. It is safe for concurrent use as
// long as nobody changes e.
func AppendEvent(b []byte, e *callback.Event) ([]byte, error) {
	enc := newEncoder(b)
	enc.event(e)
	return enc.result(b)
}

func (e *encoder) event(v *callback.Event) {
	e.text(eventService, v.Service)
	e.time(eventAt, "At", v.At)
	e.uint(eventFrom, uint64(v.From))
	e.uint(eventTo, uint64(v.To))
	e.text(eventReason, string(v.Reason))
	e.int(eventAttempt, int64(v.Attempt))
	e.uint(eventStage, uint64(v.Stage))
	e.uint(eventResult, uint64(v.Result))
	e.uint(eventCertainty, uint64(v.Certainty))
	e.time(eventNext, "Next", v.Next)
	e.int(eventEpoch, v.Epoch)
	e.text(eventActor, v.Actor)
	e.text(eventDetail, v.Detail)
}

// DecodeEvent reads into e what [AppendEvent] wrote. It leaves alone the fields
// that are not in a record (Tenant, Callback, Seq, Type, Cursor) and sets all
// others, to zero where b has nothing. Times are in UTC. e shares nothing with
// b.
//
// Any bytes are safe to read: what is no record is a [*DamagedError], what a
// newer library wrote a [*VersionError], and then e is as it was. It is safe
// for concurrent use on different targets.
func DecodeEvent(b []byte, e *callback.Event) error {
	d := newDecoder(b)
	read := callback.Event{Tenant: e.Tenant, Callback: e.Callback, Seq: e.Seq, Type: e.Type, Cursor: e.Cursor}
	d.event(&read)
	if d.err == nil {
		*e = read
	}
	return d.err
}

func (d *decoder) event(v *callback.Event) {
	for number := d.next(); number != 0; number = d.next() {
		switch number {
		case eventService:
			v.Service = d.text()
		case eventAt:
			v.At = d.time()
		case eventFrom:
			v.From = callback.State(d.small())
		case eventTo:
			v.To = callback.State(d.small())
		case eventReason:
			v.Reason = callback.Reason(d.text())
		case eventAttempt:
			v.Attempt = d.int()
		case eventStage:
			v.Stage = callback.Stage(d.small())
		case eventResult:
			v.Result = callback.CallResult(d.small())
		case eventCertainty:
			v.Certainty = callback.Certainty(d.small())
		case eventNext:
			v.Next = d.time()
		case eventEpoch:
			v.Epoch = d.int64()
		case eventActor:
			v.Actor = d.text()
		case eventDetail:
			v.Detail = d.text()
		default:
			d.skip()
		}
	}
}
