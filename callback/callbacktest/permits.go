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

// heldKinds are the permits that callbacks hold and give back.
func heldKinds() []callback.PermitKind {
	return []callback.PermitKind{
		callback.PermitNumber, callback.PermitQueued, callback.PermitBucket, callback.PermitLine, callback.PermitCall,
		callback.PermitAccess,
	}
}

// VerifyPermits compares, for one tenant, the counters of held permits with
// what the callbacks hold, and fails the test for each that differs: a seat
// that was never given back, or given back twice. now is the time the store is
// asked at. Use it after the last write. It returns how many counters it
// compared.
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

// RequireNoOverbooking fails the test when a time bucket of the service has
// more seats taken than capacity says, by its counter or by what the callbacks
// hold, whichever is more. slot is the bucket's start. now is the time the store
// is asked at. It may be used while others write.
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

// heldBy sums what the callbacks of a tenant hold, and lists the services
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

// counterName names a counter without its subject, which may be a person's
// number.
func counterName(key callback.PermitKey) string {
	name := fmt.Sprintf("%s of service %q", key.Kind, key.Service)
	if key.Name != "" && key.Kind != callback.PermitAccess {
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
