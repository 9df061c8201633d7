package linearize

import (
	"fmt"
	"strconv"
	"strings"
)

// describe returns an operation in words.
func describe(in *Input) string {
	var b strings.Builder
	b.WriteString(in.Kind.String())
	switch in.Kind {
	case ClaimDue, ClaimQueue:
		fmt.Fprintf(&b, " %d at %s for %ds", in.Limit, in.Now, in.Lease)
	case Get:
		fmt.Fprintf(&b, " %s", idOf(in.ID))
	case GetKey:
		fmt.Fprintf(&b, " %s", keyOf(in.Key))
	case Load:
		what := "places"
		if in.Seats {
			what = "seats"
		}
		b.WriteString(" " + what)
	case List:
	case Forget:
		fmt.Fprintf(&b, " %s at revision %d", idOf(in.ID), in.Row.Revision)
	case Unclaim:
		fmt.Fprintf(&b, " %s at revision %d, epoch %d, next %s", idOf(in.ID), in.Row.Revision, in.Epoch, in.Row.NextAt)
	default:
		fmt.Fprintf(&b, " %s", in.Row)
		if in.Epoch != 0 {
			fmt.Fprintf(&b, " under epoch %d", in.Epoch)
		}
		for _, u := range in.Give {
			fmt.Fprintf(&b, ", give %d of %s", u.N, counterName(u.Counter))
		}
		for _, u := range in.Take {
			fmt.Fprintf(&b, ", take %s", u)
		}
	}
	if in.Patience > 0 {
		b.WriteString(", impatient")
	}
	return b.String()
}

// answer returns a result in words.
func answer(in *Input, out *Output) string {
	text := out.Outcome.String()
	switch {
	case out.Outcome == Refused:
		return fmt.Sprintf("%s: %s with %d in use", text, out.Refusal, out.InUse)
	case out.Outcome != OK:
	case in.Kind == Load:
		var b strings.Builder
		for n, used := range out.Used {
			if used != 0 {
				fmt.Fprintf(&b, " %d of %s", used, counterName(n))
			}
		}
		return text + ":" + b.String()
	case in.Kind.claims() || in.Kind.reads():
		list := make([]string, len(out.Rows))
		for i, r := range out.Rows {
			list[i] = r.String()
		}
		text += ": [" + strings.Join(list, "; ") + "]"
		if in.Kind == ClaimDue {
			text += " next " + out.Next.String()
		}
	}
	return text
}

func counterName(n int) string {
	if n == places {
		return "places"
	}
	return "bucket " + strconv.Itoa(n)
}

func (u Units) String() string {
	return fmt.Sprintf("%d of %s, at most %d", u.N, counterName(u.Counter), u.Max)
}

func (s Second) String() string {
	switch s {
	case Never:
		return "never"
	case between:
		return "between seconds"
	}
	return fmt.Sprintf("%+ds", int32(s))
}

func (r Row) String() string {
	if r.Life == Erased {
		return string(idOf(int(r.ID))) + " erased"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s revision %d %v by write %d", idOf(int(r.ID)), r.Revision, r.State, r.Tag)
	if r.Ready {
		fmt.Fprintf(&b, " ready since %s", r.QueuedAt)
	}
	if r.NextAt != Never {
		fmt.Fprintf(&b, " next %s", r.NextAt)
	}
	if r.Key != 0 {
		b.WriteString(" key " + keyOf(int(r.Key)))
	}
	for n, units := range r.Held {
		if units != 0 {
			fmt.Fprintf(&b, " holds %d of %s", units, counterName(n))
		}
	}
	if r.Epoch != 0 {
		fmt.Fprintf(&b, " epoch %d", r.Epoch)
	}
	if r.Owner != 0 {
		fmt.Fprintf(&b, " leased by %s until %s", ownerOf(int(r.Owner)-1), r.Until)
	}
	return b.String()
}

func (s State) String() string {
	var parts []string
	for _, r := range s.Rows {
		if r.Life != Absent {
			parts = append(parts, r.String())
		}
	}
	for n, used := range s.Used {
		if used != 0 {
			parts = append(parts, fmt.Sprintf("%d of %s in use", used, counterName(n)))
		}
	}
	return strings.Join(parts, "; ")
}
