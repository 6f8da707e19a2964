package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// unmapProgram makes the system forget which pages of the program this process has used: most
// of them were for startup. They stay in the system's cache of the file as long as it likes,
// and those that are needed again are mapped at the next use. Only pages of the file that were
// never written to are touched.
func unmapProgram() {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return
	}
	for _, m := range unwritten(string(smaps), program) {
		syscall.Syscall(syscall.SYS_MADVISE, m.from, m.to-m.from, syscall.MADV_DONTNEED) //nolint:errcheck // if it is refused, nothing changes
	}
}

// mapping is a part of the address space.
type mapping struct{ from, to uintptr }

// unwritten are the mappings of a file, as /proc/PID/smaps lists them, that cannot be written to
// and have no page that ever was.
func unwritten(smaps, file string) (all []mapping) {
	var m mapping
	for line := range strings.Lines(smaps) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if from, to, ok := strings.Cut(f[0], "-"); ok { // the first line of a mapping
			first, _ := strconv.ParseUint(from, 16, 64)
			end, _ := strconv.ParseUint(to, 16, 64)
			m = mapping{}
			if len(f) == 6 && f[5] == file && !strings.Contains(f[1], "w") && strings.HasSuffix(f[1], "p") {
				m = mapping{uintptr(first), uintptr(end)}
			}
		}
		if f[0] == "Anonymous:" && f[1] == "0" && m.to > m.from {
			all = append(all, m)
			m = mapping{}
		}
	}
	return all
}
