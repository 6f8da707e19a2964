// Package argon2 derives keys from passwords according to RFC 9106, in memory that the
// caller provides and reuses: version 1.3, and 1.0 for old hashes of other programs.
//
// argon2.go and hash.go are the RFC's section 3.2, fill.go is 3.2 to 3.4 (which block is
// computed from which), block.go is 3.5 and 3.6 (how a block is computed) in Go, and
// compress_amd64.s is the same for AVX2, written by the program in generator.
package argon2

//go:generate go run ./generator

import (
	"encoding/binary"
	"fmt"
	"runtime"

	library "golang.org/x/crypto/argon2"
)

// Variant is the type of Argon2, the parameter y of the RFC.
type Variant uint32

const (
	D  Variant = 0 // chooses blocks by computed data, so by the password
	I  Variant = 1 // chooses blocks by position alone
	ID Variant = 2 // I in the first half of the first pass, then D
)

const (
	Version    = 0x13 // 1.3, RFC 9106
	OldVersion = 0x10 // 1.0, which overwrites in later passes where 1.3 XORs
)

// Params say what a key costs, and which kind it is.
type Params struct {
	Variant   Variant
	Version   uint32 // Version or OldVersion
	MemoryKiB uint32 // at least 8 for each lane
	Passes    uint32 // at least 1
	Lanes     uint8  // at least 1; each takes its own core
	KeyBytes  uint32 // at least 4
}

func (p Params) valid() bool {
	return p.Variant <= ID && (p.Version == Version || p.Version == OldVersion) && p.Passes > 0 &&
		p.Lanes > 0 && p.MemoryKiB >= 2*slicesOfPass*uint32(p.Lanes) && p.KeyBytes >= 4
}

// Memory is the working memory for keys. It grows to the largest size used and need not
// be cleared: its content does not affect keys. The zero value is empty. One Memory
// serves one call at a time.
type Memory struct {
	blocks []block // begins on a page, if it is over 32 KiB: so the system and the runtime allocate
	lanes  []laneWork
	free   func()          // gives the blocks back to the system; nil: the collector does
	lost   runtime.Cleanup // frees it if the caller forgets to
}

// Bytes is how large the memory is.
func (m *Memory) Bytes() int { return len(m.blocks) * blockBytes }

// Free gives the memory back to the system. It is empty then, and can be used again.
func (m *Memory) Free() {
	if m.free != nil {
		m.lost.Stop()
		m.free()
	}
	m.blocks, m.free = nil, nil
}

// grow replaces the memory by a larger one, so there are never both.
func (m *Memory) grow(size int) {
	m.Free()
	if size*blockBytes >= leastOutside {
		m.blocks, m.free = outside(size)
	}
	switch {
	case m.blocks == nil:
		m.blocks = make([]block, size)
	case m.free != nil:
		m.lost = runtime.AddCleanup(m, func(free func()) { free() }, m.free)
	}
}

// leastOutside is from how many bytes on the memory is the system's and not the collector's: there it
// would count as live, and the collector would leave a share of it as garbage.
const leastOutside = 1 << 20

// Key derives a key. It panics if p is outside the RFC's limits: callers that read
// parameters from outside check them first.
func (m *Memory) Key(p Params, password, salt []byte) []byte {
	return m.key(chosen.kernel, input{Params: p, password: password, salt: salt})
}

// input is everything that a key is made from (RFC 9106 3.1). No caller has a secret or
// associated data; the RFC's test vectors do.
type input struct {
	Params
	password, salt, secret, data []byte
}

func (m *Memory) key(k *kernel, in input) []byte {
	if !in.valid() {
		panic(fmt.Sprintf("argon2: impossible parameters: %+v", in.Params))
	}
	if k == inLibrary && in.inLibrary() {
		return in.libraryKey()
	}
	f := m.filling(k, in.Params)
	h0 := initialHash(in)
	for lane := range f.lanes {
		for i := range uint32(2) {
			firstBlock(&f.memory[lane*f.laneLength+i], h0, i, lane)
		}
	}
	f.run()
	key := f.tag(in.KeyBytes)
	runtime.KeepAlive(m) // and so the blocks
	return key
}

// filling prepares a run over the memory: m' = 4·p·⌊m / 4p⌋ blocks, in p lanes.
func (m *Memory) filling(k *kernel, p Params) *filling {
	f := &filling{Params: p, kernel: k, lanes: uint32(p.Lanes)}
	f.segmentLength = p.MemoryKiB / (slicesOfPass * f.lanes)
	f.laneLength = slicesOfPass * f.segmentLength
	size := int(f.laneLength * f.lanes)
	if len(m.blocks) < size {
		m.grow(size)
	}
	if len(m.lanes) < int(f.lanes) {
		m.lanes = make([]laneWork, f.lanes)
	}
	f.memory, f.work = m.blocks[:size], m.lanes
	return f
}

// tag is the last step: the last blocks of all lanes, XORed and hashed.
func (f *filling) tag(size uint32) []byte {
	var sum block
	for lane := range f.lanes {
		last := &f.memory[(lane+1)*f.laneLength-1]
		for i := range sum {
			sum[i] ^= last[i]
		}
	}
	text := make([]byte, 0, blockBytes)
	for _, word := range sum {
		text = binary.LittleEndian.AppendUint64(text, word)
	}
	key := make([]byte, size)
	longHash(key, text)
	return key
}

// inLibrary reports whether golang.org/x/crypto has this kind of key.
func (in input) inLibrary() bool {
	return in.Version == Version && in.Variant != D && in.secret == nil && in.data == nil
}

func (in input) libraryKey() []byte {
	derive := library.IDKey
	if in.Variant == I {
		derive = library.Key
	}
	return derive(in.password, in.salt, in.Passes, in.MemoryKiB, in.Lanes, in.KeyBytes)
}
