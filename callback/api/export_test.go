package api

// Agree reports whether clean and scan agree on a body.
func Agree(body []byte) bool { return clean(body) == (scan(body) == nil) }
