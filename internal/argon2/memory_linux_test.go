package argon2

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"
)

// The collector does not count the memory, and memory that is forgotten goes back to the system.
func TestMemoryIsTheSystems(t *testing.T) {
	pages := func() (mapped, resident int) {
		runtime.GC()
		text, err := os.ReadFile("/proc/self/statm")
		if err == nil {
			_, err = fmt.Sscan(string(text), &mapped, &resident)
		}
		if err != nil {
			t.Fatal(err)
		}
		return mapped, resident
	}
	const size = 16 << 20 / blockBytes
	use := func(m *Memory) {
		m.grow(size)
		for i := range m.blocks {
			m.blocks[i][0] = 1
		}
	}
	most := 3 * 16 << 20 / os.Getpagesize() // the collector may be one or two behind
	before, _ := pages()
	live := func() int {
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return int(s.HeapAlloc)
	}
	heap := live()
	for range 10 {
		m := new(Memory)
		use(m)
		if grown := live() - heap; grown > 8<<20 {
			t.Fatalf("the collector counts %d bytes", grown)
		}
		runtime.KeepAlive(m)
		runtime.GC()
	}
	for range 100 { // cleanups run beside the collector
		if after, _ := pages(); after-before <= most {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if after, _ := pages(); after-before > most {
		t.Errorf("%d pages more are mapped than before", after-before)
	}
	m := new(Memory)
	use(m)
	_, full := pages()
	m.Free()
	if _, free := pages(); full-free < 12<<20/os.Getpagesize() || m.Bytes() != 0 {
		t.Errorf("%d bytes and %d pages are left of %d", m.Bytes(), free, full)
	}
	use(m)
}
