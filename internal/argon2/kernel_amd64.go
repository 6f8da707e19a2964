package argon2

import "golang.org/x/sys/cpu"

var avx2 = &kernel{"avx2", beginAVX2, beginOverAVX2, finishAVX2}

// kernels are those that this machine can run, the fastest last.
func kernels() []*kernel {
	if !cpu.X86.HasAVX2 {
		return []*kernel{inLibrary}
	}
	return []*kernel{inLibrary, avx2}
}

// Their blocks do not overlap. They read and write nothing else.

//go:noescape
func beginAVX2(out, previous, reference, rows *block)

//go:noescape
func beginOverAVX2(out, previous, reference, rows *block)

//go:noescape
func finishAVX2(out, rows, next *block)
