package gms

import (
	"bytes"
	_ "embed"
	"net/http"
	"strconv"
)

//go:embed openapi.json
var openAPI []byte

// OpenAPI returns the OpenAPI 3.1 document of the API. Paths begin with
// /genesys.
func OpenAPI() []byte { return bytes.Clone(openAPI) }

// documentAt returns the document with the base URL of a handler.
func documentAt(base string) []byte {
	if base == "" {
		return OpenAPI()
	}
	return bytes.Replace(openAPI, []byte(`"url": "/"`), []byte(`"url": `+strconv.Quote(base)), 1)
}

// openapi responds with the document.
func (h *Handler) openapi(c *call) error {
	return c.write(http.StatusOK, h.document)
}
