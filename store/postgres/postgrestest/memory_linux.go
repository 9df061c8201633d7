package postgrestest

import "syscall"

const (
	sharedMemory = "/dev/shm"
	tmpfsMagic   = 0x01021994
	// memoryRoom is the required free space of the memory file system in bytes:
	// four times what the server's log takes by default (max_wal_size).
	// Containers often have only 64 MiB.
	memoryRoom = 4 << 30
)

// memoryDir returns a directory in memory with room for a cluster, if there is
// one.
func memoryDir() (dir string, ok bool) {
	var found syscall.Statfs_t
	if err := syscall.Statfs(sharedMemory, &found); err != nil {
		return "", false
	}
	return sharedMemory, int64(found.Type) == tmpfsMagic && found.Bavail > memoryRoom/uint64(found.Bsize)
}
