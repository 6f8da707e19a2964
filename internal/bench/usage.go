package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// What processes take, as Linux tells it. Elsewhere everything here is zero, and
// what depends on it is left out.

// tick is the unit in which Linux counts a process's time.
const tick = 10 * time.Millisecond

// processor is what has been taken of the processors' time.
type processor struct {
	server, database, own time.Duration
	busy, all             time.Duration // of the whole machine
}

func (p processor) minus(q processor) processor {
	return processor{p.server - q.server, p.database - q.database, p.own - q.own, p.busy - q.busy, p.all - q.all}
}

func (p processor) plus(q processor) processor {
	return processor{p.server + q.server, p.database + q.database, p.own + q.own, p.busy + q.busy, p.all + q.all}
}

// measured is what was taken by the processes that are measured.
func (p processor) measured() time.Duration { return p.server + p.database + p.own }

// processorTime reads what this process, a server and its database have taken so far.
func processorTime(s *server) processor {
	p := machineTime()
	p.own = stat(os.Getpid()).time
	if s != nil {
		p.server = stat(s.cmd.Process.Pid).time
		p.database = s.db.processorTime()
	}
	return p
}

// machineTime is processorTime of the whole machine.
func machineTime() (p processor) {
	text, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(line) {
		n, err := strconv.Atoi(field)
		if err != nil || i > 8 { // the name, and what is counted twice
			continue
		}
		p.all += time.Duration(n) * tick
		if i != 4 && i != 5 { // idle, waiting for the disk
			p.busy += time.Duration(n) * tick
		}
	}
	p.own = stat(os.Getpid()).tree
	return p
}

// stolen remembers the share that programs took that are not children of this one.
// A child is counted when it has ended, which those of a group have by then; only
// the database lives on.
func (r *report) stolen(before, after processor) {
	d := after.minus(before)
	if d.all > 0 {
		r.Others = max(r.Others, float64(d.busy-d.own)/float64(d.all))
	}
}

// processStat is a line of /proc/PID/stat.
type processStat struct {
	parent int
	time   time.Duration // of the process
	tree   time.Duration // and of its children that have ended
}

func stat(pid int) (s processStat) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return s
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	f := strings.Fields(rest)
	if len(f) < 15 {
		return s
	}
	ticks := func(i int) time.Duration {
		n, _ := strconv.Atoi(f[i])
		return time.Duration(n) * tick
	}
	s.parent, _ = strconv.Atoi(f[1])
	s.time = ticks(11) + ticks(12)
	s.tree = s.time + ticks(13) + ticks(14)
	return s
}

// processorTime is what a server of PostgreSQL has taken with all its processes.
func (d *database) processorTime() time.Duration {
	if d.cluster == nil {
		return 0
	}
	text, _ := os.ReadFile(filepath.Join(filepath.Dir(d.cluster.Log()), "data", "postmaster.pid"))
	line, _, _ := strings.Cut(string(text), "\n")
	postmaster, err := strconv.Atoi(line)
	if err != nil {
		return 0
	}
	sum := stat(postmaster).tree
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range processes {
		pid, _ := strconv.Atoi(filepath.Base(p))
		if s := stat(pid); s.parent == postmaster {
			sum += s.time
		}
	}
	return sum
}

// memory reads a line of /proc/PID/status, such as VmRSS, in MiB.
func memory(pid int, line string) float64 {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	_, rest, _ := strings.Cut(string(text), "\n"+line+":")
	f := strings.Fields(rest)
	if len(f) == 0 {
		return 0
	}
	n, _ := strconv.ParseFloat(f[0], 64)
	return n / 1024
}
