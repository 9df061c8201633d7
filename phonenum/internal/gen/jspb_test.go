package gen

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// appendArray returns m as Google's JavaScript writes messages: an array with
// each field at the index of its number.
func appendArray(m protoreflect.Message) []any {
	var out []any
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		for len(out) <= int(field.Number()) {
			out = append(out, nil)
		}
		one := func(v protoreflect.Value) any {
			if field.Kind() == protoreflect.MessageKind {
				return appendArray(v.Message())
			}
			return v.Interface()
		}
		if !field.IsList() {
			out[field.Number()] = one(value)
			return true
		}
		var list []any
		for i := range value.List().Len() {
			list = append(list, one(value.List().Get(i)))
		}
		out[field.Number()] = list
		return true
	})
	return out
}

// readArray is the inverse of appendArray, for an array decoded from JSON.
func readArray(m protoreflect.Message, array []any) error {
	fields := m.Descriptor().Fields()
	for i, v := range array {
		if v == nil {
			continue
		}
		field := fields.ByNumber(protoreflect.FieldNumber(i))
		if field == nil {
			return fmt.Errorf("%s has no field %d", m.Descriptor().Name(), i)
		}
		one := func(v any) (protoreflect.Value, error) {
			switch v := v.(type) {
			case []any:
				child := m.NewField(field)
				if field.IsList() {
					child = child.List().NewElement()
				}
				return child, readArray(child.Message(), v)
			case string:
				return protoreflect.ValueOfString(v), nil
			case float64:
				if field.Kind() == protoreflect.BoolKind {
					return protoreflect.ValueOfBool(v != 0), nil
				}
				return protoreflect.ValueOfInt32(int32(v)), nil
			case bool:
				return protoreflect.ValueOfBool(v), nil
			}
			return protoreflect.Value{}, fmt.Errorf("field %s: unexpected %T", field.Name(), v)
		}
		if !field.IsList() {
			value, err := one(v)
			if err != nil {
				return err
			}
			m.Set(field, value)
			continue
		}
		items, ok := v.([]any)
		if !ok {
			return fmt.Errorf("field %s: %T is no list", field.Name(), v)
		}
		list := m.Mutable(field).List()
		for _, item := range items {
			value, err := one(item)
			if err != nil {
				return err
			}
			list.Append(value)
		}
	}
	return nil
}
