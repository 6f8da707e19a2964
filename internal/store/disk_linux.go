package store

import (
	"os"

	"golang.org/x/sys/unix"
)

// flushed waits until a file's content is on the disk, with its length, but not with its times.
func flushed(f *os.File) error { return unix.Fdatasync(int(f.Fd())) }
