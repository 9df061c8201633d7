package lucs

import (
	"context"
	"iter"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

// search responds to a SearchCallbackRequest with an array of callbacks.
func (h *Handler) search(w http.ResponseWriter, r *request) error {
	if !r.caller.Has(api.RoleOperate) && r.caller.Own == "" {
		return api.NewFault(http.StatusForbidden, "", "needs the role "+api.RoleOperate.String())
	}
	body, _, err := api.ReadBody(w, r.Request, api.JSON)
	if err != nil {
		return err
	}
	s, err := readSearch(body)
	if err != nil {
		return err
	}
	if err := h.bound(s); err != nil {
		return err
	}
	ctx := r.Context()
	none, err := h.aim(ctx, r.caller, s)
	if err != nil {
		return err
	}
	out := &list{w: w}
	if none {
		return out.end()
	}
	if s.isLarge() {
		done, err := h.turns.Take(ctx, w.Header(), r.caller.Tenant)
		if err != nil {
			return err
		}
		defer done()
	}
	v, err := h.view(ctx, r.caller.Tenant)
	if err != nil {
		return err
	}
	if s.order.key != nil {
		err = h.sorted(ctx, v, s, out)
	} else {
		err = h.stream(ctx, v, s, out)
	}
	if err != nil {
		return out.failed(err)
	}
	return out.end()
}

// search is a SearchCallbackRequest.
type search struct {
	query   callback.Query
	target  string
	service naming
	state   state // zero: any
	order   order
	limit   int64 // zero: none
	offset  int64
}

// readSearch parses a SearchCallbackRequest.
func readSearch(body []byte) (*search, error) {
	o, err := readObject(body)
	if err != nil {
		return nil, err
	}
	s := &search{target: o.name("Target", maxText), service: readNaming(o)}
	if name := o.Text("State"); name != "" {
		var ok bool
		if s.state, ok = parseState(name); !ok {
			o.Refuse("State", "is not one of Pending, InQueue, Processing, Terminated")
		}
		s.query.States = s.state.states()
	}
	s.query.AppPool = o.name("AppPoolId", maxName)
	s.query.DesiredFrom, s.query.DesiredTo = rangeOf(o)
	s.limit, _ = o.integer("Limit", math.MaxInt32)
	s.offset, _ = o.integer("Offset", math.MaxInt32)
	var ok bool
	if s.order, ok = parseOrder(o.Text("OrderBy")); !ok {
		o.Refuse("OrderBy", "is neither a member of a callback nor Created or Updated")
	}
	s.query.Order = s.order.stored
	switch name := o.Text("SortOrder"); {
	case strings.EqualFold(name, "Descending"):
		s.query.Desc = true
	case name != "" && !strings.EqualFold(name, "Ascending"):
		o.Refuse("SortOrder", "is neither Ascending nor Descending")
	}
	s.query.ExternalID = o.name("ExternalTaskId", maxName)
	s.query.CallerID = o.name("CallerId", maxName)
	if o.Untaken() {
		o.Refuse("", "a member is not one of Target, ServiceId, ServiceSip, State, AppPoolId, StartDate, EndDate, Limit, Offset, "+
			"OrderBy, SortOrder, ExternalTaskId, CallerId")
	}
	return s, o.Err()
}

// rangeOf reads the limits of the due date. The end includes its whole
// millisecond.
func rangeOf(o members) (from, to time.Time) {
	from, to = o.date("StartDate"), o.date("EndDate")
	if to.IsZero() {
		return from, to
	}
	to = to.Truncate(time.Millisecond).Add(time.Millisecond - 1)
	if to.Before(from) {
		o.Refuse("EndDate", "is before StartDate")
	}
	return from, to
}

// bound rejects a search that would need too many resources.
func (h *Handler) bound(s *search) error {
	if s.offset > int64(h.maxOffset) {
		return api.NewFault(http.StatusBadRequest, "Offset", "is above "+strconv.Itoa(h.maxOffset)+": narrow the search by StartDate")
	}
	if s.order.key != nil && s.limit+s.offset > int64(h.maxSorted) {
		return h.tooMany(h.maxSorted)
	}
	return nil
}

// isLarge reports whether a search may read more than a page of the store.
func (s *search) isLarge() bool {
	return s.order.key != nil || s.state != 0 || s.limit == 0 || s.limit+s.offset > maxPage
}

// maxRead is how many callbacks may match, as a multiple of those to sort.
const maxRead = 10

func (h *Handler) tooMany(most int) error {
	return api.NewFault(http.StatusBadRequest, "OrderBy", "is not DueDate, Created or Updated and matches more than "+
		strconv.Itoa(most)+" callbacks: set a Limit or narrow the search")
}

// aim sets the conditions that depend on the tenant. none reports that nothing
// can match.
func (h *Handler) aim(ctx context.Context, caller *api.Caller, s *search) (none bool, err error) {
	s.query.Tenant, s.query.CustomerID = caller.Tenant, caller.Own
	if !s.service.isZero() {
		name, err := h.serviceName(ctx, caller.Tenant, s.service)
		if name == "" || err != nil {
			return true, err
		}
		s.query.Services = []string{name}
	}
	s.query.Number = s.target
	if s.target != "" && s.service.isZero() {
		s.query.Number, err = h.common(ctx, caller.Tenant, s.target)
	}
	return false, err
}

// common parses a number by the rules of all services of the tenant. If they
// disagree, or there are no services, it returns the number unchanged.
func (h *Handler) common(ctx context.Context, tenant, target string) (string, error) {
	policies, err := h.manager.Tenant(tenant).Policies(ctx)
	if err != nil {
		return "", err
	}
	var keys []string
	for _, p := range policies {
		key := ""
		if address, err := wire.ParseAddress(target, p.Service().Numbers); err == nil {
			key = address.Key()
		}
		keys = append(keys, key)
	}
	if keys = slices.Compact(keys); len(keys) == 1 && keys[0] != "" {
		return keys[0], nil
	}
	return target, nil
}

// maxPage is the maximum number of callbacks to read from the store at once.
const maxPage = 1000

// rows returns the matching callbacks in the order of the store.
func (h *Handler) rows(ctx context.Context, s *search) iter.Seq2[*callback.Callback, error] {
	q := s.query
	q.Limit = maxPage
	if s.limit > 0 && s.order.key == nil {
		q.Limit = int(min(s.limit+s.offset, maxPage))
	}
	return func(yield func(*callback.Callback, error) bool) {
		for cb, err := range h.manager.Tenant(q.Tenant).Search(ctx, q) {
			if err == nil && s.state != 0 && stateOf(cb) != s.state {
				continue
			}
			if !yield(cb, err) {
				return
			}
		}
	}
}

// stream writes callbacks as they are read.
func (h *Handler) stream(ctx context.Context, v *view, s *search, out *list) error {
	n := int64(0)
	for cb, err := range h.rows(ctx, s) {
		if err != nil {
			return err
		}
		if n++; n <= s.offset {
			continue
		}
		dto, err := v.dto(ctx, cb)
		if err != nil {
			return err
		}
		if err := out.add(dto); err != nil {
			return err
		}
		if s.limit > 0 && n == s.offset+s.limit {
			return nil
		}
	}
	return nil
}

// sorted writes callbacks in an order that the store does not have. It holds no
// more than may be within the limit.
func (h *Handler) sorted(ctx context.Context, v *view, s *search, out *list) error {
	most := h.maxSorted
	if s.limit > 0 {
		most = int(s.offset + s.limit)
	}
	compare := func(a, b sorted) int { return a.compare(b, s.query.Desc) }
	var held []sorted
	read := 0
	for cb, err := range h.rows(ctx, s) {
		if err != nil {
			return err
		}
		if s.limit == 0 && len(held) == most {
			return h.tooMany(most)
		}
		if read++; read > maxRead*h.maxSorted {
			return h.tooMany(maxRead * h.maxSorted)
		}
		dto, err := v.dto(ctx, cb)
		if err != nil {
			return err
		}
		held = append(held, sorted{s.order.key(cb, dto), dto})
		if s.limit > 0 && len(held) >= 2*most {
			slices.SortFunc(held, compare)
			held = slices.Delete(held, most, len(held))
		}
	}
	slices.SortFunc(held, compare)
	for i := int(s.offset); i < min(most, len(held)); i++ {
		if err := out.add(held[i].dto); err != nil {
			return err
		}
	}
	return nil
}
