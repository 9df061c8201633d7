package storetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// pauseMutant is a naive store whose pauses have one deliberate fault.
type pauseMutant struct {
	naive
	set  func(m *pauseMutant, p *callback.Pause, on *bool)
	list func(tenant *string, all *bool)
	out  func(list []callback.Pause) []callback.Pause
	ctx  bool // does not look at the context
}

func (m *pauseMutant) SetPause(ctx context.Context, p callback.Pause, on bool) error {
	if m.ctx {
		ctx = context.Background()
	}
	if m.set != nil {
		m.set(m, &p, &on)
	}
	return m.naive.SetPause(ctx, p, on)
}

func (m *pauseMutant) Pauses(ctx context.Context, tenant string, all bool) ([]callback.Pause, error) {
	if m.list != nil {
		m.list(&tenant, &all)
	}
	list, err := m.naive.Pauses(ctx, tenant, all)
	if m.out != nil {
		list = m.out(list)
	}
	return list, err
}

// drop removes pauses behind the contract's back.
func (m *pauseMutant) drop(which func(callback.Pause) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pauses = slices.DeleteFunc(m.pauses, which)
}

func TestFaultyPausesAreCaught(t *testing.T) {
	for name, make := range map[string]func() *pauseMutant{
		"setting again replaces": func() *pauseMutant {
			return &pauseMutant{set: func(m *pauseMutant, p *callback.Pause, on *bool) {
				m.drop(func(q callback.Pause) bool { return q.Tenant == p.Tenant && q.Service == p.Service })
			}}
		},
		"nothing ends": func() *pauseMutant {
			return &pauseMutant{set: func(_ *pauseMutant, _ *callback.Pause, on *bool) { *on = true }}
		},
		"the end of one is the end of all": func() *pauseMutant {
			return &pauseMutant{set: func(m *pauseMutant, p *callback.Pause, on *bool) {
				if !*on {
					m.drop(func(q callback.Pause) bool { return q.Tenant == p.Tenant })
				}
			}}
		},
		"the end reaches other tenants": func() *pauseMutant {
			return &pauseMutant{set: func(m *pauseMutant, p *callback.Pause, on *bool) {
				if !*on {
					m.drop(func(q callback.Pause) bool { return q.Service == p.Service })
				}
			}}
		},
		"all tenants are always listed": func() *pauseMutant {
			return &pauseMutant{list: func(_ *string, all *bool) { *all = true }}
		},
		"all tenants are never listed": func() *pauseMutant {
			return &pauseMutant{list: func(_ *string, all *bool) { *all = false }}
		},
		"the reason is lost": func() *pauseMutant {
			return &pauseMutant{set: func(_ *pauseMutant, p *callback.Pause, _ *bool) { p.Reason = "" }}
		},
		"the actor is lost": func() *pauseMutant {
			return &pauseMutant{set: func(_ *pauseMutant, p *callback.Pause, _ *bool) { p.Actor = "" }}
		},
		"times have milliseconds": func() *pauseMutant {
			return &pauseMutant{set: func(_ *pauseMutant, p *callback.Pause, _ *bool) { p.Since = p.Since.Truncate(time.Millisecond) }}
		},
		"people's order": func() *pauseMutant {
			return &pauseMutant{out: func(list []callback.Pause) []callback.Pause {
				slices.SortStableFunc(list, func(a, b callback.Pause) int {
					return strings.Compare(strings.ToLower(a.Service), strings.ToLower(b.Service))
				})
				return list
			}}
		},
		"no order": func() *pauseMutant {
			return &pauseMutant{out: func(list []callback.Pause) []callback.Pause {
				slices.Reverse(list)
				return list
			}}
		},
		"the context does not matter": func() *pauseMutant { return &pauseMutant{ctx: true} },
	} {
		t.Run(name, func(t *testing.T) {
			for _, c := range pauseClauses() {
				if c.Check(t.Context(), make()) != nil {
					return
				}
			}
			t.Error("no clause caught it")
		})
	}
}

// A store that keeps no pauses has nothing to show.
func TestPausesAreOptional(t *testing.T) {
	for _, c := range pauseClauses() {
		if err := c.Check(t.Context(), struct{ callback.Store }{&naive{}}); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}
