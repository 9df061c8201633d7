//go:build !linux

package postgrestest

// memoryDir returns a folder in memory with room for a cluster, if the system has one.
func memoryDir() (dir string, ok bool) { return "", false }
