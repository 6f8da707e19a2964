package main

import (
	"os"
	"slices"
	"testing"
)

// What was written to, belongs to another file, or may be written, is never given back: it could
// not be read again.
func TestOnlyUnwrittenPagesOfTheProgramAreUnmapped(t *testing.T) {
	const smaps = `00400000-01218000 r-xp 00000000 fe:00 11036094                           /bin/program
Rss:               11744 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
01218000-0218f000 r--p 00e18000 fe:00 11036094                           /bin/program
Anonymous:             4 kB
0218f000-02281000 rw-p 01d8f000 fe:00 11036094                           /bin/program
Anonymous:             0 kB
02300000-02400000 r--p 00000000 fe:00 11036095                           /bin/other
Anonymous:             0 kB
02500000-02600000 r--s 00000000 fe:00 11036094                           /bin/program
Anonymous:             0 kB
389883400000-389884800000 rw-p 00000000 00:00 0 
Anonymous:             0 kB
02700000-02800000 r--p 02000000 fe:00 11036094                           /bin/program
Anonymous:             0 kB
`
	if got, want := unwritten(smaps, "/bin/program"), []mapping{{0x400000, 0x1218000}, {0x2700000, 0x2800000}}; !slices.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

// The process goes on afterwards, and the system finds pages of this program to forget.
func TestTheProgramGoesOnUnmapped(t *testing.T) {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	if len(unwritten(string(smaps), program)) == 0 {
		t.Errorf("no mapping of %s is the file's alone", program)
	}
	unmapProgram()
}
