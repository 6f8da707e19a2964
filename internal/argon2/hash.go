package argon2

import (
	"encoding/binary"
	"hash"

	"golang.org/x/crypto/blake2b"
)

// initialHash is H_0 (RFC 9106 3.2, step 1).
func initialHash(in input) []byte {
	h := newHash(blake2b.Size)
	for _, n := range []uint32{uint32(in.Lanes), in.KeyBytes, in.MemoryKiB, in.Passes, in.Version, uint32(in.Variant)} {
		h.Write(le32(n))
	}
	for _, text := range [][]byte{in.password, in.salt, in.secret, in.data} {
		h.Write(le32(uint32(len(text))))
		h.Write(text)
	}
	return h.Sum(nil)
}

// firstBlock is B[lane][i], for i 0 and 1, from which all others follow (steps 3 and 4).
func firstBlock(b *block, h0 []byte, i, lane uint32) {
	var text [blockBytes]byte
	longHash(text[:], h0, le32(i), le32(lane))
	for j := range b {
		b[j] = binary.LittleEndian.Uint64(text[8*j:])
	}
}

// longHash is H'^T (RFC 9106 3.3): BLAKE2b for as many bytes as out has. Over 64 it is a
// chain of hashes, each of which contributes its first half, and the last one all.
func longHash(out []byte, parts ...[]byte) {
	h := newHash(min(len(out), blake2b.Size))
	h.Write(le32(uint32(len(out))))
	for _, part := range parts {
		h.Write(part)
	}
	v := h.Sum(nil)
	for len(out) > blake2b.Size {
		out = out[copy(out, v[:blake2b.Size/2]):]
		h = newHash(min(len(out), blake2b.Size))
		h.Write(v)
		v = h.Sum(nil)
	}
	copy(out, v)
}

func newHash(size int) hash.Hash {
	h, err := blake2b.New(size, nil)
	if err != nil {
		panic(err) // only for sizes that BLAKE2b does not have
	}
	return h
}

func le32(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }
