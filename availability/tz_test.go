package availability

// The tests carry their own time zone data, so that they do not depend on what
// the machine has.
import _ "time/tzdata"
