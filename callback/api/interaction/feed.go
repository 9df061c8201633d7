package interaction

import (
	"container/list"

	"github.com/ringback-go/ringback/callback"
)

// item is an event that has been read but not settled.
type item struct {
	event  callback.Event
	names  []Name          // notifications still to deliver
	before callback.Cursor // cursor that precedes the event
	place  *list.Element
}

// feed tracks progress in the event feed. Events settle out of order; those
// after the first unsettled one are sent again after a restart.
type feed struct {
	pending list.List       // of *item, in feed order
	read    callback.Cursor // last event read
	saved   callback.Cursor
}

// pass skips an event without notifications.
func (f *feed) pass(e callback.Event) { f.read = e.Cursor }

// add appends an event with notifications to deliver.
func (f *feed) add(e callback.Event, names []Name) *item {
	it := &item{event: e, names: names, before: f.read}
	it.place = f.pending.PushBack(it)
	f.read = e.Cursor
	return it
}

// settle removes an event whose notifications are all delivered or dead
// letters.
func (f *feed) settle(it *item) { f.pending.Remove(it.place) }

// safe returns the cursor from which a restart misses nothing.
func (f *feed) safe() callback.Cursor {
	if front := f.pending.Front(); front != nil {
		if first, ok := front.Value.(*item); ok {
			return first.before
		}
	}
	return f.read
}
