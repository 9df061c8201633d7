package storetest

import (
	"context"
	"errors"
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
	ctx  bool // ignores the context
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

// drop removes pauses directly.
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
		"a pause never ends": func() *pauseMutant {
			return &pauseMutant{set: func(_ *pauseMutant, _ *callback.Pause, on *bool) { *on = true }}
		},
		"ending one ends all": func() *pauseMutant {
			return &pauseMutant{set: func(m *pauseMutant, p *callback.Pause, on *bool) {
				if !*on {
					m.drop(func(q callback.Pause) bool { return q.Tenant == p.Tenant })
				}
			}}
		},
		"ending one ends those of other tenants": func() *pauseMutant {
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
		"times have only milliseconds": func() *pauseMutant {
			return &pauseMutant{set: func(_ *pauseMutant, p *callback.Pause, _ *bool) { p.Since = p.Since.Truncate(time.Millisecond) }}
		},
		"order by collation": func() *pauseMutant {
			return &pauseMutant{out: func(list []callback.Pause) []callback.Pause {
				slices.SortStableFunc(list, func(a, b callback.Pause) int {
					return strings.Compare(strings.ToLower(a.Service), strings.ToLower(b.Service))
				})
				return list
			}}
		},
		"reverse order": func() *pauseMutant {
			return &pauseMutant{out: func(list []callback.Pause) []callback.Pause {
				slices.Reverse(list)
				return list
			}}
		},
		"the context is ignored": func() *pauseMutant { return &pauseMutant{ctx: true} },
	} {
		t.Run(name, func(t *testing.T) {
			for _, c := range pauseClauses() {
				if c.Check(t.Context(), make()) != nil {
					return
				}
			}
			t.Error("no clause detects it")
		})
	}
}

// The clauses about pauses do not concern a store without pauses, and say so.
func TestPausesAreOptional(t *testing.T) {
	for _, c := range pauseClauses() {
		var lack *LackError
		if err := c.Check(t.Context(), struct{ callback.Store }{&naive{}}); !errors.As(err, &lack) || lack.Interface != "callback.PausingStore" {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}
