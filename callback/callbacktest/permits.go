package callbacktest

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// heldKinds returns the kinds of permits that callbacks hold and return.
func heldKinds() []callback.PermitKind {
	return []callback.PermitKind{
		callback.PermitNumber, callback.PermitQueued, callback.PermitBucket, callback.PermitLine, callback.PermitCall,
		callback.PermitAccess, callback.PermitCode,
	}
}

// VerifyPermits fails the test for each counter of a tenant that differs from the
// units that the callbacks hold, because a unit was not returned or returned twice.
// now is the time of the calls of the store. It returns the number of counters. Call
// it after the last write of a test.
func VerifyPermits(t TB, store callback.Store, now time.Time, tenant string) int {
	t.Helper()
	ctx := context.Background()
	held, services := heldBy(t, ctx, store, tenant)
	n := 0
	for _, kind := range heldKinds() {
		for _, service := range services {
			counters, err := loadAll(ctx, store, now, tenant, kind, service)
			if err != nil {
				t.Fatalf("loading %s of service %q: %v", kind, service, err)
				return n
			}
			for _, c := range counters {
				n++
				if c.Used != held[c.Key] {
					t.Errorf("%s: %d out, callbacks hold %d", counterName(c.Key), c.Used, held[c.Key])
				}
				delete(held, c.Key)
			}
		}
	}
	for _, key := range sortedKeys(held) {
		n++
		t.Errorf("%s: none out, callbacks hold %d", counterName(key), held[key])
	}
	return n
}

// RequireNoOverbooking fails the test if a time bucket of the service, which begins
// at slot, has more seats taken than capacity returns. The seats taken are those of
// the counter or those that the callbacks hold, whichever are more. now is the time
// of the calls of the store. It may be called during writes.
func RequireNoOverbooking(t TB, store callback.Store, now time.Time, tenant, service string, capacity func(slot time.Time) int) {
	t.Helper()
	ctx := context.Background()
	counters, err := loadAll(ctx, store, now, tenant, callback.PermitBucket, service)
	if err != nil {
		t.Fatalf("loading the buckets of service %q: %v", service, err)
		return
	}
	held, _ := heldBy(t, ctx, store, tenant)
	taken := make(map[callback.PermitKey]int64)
	for key, n := range held {
		if key.Kind == callback.PermitBucket && key.Service == service {
			taken[key] = n
		}
	}
	for _, c := range counters {
		taken[c.Key] = max(taken[c.Key], c.Used)
	}
	for _, key := range sortedKeys(taken) {
		slot := time.Unix(key.Slot, 0)
		if seats := int64(capacity(slot)); taken[key] > seats {
			t.Errorf("bucket %s of service %q: %d of %d seats are taken", stamp(slot), service, taken[key], seats)
		}
	}
}

// heldBy returns the units that the callbacks of a tenant hold, and the services
// whose counters may exist.
func heldBy(t TB, ctx context.Context, store callback.Store, tenant string) (map[callback.PermitKey]int64, []string) {
	t.Helper()
	held := make(map[callback.PermitKey]int64)
	services := []string{""}
	for cb, err := range callbacksOf(ctx, store, callback.Query{Tenant: tenant}) {
		if err != nil {
			t.Fatalf("searching tenant %q: %v", tenant, err)
			return held, services
		}
		services = append(services, cb.Service)
		for _, h := range cb.Held {
			held[h.Key] += h.N
			services = append(services, h.Key.Service)
		}
	}
	slices.Sort(services)
	return held, slices.Compact(services)
}

func loadAll(ctx context.Context, store callback.Store, now time.Time, tenant string, kind callback.PermitKind, service string) ([]callback.Counter, error) {
	return store.Load(ctx, now, callback.LoadRequest{
		Tenant: tenant, Kind: kind, Service: service, From: math.MinInt64, To: math.MaxInt64,
	})
}

// counterName returns the name of a counter without its subject, which may be a
// phone number.
func counterName(key callback.PermitKey) string {
	name := fmt.Sprintf("%s of service %q", key.Kind, key.Service)
	if key.Name != "" && key.Kind != callback.PermitAccess && key.Kind != callback.PermitCode {
		name += fmt.Sprintf(", %s", key.Name)
	}
	if key.Slot != 0 {
		name += fmt.Sprintf(", bucket %s", stamp(time.Unix(key.Slot, 0)))
	}
	return name
}

func sortedKeys(m map[callback.PermitKey]int64) []callback.PermitKey {
	keys := make([]callback.PermitKey, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b callback.PermitKey) int {
		return cmp.Or(
			cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Service, b.Service),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.Subject, b.Subject),
		)
	})
	return keys
}
