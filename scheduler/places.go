package scheduler

// places maps each slot to its place in the heap of a [Pending]. Pages come and
// go with what is on them: a few slots far apart do not cost an array up to the
// highest, growth copies only the list of pages, and a page that empties is
// given back.
type places struct {
	pages []*page
	spare *page // one empty page kept, so that a slot that comes and goes does not allocate
}

const pageSlots = 4096

// page holds the places of consecutive slots. Place 0 means not in the heap.
type page struct {
	used  int
	place [pageSlots]uint32
}

// get returns the place of a slot, 0 if it has none.
func (p *places) get(slot uint32) int {
	n := int(slot / pageSlots)
	if n >= len(p.pages) || p.pages[n] == nil {
		return 0
	}
	return int(p.pages[n].place[slot%pageSlots])
}

// set notes the place of a slot, which is not 0.
func (p *places) set(slot, place uint32) {
	n := int(slot / pageSlots)
	if n >= len(p.pages) || p.pages[n] == nil {
		p.add(n)
	}
	on := p.pages[n]
	at := &on.place[slot%pageSlots]
	if *at == 0 {
		on.used++
	}
	*at = place
}

// add makes page n.
func (p *places) add(n int) {
	for n >= len(p.pages) {
		p.pages = append(p.pages, nil)
	}
	if p.spare == nil {
		p.spare = new(page)
	}
	p.pages[n], p.spare = p.spare, nil
}

// clear forgets a slot that has a place. The page it leaves empty becomes the
// spare one.
func (p *places) clear(slot uint32) {
	n := int(slot / pageSlots)
	on := p.pages[n]
	on.place[slot%pageSlots] = 0
	if on.used--; on.used == 0 {
		p.pages[n], p.spare = nil, on
	}
}
