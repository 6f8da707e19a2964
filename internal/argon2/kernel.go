package argon2

import (
	"bytes"
	"errors"
	"os"
	"slices"
)

// Variable is the environment variable that chooses a kernel by name, for measuring.
const Variable = "GATEHOUSE_ARGON2"

// kernel is a way of computing blocks, in two halves; see block.go.
type kernel struct {
	name             string
	begin, beginOver func(out, previous, reference, rows *block)
	finish           func(out, rows, next *block)
}

// compress is both halves at once.
func (k *kernel) compress(out, previous, reference, rows *block) {
	k.begin(out, previous, reference, rows)
	k.finish(out, rows, reference)
}

// inLibrary is golang.org/x/crypto/argon2, and Go's blocks for what that lacks: Argon2d
// and version 1.0.
var inLibrary = &kernel{"library", begin, beginOver, finish}

// chosen is the kernel of this process.
var chosen = choose(os.Getenv(Variable), kernels())

type choice struct {
	kernel *kernel
	fault  error
}

// choose returns the kernel of that name, else the last, which is the fastest, if it
// derives the RFC's key.
func choose(name string, kernels []*kernel) choice {
	k := kernels[len(kernels)-1]
	if i := slices.IndexFunc(kernels, func(k *kernel) bool { return k.name == name }); i >= 0 {
		k = kernels[i]
	}
	if !k.derivesKnownKey() {
		return choice{inLibrary, errors.New("argon2: the kernel " + k.name + " computes wrong keys on this machine; the library is used, which is slower")}
	}
	return choice{k, nil}
}

// Kernel is the name of the kernel of this process. The fault says why it is not the
// fastest that the machine should be able to run.
func Kernel() (name string, fault error) { return chosen.kernel.name, chosen.fault }

// Kernels are the names of those that this machine can run, the fastest last.
func Kernels() []string {
	var names []string
	for _, k := range kernels() {
		names = append(names, k.name)
	}
	return names
}

// derivesKnownKey tries the test vector of RFC 9106 5.3, which takes less than 1 ms.
func (k *kernel) derivesKnownKey() bool {
	in := input{
		Params:   Params{Variant: ID, Version: Version, MemoryKiB: 32, Passes: 3, Lanes: 4, KeyBytes: 32},
		password: bytes.Repeat([]byte{1}, 32), salt: bytes.Repeat([]byte{2}, 16),
		secret: bytes.Repeat([]byte{3}, 8), data: bytes.Repeat([]byte{4}, 12),
	}
	const known = "\x0d\x64\x0d\xf5\x8d\x78\x76\x6c\x08\xc0\x37\xa3\x4a\x8b\x53\xc9" +
		"\xd0\x1e\xf0\x45\x2d\x75\xb6\x5e\xb5\x25\x20\xe9\x6b\x01\xe6\x59"
	return string(new(Memory).key(k, in)) == known
}
