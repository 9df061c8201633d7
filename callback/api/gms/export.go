package gms

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/callback/manager"
)

// exportColumns are the default columns of an export, in the spelling of GMS.
func exportColumns() []string {
	return []string{keyDesired, keyService, keyNumber, "urs_virtual_queue", "_vq_for_outbound_calls", "target"}
}

// exportHeld is the number of bytes that are buffered before the response
// begins. Until then an error can still be sent.
const exportHeld = 1 << 20

// maxColumns is the maximum number of columns of an export.
const maxColumns = 100

// export responds with the callbacks that were cancelled for a reason, as CSV
// (GMS 4.10).
func (h *Handler) export(c *call) error {
	p, err := readParameters(c)
	if err != nil {
		return err
	}
	given := p.text("callback_reason")
	columns := p.list("exported_properties")
	switch {
	case p.err != nil:
		return p.err
	case given == "":
		return &fault{code: 40010, cause: callback.ErrInvalidParameter, message: "Callback reason is missing.", properties: map[string]any{"parameter": "callback_reason"}}
	case len(columns) > maxColumns:
		return invalidParameter("exported_properties", "has more than 100 entries")
	case len(columns) == 0:
		columns = exportColumns()
	}
	req := manager.ExportRequest{Reasons: []callback.Reason{callback.Reason(given)}}
	if r := reasonOf(given); string(r) != given {
		req.Reasons = append(req.Reasons, r)
	}
	done, err := h.turns.Take(c.r.Context(), c.w.Header(), c.caller.Tenant)
	if err != nil {
		return err
	}
	defer done()
	e := &exporter{h: h, c: c, columns: columns, cells: make([]string, len(columns))}
	e.csv = csv.NewWriter(&e.held)
	for cb, err := range h.manager.Tenant(c.caller.Tenant).ExportCancelled(c.r.Context(), req) {
		if err == nil {
			err = e.write(cb)
		}
		if err != nil {
			return e.abort(err)
		}
	}
	return e.finish()
}

// exporter writes CSV and buffers the beginning.
type exporter struct {
	h       *Handler
	c       *call
	columns []string
	cells   []string
	csv     *csv.Writer
	held    bytes.Buffer
	rows    int
	sent    bool
}

func (e *exporter) write(cb *callback.Callback) error {
	if e.rows == 0 {
		for i, column := range e.columns {
			e.cells[i] = cell(column)
		}
		if err := e.csv.Write(e.cells); err != nil {
			return err
		}
	}
	e.rows++
	for i, column := range e.columns {
		e.cells[i] = e.cell(cb, column)
	}
	if len(e.cells) > 1 && strings.HasPrefix(e.cells[0], "+") {
		// With other separators a phone number and what follows are one cell.
		e.cells[0] = "'" + e.cells[0]
	}
	if err := e.csv.Write(e.cells); err != nil {
		return err
	}
	e.csv.Flush()
	if e.held.Len() >= exportHeld {
		return e.send()
	}
	return nil
}

// cell returns the text of a property.
func (e *exporter) cell(cb *callback.Callback, column string) string {
	value, ok := e.h.valueOf(cb, column)
	if !ok {
		return ""
	}
	text, ok := callback.TextOf(value)
	if !ok {
		encoded, err := wire.Encode(value)
		if err != nil || value == nil || value == "" {
			return ""
		}
		text = string(encoded)
	}
	return cell(text)
}

// send writes the buffer to the client.
func (e *exporter) send() error {
	if !e.sent {
		e.sent = true
		header := e.c.w.Header()
		header.Set("Content-Type", "text/csv; charset=utf-8")
		header.Set("Content-Disposition", `attachment; filename="report.csv"`)
		e.c.w.WriteHeader(http.StatusOK)
	}
	err := wire.WritePart(e.c.w, e.held.Bytes())
	e.held.Reset()
	return err
}

func (e *exporter) finish() error {
	e.csv.Flush()
	if err := e.csv.Error(); err != nil {
		return e.abort(err)
	}
	if e.rows == 0 {
		e.c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if err := e.send(); err != nil {
		return e.abort(err)
	}
	wire.EndParts(e.c.w)
	return nil
}

// abort returns err if nothing was sent. Otherwise it closes the connection, so
// that the client does not take a partial report for a complete one: net/http
// does so, without logging, for this panic value.
func (e *exporter) abort(err error) error {
	if !e.sent {
		return err
	}
	e.h.logFault(e.c, callback.Code(err), err)
	panic(http.ErrAbortHandler)
}
