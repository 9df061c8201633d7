package openapitest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/ringback-go/ringback/callback/api/internal/exchange"
)

// document is an OpenAPI document to check exchanges against.
type document struct {
	spec   *openapi3.T
	router routers.Router
	// faults is the schema of errors that belong to no operation: unknown paths
	// and methods.
	faults string
	seen   map[string]bool // "operation status"
}

// load reads and validates a document.
func load(ctx context.Context, file, faults string) (*document, error) {
	spec, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(spec.OpenAPI, "3.1.") {
		return nil, fmt.Errorf("the document is of version %q", spec.OpenAPI)
	}
	if err := spec.Validate(ctx); err != nil {
		return nil, err
	}
	router, err := gorillamux.NewRouter(spec)
	if err != nil {
		return nil, err
	}
	if spec.Components.Schemas[faults] == nil {
		return nil, fmt.Errorf("the document has no schema %q", faults)
	}
	return &document{spec: spec, router: router, faults: faults, seen: make(map[string]bool)}, nil
}

// check checks an exchange against the document.
func (d *document) check(ctx context.Context, e exchange.Exchange) error {
	r, err := http.NewRequestWithContext(ctx, e.Method, e.Target, bytes.NewReader(e.RequestBody))
	if err != nil {
		return err
	}
	r.Header = e.RequestHeader
	if r.Method == http.MethodHead {
		r.Method = http.MethodGet
	}
	route, params, err := d.router.FindRoute(r)
	if err != nil {
		return d.refusal(e)
	}
	d.seen[route.Operation.OperationID+" "+strconv.Itoa(e.Status)] = true
	in := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, MultiError: true,
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
		},
	}
	if e.Status < http.StatusBadRequest {
		if err := openapi3filter.ValidateRequest(ctx, in); err != nil {
			return fmt.Errorf("a request was accepted that the document does not allow: %w", err)
		}
	}
	return d.response(ctx, in, e)
}

// response checks status, headers, media type and body.
func (d *document) response(ctx context.Context, in *openapi3filter.RequestValidationInput, e exchange.Exchange) error {
	declared := in.Route.Operation.Responses.Status(e.Status)
	if declared == nil {
		return fmt.Errorf("%s has no response %d", in.Route.Operation.OperationID, e.Status)
	}
	if len(declared.Value.Content) == 0 {
		if len(e.Body) > 0 {
			return fmt.Errorf("%s %d has a body", in.Route.Operation.OperationID, e.Status)
		}
		return nil
	}
	if e.Method == http.MethodHead {
		return nil
	}
	return openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: e.Status, Header: e.Header,
		Body: io.NopCloser(bytes.NewReader(e.Body)), Options: in.Options,
	})
}

// refusal checks the response to a path or method that the document does not
// have.
func (d *document) refusal(e exchange.Exchange) error {
	if e.Status != http.StatusNotFound && e.Status != http.StatusMethodNotAllowed {
		return fmt.Errorf("an operation that the document does not have was answered with status %d", e.Status)
	}
	var body any
	if err := decode(e.Body, &body); err != nil {
		return err
	}
	return d.spec.Components.Schemas[d.faults].Value.VisitJSON(body, openapi3.EnableJSONSchema2020())
}

// unseen returns the responses of the document that no exchange contained.
func (d *document) unseen() []string {
	var missing []string
	for path, item := range d.spec.Paths.Map() {
		for method, operation := range item.Operations() {
			if operation.OperationID == "" {
				missing = append(missing, method+" "+path+" has no operationId")
				continue
			}
			for status := range operation.Responses.Map() {
				if key := operation.OperationID + " " + status; !d.seen[key] {
					missing = append(missing, key)
				}
			}
		}
	}
	slices.Sort(missing)
	return missing
}

var errEmpty = errors.New("the body is empty")

func decode(body []byte, v any) error {
	if len(body) == 0 {
		return errEmpty
	}
	return json.Unmarshal(body, v)
}
