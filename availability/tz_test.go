package availability

// The tests embed time zone data so that they do not depend on the machine.
import _ "time/tzdata"
