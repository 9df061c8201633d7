package api

import "net/http"

// Operation is what a request asks an adapter to do.
type Operation struct {
	Roles []Role // the caller needs one of them
	// Do answers the request. Its error is answered by the refuse function of
	// [Serve], unless Do has written to the client already.
	Do func(*Caller) error
}

// Serve answers one request of an adapter. It sets the headers that keep answers
// about people out of caches, asks route for the operation, checks the caller
// with [Permit] and runs the operation. The first error of these goes to refuse,
// which writes it in the adapter's form.
func Serve(w http.ResponseWriter, r *http.Request, a Authorizer, route func() (Operation, error), refuse func(error)) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	op, err := route()
	if err == nil {
		var caller *Caller
		if caller, err = Permit(w, r, a, op.Roles...); err == nil {
			err = op.Do(caller)
		}
	}
	if err != nil {
		refuse(err)
	}
}

// NotAllowed returns the fault of a method that a path does not have, and sets
// the header Allow to the methods that it has.
func NotAllowed(w http.ResponseWriter, methods string) *Fault {
	w.Header().Set("Allow", methods)
	return NewFault(http.StatusMethodNotAllowed, "", "the path has no such method; it has "+methods)
}
