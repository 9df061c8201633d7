package api

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// few is the number of names in an object up to which names are compared
// directly.
const few = 16

// clean reports whether scan would return nil. It is several times faster but
// does not say what is wrong.
func clean(body []byte) bool {
	if !utf8.Valid(body) || !json.Valid(body) {
		return false
	}
	// The code below relies on body being JSON.
	var levels [MaxDepth]struct {
		object bool
		first  int // index of its first name in names
		many   map[string]bool
	}
	var room [4 * few][]byte
	names, depth, named := room[:0], 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; c {
		case '{', '[':
			if depth == MaxDepth {
				return false
			}
			top := &levels[depth]
			top.object, top.first, top.many = c == '{', len(names), nil
			depth++
			named = false
		case '}', ']':
			depth--
			names = names[:levels[depth].first]
		case ',':
			named = false
		case '"':
			end := endOfText(body, i)
			text := body[i : end+1]
			i = end
			if depth == 0 || !levels[depth-1].object || named {
				continue
			}
			named = true
			name, ok := nameOf(text)
			top := &levels[depth-1]
			if !ok {
				return false
			}
			if top.many != nil {
				if top.many[string(name)] {
					return false
				}
				top.many[string(name)] = true
				continue
			}
			own := names[top.first:]
			for _, other := range own {
				if bytes.Equal(name, other) {
					return false
				}
			}
			names = append(names, name)
			if len(own)+1 > few {
				top.many = make(map[string]bool)
				for _, n := range names[top.first:] {
					top.many[string(n)] = true
				}
			}
		}
	}
	return true
}

// endOfText returns the index of the quote that ends the string beginning at i.
func endOfText(body []byte, i int) int {
	for i++; body[i] != '"'; i++ {
		if body[i] == '\\' {
			i++
		}
	}
	return i
}

// nameOf decodes the name of a member.
func nameOf(text []byte) (name []byte, ok bool) {
	if bytes.IndexByte(text, '\\') < 0 {
		return text[1 : len(text)-1], true
	}
	var s string
	err := json.Unmarshal(text, &s)
	return []byte(s), err == nil
}
