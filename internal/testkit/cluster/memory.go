package cluster

import "syscall"

// enough is far more room than all databases of a run take.
const enough = 2 << 30

// InMemory is a folder with its files in memory, for what need not outlive the tests:
// nothing in there waits for a disk, which others may use at the same time. Empty if
// there is none, or too little room in it.
func InMemory() string {
	const folder = "/dev/shm"
	var about syscall.Statfs_t
	if syscall.Statfs(folder, &about) != nil || about.Bavail*uint64(about.Bsize) < enough {
		return ""
	}
	return folder
}
