package directory_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"gatehouse/internal/directory"
	"gatehouse/internal/testkit"
)

// manyRows is a file of rows with hashes that is generated while it is read, so the benchmark
// measures the import's memory and not the file's.
type manyRows struct {
	rows, at int
	rest     string
}

func (m *manyRows) Seek(int64, int) (int64, error) {
	m.at, m.rest = 0, "account_number,company,username,email,first_name,last_name,password_hash\n"
	return 0, nil
}

func (m *manyRows) Read(p []byte) (int, error) {
	if m.rest == "" {
		if m.at == m.rows {
			return 0, io.EOF
		}
		var b strings.Builder
		for range min(100, m.rows-m.at) {
			fmt.Fprintf(&b, "%d,Company %d,user%07d,user%d@northgate.example,Mira,Santos,%s\n", m.at/50, m.at/50, m.at, m.at, sommer)
			m.at++
		}
		m.rest = b.String()
	}
	n := copy(p, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

// BenchmarkImport imports rows with hashes. MB is the peak of live heap memory.
func BenchmarkImport(b *testing.B) {
	for _, rows := range []int{10_000, 100_000} {
		for name, url := range map[string]func(testing.TB) string{"sqlite": testkit.SQLiteURL, "postgres": testkit.PostgresURL} {
			b.Run(fmt.Sprintf("%s/%d", name, rows), func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					h := newHouse(b, url(b))
					b.StartTimer()
					importMany(b, h, rows)
				}
			})
		}
	}
}

func importMany(b *testing.B, h *house, rows int) {
	var live uint64
	watch := func(_ directory.ImportStage, done int) {
		if done%10_000 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			live = max(live, m.HeapAlloc)
		}
	}
	r, err := h.Import(b.Context(), h.uk, operator, &manyRows{rows: rows}, directory.ImportOptions{Progress: watch})
	if err != nil || r.Created != rows {
		b.Fatalf("%+v, %v", r, err)
	}
	b.ReportMetric(float64(live)/1e6, "MB")
}
