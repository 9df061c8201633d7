// Package simtest plays seeded histories of several Managers on one store and
// judges them from outside. It is for tests only.
//
// [Play] runs a [Profile] under a seed: nodes, customers, operators, a telephone
// platform and faults. Exactly one goroutine of that world runs at a time, time is
// virtual, and every call of the store, the dialer and the router is a point
// where another goroutine may go on; the seed chooses which. The same seed gives
// the same [History].
//
// An [Oracle] is named for a guarantee, G1 to G21, and sees only what is in the
// history: the answers that callers got, the calls at the platform and at the
// router, and the event feed. It knows nothing of the engine's insides.
//
// The environment variables SIM_SEED and SIM_SEEDS set the first seed and the number of
// seeds.
package simtest
