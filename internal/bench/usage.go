package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// What processes take, according to Linux. Elsewhere everything here is zero, and what
// depends on it is left out.

// tick is the unit in which Linux counts a process's time.
const tick = 10 * time.Millisecond

// processor is the processor time taken.
type processor struct {
	server, database, own time.Duration
	kernel                time.Duration // of the server's time, the part in the kernel
	hash                  time.Duration // of the server's time, the hashes' part, by their threads' clocks
	busy, all             time.Duration // of the whole machine
}

func (p processor) minus(q processor) processor {
	return processor{p.server - q.server, p.database - q.database, p.own - q.own, p.kernel - q.kernel, p.hash - q.hash, p.busy - q.busy, p.all - q.all}
}

func (p processor) plus(q processor) processor {
	return processor{p.server + q.server, p.database + q.database, p.own + q.own, p.kernel + q.kernel, p.hash + q.hash, p.busy + q.busy, p.all + q.all}
}

// measured is what the measured processes took.
func (p processor) measured() time.Duration { return p.server + p.database + p.own }

// others is the share of the machine that all other processes took.
func (p processor) others() float64 {
	if p.all <= 0 {
		return 0
	}
	return max(0, float64(p.busy-p.measured())/float64(p.all))
}

// disturbing is the share of the machine beyond which a measurement says more about
// other programs than about the server.
const disturbing = 0.08

// quietly measures until it has as many rounds as wanted during which others left the
// machine alone, or has tried half as often again. It returns those or, if they are too
// few, all, which are then disturbed.
func quietly[T any](ctx context.Context, want int, measure func() (T, processor, error)) (rounds []T, disturbed bool, err error) {
	var quiet, all []T
	for len(quiet) < want && len(all) < mostTries(want) {
		round, spent, err := measure()
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, false, err
		}
		all = append(all, round)
		if spent.others() <= disturbing {
			quiet = append(quiet, round)
		}
	}
	if 2*len(quiet) < want {
		return all, true, nil
	}
	return quiet, false, nil
}

// mostTries is the maximum number of rounds to measure for this many undisturbed ones.
func mostTries(want int) int { return want + want/2 }

// processorTime reads what this process, a server and its database have taken so far.
func processorTime(s *server) processor {
	p := machineTime()
	p.own = stat(os.Getpid()).time
	if s != nil {
		taken := stat(s.cmd.Process.Pid)
		p.server, p.kernel = taken.time, taken.kernel
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
	return p
}

// processStat is a line of /proc/PID/stat.
type processStat struct {
	parent int
	time   time.Duration // of the process
	kernel time.Duration // of that, in the kernel
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
	s.kernel = ticks(12)
	s.time = ticks(11) + s.kernel
	s.tree = s.time + ticks(13) + ticks(14)
	return s
}

// processorTime is what a PostgreSQL server has taken with all its processes.
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
