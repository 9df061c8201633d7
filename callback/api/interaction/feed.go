package interaction

import (
	"container/list"

	"github.com/ringback-go/ringback/callback"
)

// item is an event that has been read and is not settled.
type item struct {
	event  callback.Event
	names  []Name          // what is left to tell of it
	before callback.Cursor // the place in the feed before it
	place  *list.Element
}

// feed knows how far the event feed has been dealt with: settled events may lie
// behind one that is not, and are sent again after a restart.
type feed struct {
	pending list.List       // of *item, in the order of the feed
	read    callback.Cursor // everything up to here has been read
	saved   callback.Cursor
}

// pass notes that an event needs nothing.
func (f *feed) pass(e callback.Event) { f.read = e.Cursor }

// add notes an event that has to be told of.
func (f *feed) add(e callback.Event, names []Name) *item {
	it := &item{event: e, names: names, before: f.read}
	it.place = f.pending.PushBack(it)
	f.read = e.Cursor
	return it
}

// settle notes that nothing is left to tell of an event.
func (f *feed) settle(it *item) { f.pending.Remove(it.place) }

// safe is the place to go on from so that nothing is missed.
func (f *feed) safe() callback.Cursor {
	if front := f.pending.Front(); front != nil {
		if first, ok := front.Value.(*item); ok {
			return first.before
		}
	}
	return f.read
}
