package argon2

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	library "golang.org/x/crypto/argon2"
)

// inGo is Go's blocks under a separate name.
var inGo = &kernel{"go", begin, beginOver, finish}

// ours are the kernels that compute blocks themselves.
func ours() []*kernel {
	return append([]*kernel{inGo}, kernels()[1:]...)
}

// each runs a test for each of our kernels.
func each(t *testing.T, test func(*testing.T, *kernel)) {
	t.Helper()
	for _, k := range ours() {
		t.Run(k.name, func(t *testing.T) { test(t, k) })
	}
}

// RFC 9106 5.1 to 5.3.
func TestVectorsOfTheRFC(t *testing.T) {
	in := input{
		Params:   Params{Version: Version, MemoryKiB: 32, Passes: 3, Lanes: 4, KeyBytes: 32},
		password: bytes.Repeat([]byte{1}, 32), salt: bytes.Repeat([]byte{2}, 16),
		secret: bytes.Repeat([]byte{3}, 8), data: bytes.Repeat([]byte{4}, 12),
	}
	want := map[Variant]string{
		D:  "512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb",
		I:  "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8",
		ID: "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659",
	}
	each(t, func(t *testing.T, k *kernel) {
		for in.Variant = D; in.Variant <= ID; in.Variant++ {
			if got := hex.EncodeToString(new(Memory).key(k, in)); got != want[in.Variant] {
				t.Errorf("variant %d: %s, want %s", in.Variant, got, want[in.Variant])
			}
		}
	})
}

// cases are how many random ones are tried: 10,000 with GATEHOUSE_TEST_LONG.
func cases(few int) int {
	if os.Getenv("GATEHOUSE_TEST_LONG") != "" {
		return 10_000
	}
	return few
}

// randomInput is something to derive a key from, in less than 200 KiB.
func randomInput(r *rand.Rand) input {
	lanes := 1 + r.Uint32N(8)
	if r.IntN(2) == 0 {
		lanes = 1
	}
	return input{
		Params: Params{Variant: Variant(r.IntN(3)), Version: Version, MemoryKiB: 8*lanes + r.Uint32N(120), Passes: 1 + r.Uint32N(3),
			Lanes: uint8(lanes), KeyBytes: 4 + r.Uint32N(200)},
		password: randomBytes(r, r.IntN(300)), salt: randomBytes(r, r.IntN(100)),
	}
}

func randomBytes(r *rand.Rand, n int) []byte {
	text := make([]byte, n)
	for i := range text {
		text[i] = byte(r.Uint32())
	}
	return text
}

// spoil fills the memory with random data.
func (m *Memory) spoil(r *rand.Rand) {
	for i := range m.blocks {
		m.blocks[i][r.IntN(blockWords)], m.blocks[i][0] = r.Uint64(), r.Uint64()
	}
	for i := range m.lanes {
		m.lanes[i] = laneWork{rows: block{r.Uint64()}, choices: choices{numbers: block{r.Uint64()}, first: block{r.Uint64()}}}
	}
}

// check compares a kernel's key with the library's or, if that has none, with Go's.
func check(t *testing.T, k *kernel, m *Memory, in input) {
	t.Helper()
	want := new(Memory).key(inLibrary, in)
	if got := m.key(k, in); !bytes.Equal(got, want) {
		t.Fatalf("%+v, password %x, salt %x: %x, want %x", in.Params, in.password, in.salt, got, want)
	}
}

func TestKernelsMakeTheLibrarysKeys(t *testing.T) {
	each(t, func(t *testing.T, k *kernel) {
		r, m := rand.New(rand.NewPCG(9106, 1)), new(Memory)
		for range cases(60) {
			in := randomInput(r)
			m.spoil(r)
			check(t, k, m, in)
			in.Version = OldVersion
			check(t, k, m, in)
		}
	})
}

// Memory that is not a multiple of the lanes is rounded down, and segments may be
// shorter than one set of choices, as long, or longer.
func TestAllSizes(t *testing.T) {
	sizes := []uint32{511, 512, 513, 515, 1027}
	for n := uint32(8); n <= 70; n++ {
		sizes = append(sizes, n)
	}
	each(t, func(t *testing.T, k *kernel) {
		m := new(Memory)
		for _, size := range sizes {
			for _, variant := range []Variant{I, ID} {
				check(t, k, m, input{Params: Params{variant, Version, size, 2, 1, 32}, password: []byte("Sommer-7"), salt: []byte("saltsalt")})
			}
		}
	})
}

