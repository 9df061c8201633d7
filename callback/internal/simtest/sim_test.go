package simtest

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// numberOf reads a number from the environment.
func numberOf(env string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(env), 10, 64); err == nil {
		return n
	}
	return otherwise
}

// seeds returns the first seed and how many to play.
func seeds(otherwise uint64) (first, n uint64) {
	if os.Getenv("SIM_SEED") != "" {
		otherwise = 1
	}
	return numberOf("SIM_SEED", 1), numberOf("SIM_SEEDS", otherwise)
}

// TestProfiles plays one seed of every profile, and two of the general ones unless
// -short is set. No guarantee may be broken, but for those in pending; special
// profiles that break one are left to TestPending. SIM_SEED
// sets the first seed and SIM_SEEDS the number; with SIM_SEED every event log is
// written to the directory of artifacts.
func TestProfiles(t *testing.T) {
	for _, p := range Profiles() {
		otherwise := uint64(1)
		if p.Fault == "" && !testing.Short() {
			otherwise = 2
		}
		first, n := seeds(otherwise)
		if n == 1 && first == 1 && isPending(p.Name, "") {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			red, at := make(map[string]int), make(map[string]uint64)
			for seed := first; seed < first+n; seed++ {
				h := Play(t, p, seed)
				found := Judge(h)
				told := make(map[string]bool)
				for _, v := range found {
					if !told[v.Guarantee] {
						told[v.Guarantee] = true
						red[v.Guarantee]++
						at[v.Guarantee] = cmp.Or(at[v.Guarantee], seed)
						if !isPending(p.Name, v.Guarantee) {
							t.Errorf("%s", h.Until(v))
						}
					}
				}
				if os.Getenv("SIM_SEED") != "" {
					write(t, h, found)
				}
			}
			for _, o := range Oracles() {
				if red[o.Name] > 0 {
					t.Logf("%s: %d of %d seeds break %s, first %d", p.Name, red[o.Name], n, o.Name, at[o.Name])
				}
			}
		})
	}
}

// write writes the event log of a history and what was found in it.
func write(t *testing.T, h *History, found []Violation) {
	text := h.Log()
	for _, v := range found {
		text += fmt.Sprintf("broken: %v\n", v)
	}
	name := filepath.Join(t.ArtifactDir(), fmt.Sprintf("%s-%d.log", h.Profile, h.Seed))
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d broken, hash %x, log %s", len(found), h.Hash(), name)
}

// TestReplay plays seeds twice: the event log must be the same to the byte.
func TestReplay(t *testing.T) {
	for _, p := range general() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			p.Length = 5 * time.Minute
			once, again := Play(t, p, 1).Log(), Play(t, p, 1).Log()
			if once != again {
				t.Errorf("two plays of seed 1 differ: %s", difference(once, again))
			}
		})
	}
	calm := general()[0]
	if Play(t, calm, 1).Hash() == Play(t, calm, 2).Hash() {
		t.Error("two seeds have the same log")
	}
}

// difference returns the first lines in which two logs differ.
func difference(a, b string) string {
	one, two := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(one), len(two)) {
		if one[i] != two[i] {
			return fmt.Sprintf("line %d\n  %s\n  %s", i+1, one[i], two[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(one), len(two))
}

// TestEverythingHappens requires that the profile with all troubles has each of
// them, and that callers use every method.
func TestEverythingHappens(t *testing.T) {
	profiles := general()
	happened := make(map[string]bool)
	missing := []string{"clock", "dies", "starts", "freezes", "shuts down", "outage", "replay", "stray", "pause",
		"Start", "Cancel", "Reschedule", "Update", "Forget", "ForgetNumber", "CancelAll", "Answer", "Search", "Get", "Pause", "Resume", "Resolve",
		"refused", "throttled", "vanished", "panic"}
	for seed := uint64(1); seed <= 12 && len(missing) > 0; seed++ {
		h := Play(t, profiles[len(profiles)-1], seed)
		for _, n := range h.Notes {
			happened[kindOf(n.Text)] = true
		}
		for _, c := range h.Calls {
			happened[c.Method] = true
		}
		for _, d := range h.Dials {
			happened[d.Refused] = true
		}
		missing = slices.DeleteFunc(missing, func(what string) bool { return happened[what] })
	}
	if len(missing) > 0 {
		t.Errorf("these never happen: %q", missing)
	}
}

// kindOf returns the word of a note that says what happened.
func kindOf(note string) string {
	for _, word := range []string{"clock", "dies", "starts", "freezes", "shuts down", "outage", "replay", "stray", "pause"} {
		if strings.Contains(note, word) {
			return word
		}
	}
	return note
}

// TestNames keeps two profiles from having one name.
func TestNames(t *testing.T) {
	var names []string
	for _, p := range Profiles() {
		if slices.Contains(names, p.Name) {
			t.Errorf("two profiles are named %s", p.Name)
		}
		names = append(names, p.Name)
	}
}
