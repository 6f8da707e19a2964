package web

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// What is counted is written as Prometheus reads it: labels in order and quoted, buckets that
// include those before them.
func TestMetricsAreWrittenInTheirFormat(t *testing.T) {
	var e exposition
	c := counting("result")
	c.of("wrong").Add(2)
	c.of("a \"b\"\\\n").Add(1)
	c.writeTo(&e, "tries_total", "Tries.")
	all := timings{series[timing]{names: []string{"method", "route", "status"}}}
	for _, d := range []time.Duration{time.Millisecond, time.Millisecond + 1, 40 * time.Millisecond, time.Minute} {
		all.of("GET", "GET /", "200").took(d)
	}
	all.writeTo(&e, "request_seconds", "Requests.")
	want := `# HELP tries_total Tries.
# TYPE tries_total counter
tries_total{result="a \"b\"\\\n"} 1
tries_total{result="wrong"} 2
# HELP request_seconds Requests.
# TYPE request_seconds histogram
`
	for i, count := range []string{"1", "2", "2", "2", "2", "3", "3", "3", "3", "3", "3", "3", "3", "4"} {
		bound := append(strings.Fields("0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10"), "+Inf")[i]
		want += `request_seconds_bucket{le="` + bound + `",method="GET",route="GET /",status="200"} ` + count + "\n"
	}
	want += `request_seconds_sum{method="GET",route="GET /",status="200"} 60.042000001` + "\n" +
		`request_seconds_count{method="GET",route="GET /",status="200"} 4` + "\n"
	if got := e.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The process tells what those who run it watch.
func TestMetricsOfTheProcess(t *testing.T) {
	var e exposition
	e.process(time.Now())
	for _, name := range []string{"go_goroutines", "go_memstats_alloc_bytes", "process_start_time_seconds", "process_cpu_seconds_total",
		"process_resident_memory_bytes", "process_open_fds", "process_max_fds"} {
		if strings.HasPrefix(name, "process_") && name != "process_start_time_seconds" && runtime.GOOS != "linux" {
			continue
		}
		_, rest, found := strings.Cut(e.String(), "\n"+name+" ")
		value, _, _ := strings.Cut(rest, "\n")
		young := value == "0" && name == "process_cpu_seconds_total" // it is counted in hundredths
		if !found || value == "0" && !young || value == "NaN" {
			t.Errorf("%s is %q", name, value)
		}
	}
}
