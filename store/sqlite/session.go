package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// session is the writer's connection and its prepared statements. It calls the
// driver directly: a change is about ten short statements, and database/sql
// would add a sixth to their cost.
type session struct {
	conn  driver.Conn
	texts [statements]string
	ready [statements]prepared
	args  []driver.NamedValue
	// writes counts the statements without result rows.
	writes int
	// hook is called before each statement; for tests.
	hook func(statement string)
}

// prepared is what a statement of the driver has to implement.
type prepared interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

func newSession(conn any, hook func(string)) (*session, error) {
	c, ok := conn.(driver.Conn)
	if !ok {
		return nil, fmt.Errorf("unsupported connection type %T", conn)
	}
	return &session{conn: c, texts: statementTexts(), hook: hook}, nil
}

// close closes the statements but not the connection.
func (s *session) close() {
	for i, p := range s.ready {
		if p != nil {
			_ = p.Close() // its error is that of the last execution
			s.ready[i] = nil
		}
	}
}

func (s *session) prepare(q statement) (prepared, error) {
	if p := s.ready[q]; p != nil {
		return p, nil
	}
	p, err := s.prepareText(s.texts[q])
	if err == nil {
		s.ready[q] = p
	}
	return p, err
}

func (s *session) prepareText(text string) (prepared, error) {
	stmt, err := s.conn.Prepare(text)
	if err != nil {
		return nil, err
	}
	p, ok := stmt.(prepared)
	if !ok {
		return nil, errors.Join(fmt.Errorf("unsupported statement type %T", stmt), stmt.Close())
	}
	return p, nil
}

func (s *session) bind(args []any) []driver.NamedValue {
	s.args = s.args[:0]
	for i, arg := range args {
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: arg})
	}
	return s.args
}

// exec runs a statement. Arguments are int64, string, []byte or nil.
func (s *session) exec(q statement, args ...any) (driver.Result, error) {
	p, err := s.prepare(q)
	if err != nil {
		return nil, err
	}
	if s.hook != nil {
		s.hook(s.texts[q])
	}
	s.writes++
	return p.ExecContext(context.Background(), s.bind(args))
}

func (s *session) run(q statement, args ...any) error {
	_, err := s.exec(q, args...)
	return err
}

// query calls f with every row of a statement. f must not keep the slice or run
// statements.
func (s *session) query(q statement, f func(row []any) error, args ...any) error {
	p, err := s.prepare(q)
	if err != nil {
		return err
	}
	if s.hook != nil {
		s.hook(s.texts[q])
	}
	return s.each(p, f, args)
}

func (s *session) each(p prepared, f func(row []any) error, args []any) (err error) {
	rows, err := p.QueryContext(context.Background(), s.bind(args))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	width := len(rows.Columns())
	values, row := make([]driver.Value, width), make([]any, width)
	for {
		if err := rows.Next(values); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		for i := range row {
			row[i] = values[i]
		}
		if err := f(row); err != nil {
			return err
		}
	}
}

// text runs a statement that is not one of the constants.
func (s *session) text(text string, f func(row []any) error) error {
	p, err := s.prepareText(text)
	if err != nil {
		return err
	}
	defer p.Close()
	return s.each(p, f, nil)
}
