package gms

import (
	"encoding/json"
	"maps"
	"strconv"
	"unicode/utf8"

	"github.com/ringback-go/ringback/callback"
)

// The bounds of properties, which are those of a Manager: names and bytes of all
// together, the bytes of a name and how deep a value may be.
const (
	maxProperties    = 256
	maxPropertyBytes = 64 << 10
	maxPropertyName  = 128
	maxPropertyDepth = 16
)

// checkProperties refuses properties that a callback cannot have, beside those it
// has, before anything is changed.
func checkProperties(cb *callback.Callback, set callback.Values) error {
	merged := make(callback.Values, len(cb.Properties)+len(cb.UserData)+len(set))
	maps.Copy(merged, cb.Properties)
	maps.Copy(merged, cb.UserData)
	for key, value := range set {
		switch {
		case key == keyNumber:
		case value == "":
			delete(merged, key)
		default:
			merged[key] = value
		}
	}
	for _, values := range []callback.Values{set, merged} {
		if len(values) > maxProperties {
			return invalidParameter("properties", "are more than "+strconv.Itoa(maxProperties))
		}
		left := maxPropertyBytes
		for key, value := range values {
			if key == "" || len(key) > maxPropertyName || !isText(key) {
				return invalidParameter("properties", "have a name that is empty, too long or no text")
			}
			if left -= len(key); !fits(value, maxPropertyDepth, &left) {
				return invalidParameter(clip(key), "is nested too deeply, is too large or is no number")
			}
		}
	}
	return nil
}

// fits reports whether a value that was read from JSON can be kept in the room
// that is left.
func fits(value any, depth int, left *int) bool {
	if depth == 0 {
		return false
	}
	*left -= 2
	switch v := value.(type) {
	case string:
		*left -= len(v)
		return utf8.ValidString(v) && *left >= 0
	case json.Number:
		*left -= len(v)
		_, err := v.Float64()
		return err == nil && *left >= 0
	case []any:
		for _, item := range v {
			if !fits(item, depth-1, left) {
				return false
			}
		}
	case map[string]any:
		for key, item := range v {
			if *left -= len(key); !fits(item, depth-1, left) {
				return false
			}
		}
	}
	return *left >= 0
}
