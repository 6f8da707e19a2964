package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// profiles are what a server built for profiling writes, and how much of each the summary
// shows.
var profiles = []struct {
	name, what string
	args       []string
}{
	{"cpu", "Processor time, by the function that spent it", []string{"-nodecount=16"}},
	{"cpu", "Processor time, by the function and all that it called", []string{"-nodecount=22", "-cum", "-focus=gatehouse"}},
	{"allocs", "Memory allocated since the start, by the function and all that it called", []string{"-nodecount=18", "-sample_index=alloc_space", "-cum"}},
	{"mutex", "Time that goroutines waited for locks", []string{"-nodecount=10"}},
}

// summarise writes one page about the profiles in a folder.
func (b *bench) summarise(ctx context.Context, dir string) error {
	if dir == "" {
		return nil
	}
	var page strings.Builder
	fmt.Fprintf(&page, "Profiles of a server, group %s, %s\n%s\n", b.group, time.Now().UTC().Format("2006-01-02 15:04 MST"), b.report.Machine)
	for _, f := range b.report.Figures {
		fmt.Fprintf(&page, "  %s: %s\n", f.Name, f.number(f.Value))
	}
	fmt.Fprintf(&page, "Look closer with: go tool pprof -http=: %s\n", filepath.Join(dir, "cpu.pprof"))
	for _, p := range profiles {
		args := append([]string{"tool", "pprof", "-top"}, p.args...)
		text, err := exec.CommandContext(ctx, "go", append(args, filepath.Join(dir, p.name+".pprof"))...).Output()
		if err != nil {
			return fmt.Errorf("go tool pprof: %w", err)
		}
		fmt.Fprintf(&page, "\n%s\n%s", p.what, text)
	}
	path := filepath.Join(dir, "summary.txt")
	fmt.Fprintln(os.Stderr, "  profiles and a summary:", path)
	return os.WriteFile(path, []byte(page.String()), 0o644)
}
