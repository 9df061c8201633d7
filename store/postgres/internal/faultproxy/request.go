package faultproxy

import "bytes"

// request collects a client's messages until one to which the server replies
// with ReadyForQuery.
type request struct {
	held  bytes.Buffer // messages not yet forwarded
	texts []string     // texts of the executed statements that no fault has judged yet
	fault *fault       // the fault that happens to the request
}

// part is the role of a client message in its request.
type part int

const (
	held     part = iota // the request continues
	urgent               // the request continues, but the client or the server waits for what is there
	complete             // the server replies with ReadyForQuery
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

// statements maps the names of a connection's prepared statements and portals
// to texts. The empty name is the unnamed one.
type statements struct {
	prepared map[string]string
	portals  map[string]string
}

func newStatements() *statements {
	return &statements{prepared: map[string]string{}, portals: map[string]string{}}
}

// note processes a client message and returns the text of the statement that it
// executes. It ignores a truncated body, which the server will refuse.
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
