package faultproxy

import "bytes"

// request gathers a client's messages until the server has to answer them with ReadyForQuery.
type request struct {
	held  bytes.Buffer // not passed on yet
	texts []string     // of the statements it executes, as far as no fault has judged them
	fault *fault       // what happens to it
}

// part says what a client message means for the request it belongs to.
type part int

const (
	held     part = iota // the request goes on
	urgent               // the request goes on, but the client or the server waits for what is there
	complete             // the server answers with ReadyForQuery
)

func partOf(kind byte) part {
	switch kind {
	case typeQuery, typeSync, typeFunction:
		return complete
	case typeFlush, typePassword, typeTerminate, typeCopyData, typeCopyDone, typeCopyFail:
		return urgent
	}
	return held
}

// statements remembers what a connection's prepared statements and portals stand for, by name; the empty name is the unnamed one.
type statements struct {
	prepared map[string]string
	portals  map[string]string
}

func newStatements() *statements {
	return &statements{prepared: map[string]string{}, portals: map[string]string{}}
}

// note learns from one client message and returns the text of the statement that it executes. A body that is cut short teaches
// nothing: the server refuses it.
func (s *statements) note(m message) (executes string, ok bool) {
	switch m.kind() {
	case typeQuery:
		executes, _, ok = text(m.body())
		return executes, ok
	case typeParse:
		if name, rest, ok := text(m.body()); ok {
			if statement, _, ok := text(rest); ok {
				s.prepared[name] = statement
			}
		}
	case typeBind:
		if portal, rest, ok := text(m.body()); ok {
			if name, _, ok := text(rest); ok {
				s.portals[portal] = s.prepared[name]
			}
		}
	case typeExecute:
		if portal, _, ok := text(m.body()); ok {
			executes, ok = s.portals[portal]
			return executes, ok
		}
	case typeClose:
		if body := m.body(); len(body) > 0 {
			if name, _, ok := text(body[1:]); ok {
				switch body[0] {
				case 'S':
					delete(s.prepared, name)
				case 'P':
					delete(s.portals, name)
				}
			}
		}
	}
	return "", false
}
