package scheduler

// places maps each slot to its index in the heap of a [Pending]. It is a list
// of pages, allocated on first use and freed when empty: a few slots far apart
// do not cost an array up to the highest of them, and growing copies only the
// list.
type places struct {
	pages []*page
	spare *page // one empty page, so that a slot that comes and goes does not allocate
}

const pageSlots = 4096

// page holds the heap indexes of consecutive slots; 0 means not in the heap.
type page struct {
	used  int
	place [pageSlots]uint32
}

// get returns the heap index of a slot, or 0.
func (p *places) get(slot uint32) int {
	n := int(slot / pageSlots)
	if n >= len(p.pages) || p.pages[n] == nil {
		return 0
	}
	return int(p.pages[n].place[slot%pageSlots])
}

// set stores the heap index of a slot, which must not be 0.
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

// add creates page n.
func (p *places) add(n int) {
	for n >= len(p.pages) {
		p.pages = append(p.pages, nil)
	}
	if p.spare == nil {
		p.spare = new(page)
	}
	p.pages[n], p.spare = p.spare, nil
}

// clear removes a slot that has an index. A page that becomes empty is kept as
// the spare one.
func (p *places) clear(slot uint32) {
	n := int(slot / pageSlots)
	on := p.pages[n]
	on.place[slot%pageSlots] = 0
	if on.used--; on.used == 0 {
		p.pages[n], p.spare = nil, on
	}
}
