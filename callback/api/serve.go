package api

import "net/http"

// Operation is the operation of an adapter that a request names.
type Operation struct {
	Roles []Role // the caller needs one of them
	// Do answers the request. If it returns an error, the refuse function of
	// [Serve] answers instead.
	Do func(*Caller) error
}

// Serve answers a request of an adapter. It sets the headers that keep answers
// out of caches, refuses requests from pages of other origins than o trusts,
// calls route to find the operation, checks the caller with [Permit] and runs
// the operation. The first error is passed to refuse, which answers in the
// adapter's error format.
func Serve(w http.ResponseWriter, r *http.Request, a Authorizer, o *Origins, route func() (Operation, error), refuse func(error)) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if o.answer(w, r) {
		return
	}
	if err := o.Check(r); err != nil {
		refuse(err)
		return
	}
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

// NotAllowed returns the fault of a method that a path does not support. It
// sets the header Allow to methods.
func NotAllowed(w http.ResponseWriter, methods string) *Fault {
	w.Header().Set("Allow", methods)
	return NewFault(http.StatusMethodNotAllowed, "", "method not allowed; allowed: "+methods)
}
