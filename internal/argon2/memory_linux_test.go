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
	pages := func() (resident int) { // what is mapped besides has room for more of the runtime, which comes when it likes
		runtime.GC()
		text, err := os.ReadFile("/proc/self/statm")
		var mapped int
		if err == nil {
			_, err = fmt.Sscan(string(text), &mapped, &resident)
		}
		if err != nil {
			t.Fatal(err)
		}
		return resident
	}
	const size = 16 << 20 / blockBytes
	use := func(m *Memory) {
		m.grow(size)
		for i := range m.blocks {
			m.blocks[i][0] = 1
		}
	}
	const often = 10
	most := often / 2 * 16 << 20 / os.Getpagesize() // the collector may be one or two behind
	before := pages()
	live := func() int {
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return int(s.HeapAlloc)
	}
	heap := live()
	for range often {
		m := new(Memory)
		use(m)
		if grown := live() - heap; grown > 8<<20 {
			t.Fatalf("the collector counts %d bytes", grown)
		}
		runtime.KeepAlive(m)
		runtime.GC()
	}
	for range 100 { // cleanups run beside the collector
		if pages()-before <= most {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if more := pages() - before; more > most {
		t.Errorf("%d pages more are in memory than before", more)
	}
	m := new(Memory)
	use(m)
	full := pages()
	m.Free()
	if free := pages(); full-free < 12<<20/os.Getpagesize() || m.Bytes() != 0 {
		t.Errorf("%d bytes and %d pages are left of %d", m.Bytes(), free, full)
	}
	use(m)
}
