package api

// Agree reports whether clean and scan agree on a body.
func Agree(body []byte) bool { return clean(body) == (scan(body) == nil) }

// Remembered returns the number of names whose failures are remembered.
func Remembered(b *Basic) int { return len(b.backoff.names) }
