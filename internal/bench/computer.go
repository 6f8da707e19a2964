package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"gatehouse/internal/argon2"
)

// computer is the machine that a run was measured on.
type computer struct {
	Cores     int     `json:"cores"`
	Processor string  `json:"processor,omitempty"`
	Memory    float64 `json:"memory,omitempty"` // GiB
	Go        string  `json:"go"`
	OS        string  `json:"os"`
	Kernel    string  `json:"argon2"` // of Argon2
}

func thisMachine() computer {
	kernel, _ := argon2.Kernel()
	m := computer{Cores: runtime.NumCPU(), Go: runtime.Version(), OS: runtime.GOOS + "/" + runtime.GOARCH, Kernel: kernel}
	m.Processor = lineOf("/proc/cpuinfo", "model name")
	kib, _ := strconv.ParseFloat(strings.TrimSuffix(lineOf("/proc/meminfo", "MemTotal"), " kB"), 64)
	m.Memory = kib / (1 << 20)
	return m
}

// String is the machine in one line.
func (m computer) String() string {
	text := fmt.Sprintf("%d cores, %s, %s, Argon2 kernel %s", m.Cores, m.OS, m.Go, m.Kernel)
	if m.Processor != "" {
		text = m.Processor + ", " + text
	}
	if m.Memory > 0 {
		text += fmt.Sprintf(", %.0f GiB", m.Memory)
	}
	return text
}

// lineOf is a line in a file of /proc; empty if there is none.
func lineOf(path, name string) string {
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
