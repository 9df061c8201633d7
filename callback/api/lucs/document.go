package lucs

import (
	_ "embed" // the document
	"net/http"
	"slices"
)

//go:embed openapi.json
var openAPI []byte

// OpenAPI returns the OpenAPI 3.1 document of the API. Paths are relative to
// the prefix of the handler.
func OpenAPI() []byte { return slices.Clone(openAPI) }

func (h *Handler) document(w http.ResponseWriter, _ *request) error {
	return writeBody(w, http.StatusOK, openAPI)
}
