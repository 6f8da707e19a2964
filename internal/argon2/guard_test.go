//go:build unix

package argon2

import (
	"fmt"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guarded is a separate block that begins or ends at a page boundary, with inaccessible
// pages around it.
type guarded struct {
	*block
	page []byte
}

func guard(t *testing.T, atEnd bool) guarded {
	t.Helper()
	size := os.Getpagesize()
	pages, err := unix.Mmap(-1, 0, 3*size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(pages); err != nil {
			t.Error(err)
		}
	})
	g := guarded{page: pages[size : 2*size]}
	for _, outside := range [][]byte{pages[:size], pages[2*size:]} {
		if err := unix.Mprotect(outside, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	at := 0
	if atEnd {
		at = size - blockBytes
	}
	g.block = (*block)(unsafe.Pointer(&g.page[at]))
	return g
}

func (g guarded) protect(t *testing.T, how int) {
	t.Helper()
	if err := unix.Mprotect(g.page, how); err != nil {
		t.Fatal(err)
	}
}

// fill numbers the block, and clears the rest of its page.
func (g guarded) fill(with uint64) {
	clear(g.page)
	for i := range g.block {
		g.block[i] = with * uint64(i+1)
	}
}

// sumOfRest is what is in the page apart from the block.
func (g guarded) rest() (sum int) {
	for _, b := range g.page {
		sum += int(b)
	}
	for i := range g.block {
		for word := g.block[i]; word != 0; word >>= 8 {
			sum -= int(byte(word))
		}
	}
	return sum
}

// Reading or writing outside the blocks, and writing to those that are only read, would
// crash the process here; writing next to a block in its page would be detected.
func TestBlocksAreAllThatIsTouched(t *testing.T) {
	each(t, func(t *testing.T, k *kernel) {
		for places := range 1 << 5 {
			var blocks [5]guarded
			for i := range blocks {
				blocks[i] = guard(t, places>>i&1 != 0)
				blocks[i].fill(0x9e3779b97f4a7c15 + uint64(i)<<33)
			}
			out, previous, reference, rows, next := blocks[0], blocks[1], blocks[2], blocks[3], blocks[4]
			for _, g := range []guarded{previous, reference, next} {
				g.protect(t, unix.PROT_READ)
			}
			beginBlock := k.begin
			if places%3 == 0 {
				beginBlock = k.beginOver
			}
			want, wantRows := *out.block, block{}
			if places%3 == 0 {
				beginOver(&want, previous.block, reference.block, &wantRows)
			} else {
				begin(&want, previous.block, reference.block, &wantRows)
			}
			finish(&want, &wantRows, nil)

			beginBlock(out.block, previous.block, reference.block, rows.block)
			if out.block[0] != want[0] {
				t.Fatal("the first number is not there after the first half")
			}
			k.finish(out.block, rows.block, next.block)
			if *out.block != want {
				t.Fatal("another block than Go's")
			}
			for i, g := range blocks {
				if g.rest() != 0 {
					t.Fatalf("something is written beside block %d", i)
				}
			}
		}
	})
}

// next is fetched, not read: it may be anywhere.
func TestNextIsNotRead(t *testing.T) {
	each(t, func(t *testing.T, k *kernel) {
		next := guard(t, false)
		next.protect(t, unix.PROT_NONE)
		var out, rows block
		k.finish(&out, &rows, next.block)
		if out != (block{}) {
			t.Error(fmt.Sprint("nothing became something: ", out))
		}
	})
}
