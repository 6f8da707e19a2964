package argon2

import "math/bits"

const (
	blockBytes = 1024
	blockWords = blockBytes / 8
)

// block is 1024 bytes as little-endian 64-bit numbers.
type block [blockWords]uint64

var zeroes block // never written

// This is the compression function G (RFC 9106 3.5) in Go, for every machine. A block is
// an 8 by 8 matrix of 16 bytes each, so of pairs of numbers. G permutes each row, then
// each column, and adds the original. It comes in two halves because the first number of
// the result chooses a block for the next one.

// begin does the rows and the first column: out[0] is then final.
func begin(out, previous, reference, rows *block) {
	for i := range rows {
		rows[i] = previous[i] ^ reference[i]
	}
	*out = *rows
	beginWith(out, rows)
}

// beginOver is begin in a later pass of version 1.3, which adds the existing content of
// out.
func beginOver(out, previous, reference, rows *block) {
	for i := range rows {
		rows[i] = previous[i] ^ reference[i]
		out[i] ^= rows[i]
	}
	beginWith(out, rows)
}

func beginWith(out, rows *block) {
	for row := range 8 {
		permute(rows, 16*row, 2)
	}
	column(out, rows, 0)
}

// finish does the other columns. It has no use for the next block.
func finish(out, rows, _ *block) {
	for i := 1; i < 8; i++ {
		column(out, rows, i)
	}
}

func column(out, rows *block, i int) {
	permute(rows, 2*i, 16)
	for at := 2 * i; at < blockWords; at += 16 {
		out[at] ^= rows[at]
		out[at+1] ^= rows[at+1]
	}
}

// permute is the permutation P (RFC 9106 3.6) of eight pairs of numbers that are step
// apart in the block.
func permute(b *block, first, step int) {
	var v [16]uint64
	for i := range 8 {
		v[2*i], v[2*i+1] = b[first+i*step], b[first+i*step+1]
	}
	for i := range 4 {
		mix(&v[i], &v[i+4], &v[i+8], &v[i+12])
	}
	for i := range 4 {
		mix(&v[i], &v[(i+1)%4+4], &v[(i+2)%4+8], &v[(i+3)%4+12])
	}
	for i := range 8 {
		b[first+i*step], b[first+i*step+1] = v[2*i], v[2*i+1]
	}
}

// mix is GB.
func mix(a, b, c, d *uint64) {
	*a = sum(*a, *b)
	*d = bits.RotateLeft64(*d^*a, -32)
	*c = sum(*c, *d)
	*b = bits.RotateLeft64(*b^*c, -24)
	*a = sum(*a, *b)
	*d = bits.RotateLeft64(*d^*a, -16)
	*c = sum(*c, *d)
	*b = bits.RotateLeft64(*b^*c, -63)
}

// sum adds two numbers, and twice the product of their lower halves.
func sum(a, b uint64) uint64 { return a + b + 2*uint64(uint32(a))*uint64(uint32(b)) }
