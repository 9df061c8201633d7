package turns

// Tenants returns the number of tenants with requests.
func (t *Turns) Tenants() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.tenants)
}
