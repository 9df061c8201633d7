package api

// Agree reports whether the quick check of a body and the one that says what is
// wrong come to the same result.
func Agree(body []byte) bool { return clean(body) == (scan(body) == nil) }
