//go:build unix

package argon2

import (
	"syscall"
	"unsafe"
)

// outside returns memory that the collector does not know, and what gives it back to the system;
// nothing if the system has none.
func outside(blocks int) ([]block, func()) {
	raw, err := syscall.Mmap(-1, 0, blocks*blockBytes, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return nil, nil
	}
	return unsafe.Slice((*block)(unsafe.Pointer(&raw[0])), blocks), func() { syscall.Munmap(raw) } //nolint:errcheck // it was mapped
}