// The race detector sees what Go's blocks do, and not what assembly does; which blocks
// those are is the same for all kernels.
func TestLanesShareNothingTooEarly(t *testing.T) {
	each(t, func(t *testing.T, k *kernel) {
		m := new(Memory)
		for lanes := uint8(1); lanes <= 8; lanes++ {
			for variant := D; variant <= ID; variant++ {
				check(t, k, m, input{Params: Params{variant, Version, 128, 3, lanes, 32}, password: []byte("Sommer-7"), salt: []byte("saltsalt")})
			}
		}
	})
}

// What the whole program derives by default, once.
func TestDefaultsOfThePolicy(t *testing.T) {
	want := library.IDKey([]byte("Sommer-7"), []byte("saltsaltsaltsalt"), 2, 19456, 1, 32)
	for _, k := range kernels() {
		in := input{Params: Params{ID, Version, 19456, 2, 1, 32}, password: []byte("Sommer-7"), salt: []byte("saltsaltsaltsalt")}
		if got := new(Memory).key(k, in); !bytes.Equal(got, want) {
			t.Errorf("%s: %x, want %x", k.name, got, want)
		}
	}
}

func TestMemoryIsKeptAndBeginsOnAPage(t *testing.T) {
	var m Memory
	in := input{Params: Params{ID, Version, 1024, 1, 1, 32}}
	m.key(inGo, in)
	place := fmt.Sprintf("%p", m.blocks)
	if !strings.HasSuffix(place, "000") {
		t.Errorf("the memory begins at %s", place)
	}
	in.MemoryKiB = 512
	m.key(inGo, in)
	if again := fmt.Sprintf("%p", m.blocks); again != place || m.Bytes() != 1<<20 {
		t.Errorf("%d bytes at %s, then at %s", m.Bytes(), place, again)
	}
}

func TestImpossibleParametersPanic(t *testing.T) {
	for _, p := range []Params{
		{3, Version, 64, 1, 1, 32}, {ID, 0x11, 64, 1, 1, 32}, {ID, Version, 7, 1, 1, 32}, {ID, Version, 15, 1, 2, 32},
		{ID, Version, 64, 0, 1, 32}, {ID, Version, 64, 1, 0, 32}, {ID, Version, 64, 1, 1, 3},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v makes a key", p)
				}
			}()
			new(Memory).Key(p, nil, nil)
		}()
	}
}

func TestChoiceOfTheKernel(t *testing.T) {
	broken := &kernel{"broken", begin, beginOver, func(out, rows, next *block) { finish(out, rows, next); out[77] ^= 1 << 40 }}
	for _, c := range []struct {
		asked string
		there []*kernel
		want  *kernel
		fault bool
	}{
		{"", []*kernel{inLibrary}, inLibrary, false},
		{"", []*kernel{inLibrary, inGo}, inGo, false},
		{"library", []*kernel{inLibrary, inGo}, inLibrary, false},
		{"avx9", []*kernel{inLibrary, inGo}, inGo, false},
		{"", []*kernel{inLibrary, broken}, inLibrary, true},
		{"broken", []*kernel{inLibrary, broken, inGo}, inLibrary, true},
	} {
		if got := choose(c.asked, c.there); got.kernel != c.want || (got.fault != nil) != c.fault {
			t.Errorf("asked for %q: %s, %v", c.asked, got.kernel.name, got.fault)
		}
	}
}

func FuzzKernels(f *testing.F) {
	f.Add([]byte("Sommer-7"), []byte("saltsalt"), uint8(2), uint8(1), uint16(64), uint8(2), uint8(32), false)
	f.Add([]byte{}, []byte{}, uint8(0), uint8(3), uint16(25), uint8(1), uint8(65), true)
	m := new(Memory)
	f.Fuzz(func(t *testing.T, password, salt []byte, variant, lanes uint8, memory uint16, passes, keyBytes uint8, old bool) {
		p := Params{Variant: Variant(variant % 3), Version: Version, Passes: 1 + uint32(passes%4), Lanes: 1 + lanes%8, KeyBytes: 4 + uint32(keyBytes)}
		if old {
			p.Version = OldVersion
		}
		p.MemoryKiB = 8*uint32(p.Lanes) + uint32(memory%600)
		for _, k := range ours() {
			check(t, k, m, input{Params: p, password: password, salt: salt})
		}
	})
}

// BenchmarkKernels is one hash of the default policy on each thread.
func BenchmarkKernels(b *testing.B) {
	for _, k := range append(kernels(), inGo) {
		b.Run(k.name, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				in := input{Params: Params{ID, Version, 19456, 2, 1, 32}, password: []byte("Sommer-7"), salt: []byte("saltsaltsaltsalt")}
				for m := new(Memory); pb.Next(); {
					m.key(k, in)
				}
			})
		})
	}
}
