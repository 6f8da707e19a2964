//go:build !linux

package store

import "os"

// flushed waits until a file is on the disk.
func flushed(f *os.File) error { return f.Sync() }
