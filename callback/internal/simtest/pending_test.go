package simtest

import "testing"

// A fault that is known and not mended: a profile breaks a guarantee.
type fault struct {
	profile, oracle string
	seed            uint64 // that shows it; 0 if few seeds do
	reason          string
	with            string // without a seed: the oracle whose entry goes with this one
}

// pending lists the known faults. TestPending fails for one that is not seen any
// more: then its line has to go.
func pending() []fault {
	return []fault{}
}

// isPending reports whether a profile is known to break a guarantee, or any.
func isPending(profile, oracle string) bool {
	for _, f := range pending() {
		if f.profile == profile && (f.oracle == oracle || oracle == "") {
			return true
		}
	}
	return false
}

// TestPending plays the profile of each known fault until it is seen. What few seeds
// show goes with another entry of its profile.
func TestPending(t *testing.T) {
	known := make(map[string]Profile)
	for _, p := range Profiles() {
		known[p.Name] = p
	}
	for _, f := range pending() {
		t.Run(f.profile+"-"+f.oracle, func(t *testing.T) {
			t.Parallel()
			p, ok := known[f.profile]
			if !ok || f.reason == "" {
				t.Fatalf("%+v: no such profile, or no reason", f)
			}
			if f.seed == 0 {
				if !isPending(f.profile, f.with) {
					t.Errorf("%s is not pending any more: take this out of pending, too", f.with)
				}
				return
			}
			for seed := f.seed; seed < f.seed+40; seed++ {
				h, seen := Play(t, p, seed), false
				for _, v := range Judge(h) {
					seen = seen || v.Guarantee == f.oracle
					if !isPending(p.Name, v.Guarantee) {
						t.Errorf("%s", h.Until(v))
					}
				}
				if seen {
					return
				}
			}
			t.Errorf("40 seeds of %s do not break %s: take it out of pending", f.profile, f.oracle)
		})
	}
}
