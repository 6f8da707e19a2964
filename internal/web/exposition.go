package web

import (
	"bytes"
	"cmp"
	"math"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The text format of metrics that Prometheus and others read, version 0.0.4. A library for it
// would be a fifteenth of the program.

// exposition is a page of metrics.
type exposition struct{ bytes.Buffer }

// about begins a metric. kind is counter, gauge or histogram.
func (e *exposition) about(name, kind, help string) {
	e.WriteString("# HELP " + name + " " + help + "\n# TYPE " + name + " " + kind + "\n")
}

// value writes a metric that has one value.
func (e *exposition) value(name, kind, help string, v float64) {
	e.about(name, kind, help)
	e.sample(name, "", v)
}

// sample writes a value, for labels as labelled writes them.
func (e *exposition) sample(name, labels string, v float64) {
	if labels != "" {
		labels = "{" + labels + "}"
	}
	text := strconv.FormatFloat(v, 'g', -1, 64)
	if math.IsInf(v, 1) {
		text = "+Inf"
	}
	e.WriteString(name + labels + " " + text + "\n")
}

var quotedLabel = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// labelled writes labels. Their names are in alphabetical order.
func labelled(names, values []string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(name + `="` + quotedLabel.Replace(values[i]) + `"`)
	}
	return b.String()
}

// series are the values of one metric, by labels.
type series[V any] struct {
	names []string
	all   sync.Map // [3]string, the values of the labels -> *V
}

// of is the value for these values of the labels.
func (s *series[V]) of(values ...string) *V {
	var key [3]string
	copy(key[:], values)
	v, known := s.all.Load(key)
	if !known {
		v, _ = s.all.LoadOrStore(key, new(V))
	}
	return v.(*V)
}

// sorted calls do for every value, in the order of the labels.
func (s *series[V]) sorted(do func(labels string, v *V)) {
	type line struct {
		labels string
		v      *V
	}
	var lines []line
	s.all.Range(func(key, v any) bool {
		values := key.([3]string)
		lines = append(lines, line{labelled(s.names, values[:]), v.(*V)})
		return true
	})
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.labels, b.labels) })
	for _, l := range lines {
		do(l.labels, l.v)
	}
}

// counter counts, by labels.
type counter struct{ series[atomic.Int64] }

func counting(labels ...string) *counter { return &counter{series[atomic.Int64]{names: labels}} }

func (c *counter) writeTo(e *exposition, name, help string) {
	e.about(name, "counter", help)
	c.sorted(func(labels string, n *atomic.Int64) { e.sample(name, labels, float64(n.Load())) })
}

// upTo are the upper bounds of the buckets of timings, in seconds.
var upTo = [...]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// timing is how long things took.
type timing struct {
	buckets [len(upTo) + 1]atomic.Int64 // the last has what took longer
	total   atomic.Int64                // nanoseconds
}

func (t *timing) took(d time.Duration) {
	t.buckets[bucketOf(d.Seconds())].Add(1)
	t.total.Add(int64(d))
}

// bucketOf is the bucket for a number of seconds.
func bucketOf(seconds float64) int {
	at, _ := slices.BinarySearch(upTo[:], seconds) // a bucket includes its bound
	return at
}

// timings are how long things took, by labels.
type timings struct{ series[timing] }

func (t *timings) writeTo(e *exposition, name, help string) {
	e.about(name, "histogram", help)
	t.sorted(func(labels string, of *timing) {
		var count int64
		for i := range of.buckets {
			bound := "+Inf"
			if i < len(upTo) {
				bound = strconv.FormatFloat(upTo[i], 'g', -1, 64)
			}
			count += of.buckets[i].Load()
			e.sample(name+"_bucket", `le="`+bound+`",`+labels, float64(count))
		}
		e.sample(name+"_sum", labels, time.Duration(of.total.Load()).Seconds())
		e.sample(name+"_count", labels, float64(count))
	})
}

// process writes what is known of the process, which began about then, and of its runtime. Linux
// tells more than others.
func (e *exposition) process(begun time.Time) {
	all := []metrics.Sample{{Name: "/sched/goroutines:goroutines"}, {Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/total:bytes"}, {Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(all)
	number := func(i int) float64 { return float64(all[i].Value.Uint64()) }
	e.about("go_info", "gauge", "The version of Go; always 1.")
	e.sample("go_info", labelled([]string{"version"}, []string{runtime.Version()}), 1)
	e.value("go_goroutines", "gauge", "Goroutines that exist.", number(0))
	e.value("go_memstats_alloc_bytes", "gauge", "Memory of objects on the heap.", number(1))
	e.value("go_memstats_sys_bytes", "gauge", "Memory obtained from the system.", number(2))
	e.value("go_memstats_alloc_bytes_total", "counter", "Memory that was allocated, also what is free again.", number(3))
	e.value("go_gc_cycles_total", "counter", "Completed garbage collections.", number(4))
	e.value("process_start_time_seconds", "gauge", "When the process began, in seconds since 1970.", float64(begun.UnixMilli())/1000)
	if cpu, resident, ok := readStat(); ok {
		e.value("process_cpu_seconds_total", "counter", "Processor time, in user space and in the kernel.", cpu)
		e.value("process_resident_memory_bytes", "gauge", "Memory that is resident.", resident)
	}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		e.value("process_open_fds", "gauge", "Open files and connections.", float64(len(open)))
	}
	if most, ok := mostFiles(); ok {
		e.value("process_max_fds", "gauge", "How many may be open.", most)
	}
}

// readStat reads the processor time in seconds, and the resident memory in bytes.
func readStat() (cpu, resident float64, ok bool) {
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0, 0, false
	}
	after := text[bytes.LastIndexByte(text, ')')+1:] // the name may have blanks
	fields := strings.Fields(string(after))
	if len(fields) < 22 {
		return 0, 0, false
	}
	field := func(i int) float64 { v, _ := strconv.ParseFloat(fields[i], 64); return v }
	const ticks = 100 // a second, on every Linux
	return (field(11) + field(12)) / ticks, field(21) * float64(os.Getpagesize()), true
}

// mostFiles is how many files the process may have open.
func mostFiles() (float64, bool) {
	text, err := os.ReadFile("/proc/self/limits")
	if err != nil {
		return 0, false
	}
	_, rest, found := strings.Cut(string(text), "Max open files")
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return 0, false
	}
	most, err := strconv.ParseFloat(fields[0], 64)
	return most, err == nil
}
