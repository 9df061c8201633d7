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

// exportColumns are the columns of an export that names none, spelled as GMS
// does.
func exportColumns() []string {
	return []string{keyDesired, keyService, keyNumber, "urs_virtual_queue", "_vq_for_outbound_calls", "target"}
}

// exportHeld is how many bytes of an export are held before the first is sent:
// until then it can still be answered with an error.
const exportHeld = 1 << 20

// maxColumns is how many columns an export may have.
const maxColumns = 100

// export writes the callbacks that were cancelled for a reason as CSV (GMS
// 4.10).
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
		return &fault{code: 40010, message: "Callback reason is missing.", properties: map[string]any{"parameter": "callback_reason"}}
	case len(columns) > maxColumns:
		return invalidParameter("exported_properties", "has more than 100 entries")
	case len(columns) == 0:
		columns = exportColumns()
	}
	req := manager.ExportRequest{Reasons: []callback.Reason{callback.Reason(given)}}
	if r := reasonOf(given); string(r) != given {
		req.Reasons = append(req.Reasons, r)
	}
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

// exporter writes CSV, holding the beginning back.
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
		if err := e.csv.Write(e.columns); err != nil {
			return err
		}
	}
	e.rows++
	for i, column := range e.columns {
		e.cells[i] = e.cell(cb, column)
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

// cell returns the text of a property. Text that a spreadsheet would take for a
// formula is led by an apostrophe; numbers of telephones are left as they are.
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
	if text != "" && strings.IndexByte("=+-@\t\r", text[0]) >= 0 && strings.Trim(text, "+0123456789 .-()/;ext=") != "" {
		return "'" + text
	}
	return text
}

// send gives what is held to the client.
func (e *exporter) send() error {
	if !e.sent {
		e.sent = true
		header := e.c.w.Header()
		header.Set("Content-Type", "text/csv; charset=utf-8")
		header.Set("Content-Disposition", `attachment; filename="report.csv"`)
		e.c.w.WriteHeader(http.StatusOK)
	}
	_, err := e.held.WriteTo(e.c.w)
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
	return nil
}

// abort answers with an error as long as nothing was sent. After that the
// connection is cut, which net/http does without a word in its log for this
// value, so that half a report is not taken for a whole one.
func (e *exporter) abort(err error) error {
	if !e.sent {
		return err
	}
	e.h.logFault(e.c, callback.Code(err), err)
	panic(http.ErrAbortHandler)
}
