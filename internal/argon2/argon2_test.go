package argon2

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"testing"

	upstream "golang.org/x/crypto/argon2"
)

// The vector of RFC 9106 5.3 needs a secret and associated data, which IDKey has not;
// this one was made by the reference implementation's command.
func TestReferenceVector(t *testing.T) {
	const want = "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7" // t=2, m=65536, p=1
	got := new(Memory).IDKey([]byte("password"), []byte("somesalt"), 2, 65536, 1, 32)
	if hex.EncodeToString(got) != want {
		t.Errorf("%x, want %s", got, want)
	}
}

// Whatever the memory held before, larger or smaller, of other parameters or noise:
// the key is the one that the library makes.
func TestDirtyMemoryMakesTheSameKeys(t *testing.T) {
	m := &Memory{blocks: make([]block, 4096)}
	for _, c := range []struct {
		passes, memory uint32
		threads        uint8
		keyLen         uint32
	}{{1, 8, 1, 32}, {2, 4096, 1, 32}, {3, 1000, 1, 16}, {1, 2048, 4, 64}, {2, 64, 2, 128}, {4, 333, 3, 24}, {2, 19456, 1, 32}} {
		for i := range m.blocks {
			for j := range m.blocks[i] {
				m.blocks[i][j] = 0xa5a5a5a5a5a5a5a5 * uint64(i+j+1)
			}
		}
		salt := make([]byte, 16)
		rand.Read(salt)
		password := fmt.Appendf(nil, "password of %v", c)
		want := upstream.IDKey(password, salt, c.passes, c.memory, c.threads, c.keyLen)
		for range 2 {
			if got := m.IDKey(password, salt, c.passes, c.memory, c.threads, c.keyLen); !bytes.Equal(got, want) {
				t.Errorf("%+v: %x, want %x", c, got, want)
			}
		}
	}
}

// The other variant that the library has, and what the reference implementation's
// command says of all of them in both versions.
func TestOtherVariants(t *testing.T) {
	m := &Memory{}
	for _, lanes := range []uint8{1, 3} {
		want := upstream.Key([]byte("password"), []byte("somesalt"), 3, 500, lanes, 32)
		if got := m.Key(I, Version, []byte("password"), []byte("somesalt"), 3, 500, lanes, 32); !bytes.Equal(got, want) {
			t.Errorf("argon2i with %d lanes: %x, want %x", lanes, got, want)
		}
	}
	// argon2 somesalt -{d,i,id} -v {10,13} -t 3 -k 256 -p 2 -l 24 -r
	for _, c := range []struct {
		variant Variant
		version uint32
		want    string
	}{
		{D, OldVersion, "d5a8b4c384d090e93872ca3a02a29ab24ec3b1cfdb1fddf2"},
		{D, Version, "f4f0669218eaf3641f39cc97efb915721102f4b128211ef2"},
		{I, OldVersion, "ac16cea853ea7d62d9e2b47822abbc95fd67cd40ca455a48"},
		{I, Version, "f5bbf5d4c3836af13193053155b73ec7476a6a2eb93fd5e6"},
		{ID, OldVersion, "d6fe18208108e0023fe00826f9176c327b2512a5fca7710c"},
		{ID, Version, "4668d30ac4187e6878eedeacf0fd83c5a0a30db2cc16ef0b"},
	} {
		if got := m.Key(c.variant, c.version, []byte("password"), []byte("somesalt"), 3, 256, 2, 24); hex.EncodeToString(got) != c.want {
			t.Errorf("variant %d, version %x: %x, want %s", c.variant, c.version, got, c.want)
		}
	}
}

func BenchmarkIDKey(b *testing.B) {
	var m Memory
	b.ReportAllocs()
	for b.Loop() {
		m.IDKey([]byte("password"), []byte("0123456789abcdef"), 2, 19456, 1, 32)
	}
}
