//go:build unix

package store

import (
	"os"
	"syscall"
)

// mapped returns the first bytes of a file as memory that shows what others write to it, as SQLite
// itself maps it; nil if that is not possible. Reading the file would not do: on some file systems
// it answers without what is written in memory.
func mapped(file *os.File, size int) []byte {
	memory, err := syscall.Mmap(int(file.Fd()), 0, size, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil
	}
	return memory
}

func unmap(memory []byte) {
	if memory != nil {
		syscall.Munmap(memory) //nolint:errcheck // it was mapped
	}
}
