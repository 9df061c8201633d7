//go:build !linux

package postgrestest

// memoryDir returns a directory in memory with room for a cluster, if there is
// one.
func memoryDir() (dir string, ok bool) { return "", false }
