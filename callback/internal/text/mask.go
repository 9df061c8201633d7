package text

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
)

// Mask prints a struct with the fields that are set: those in shown with their
// value, of which Redact hides the numbers, and all others as "***".
func Mask(v any, shown ...string) string {
	var b strings.Builder
	value := reflect.ValueOf(v)
	b.WriteString(value.Type().Name() + "{")
	separator := ""
	for i := range value.NumField() {
		field, name := value.Field(i), value.Type().Field(i).Name
		if field.IsZero() {
			continue
		}
		b.WriteString(separator + name + ":")
		separator = " "
		if slices.Contains(shown, name) {
			b.WriteString(Redact(fmt.Sprint(field.Interface())))
		} else {
			b.WriteString("***")
		}
	}
	return b.String() + "}"
}

// Hidden returns "***" in place of any text but the empty one.
func Hidden(s string) string {
	if s == "" {
		return ""
	}
	return "***"
}

// Marshal returns the text of s, for MarshalText methods of types that hide what
// they hold.
func Marshal(s fmt.Stringer) ([]byte, error) { return []byte(s.String()), nil }

// Write writes s to w and ignores the error, as fmt.Formatter has none.
func Write(w io.Writer, s string) { _, _ = io.WriteString(w, s) }
