package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// met reports whether the modern profile does what a row asks for.
func (r nistRow) met() bool { return r.standing == "" || strings.HasPrefix(r.standing, "documented: ") }

// counts reports whether a row is about this product at all.
func (r nistRow) counts() bool { return !strings.HasPrefix(r.standing, "outside: ") }

// inClassic says how the classic profile stands.
func (r nistRow) inClassic() string {
	switch {
	case !r.counts() || !r.met():
		return "as modern"
	case r.classic != "":
		return "not met: " + r.classic
	}
	return "met"
}

// inModern says how the modern profile stands.
func (r nistRow) inModern() string {
	if r.standing == "" {
		return "met"
	}
	return r.standing
}

// writeNIST writes the rows of SP 800-63B-4, and how many of them each profile meets. A test that a
// row names and that does not exist is an error.
func writeNIST(b *bytes.Buffer, module string) error {
	there, err := testsOf(module)
	if err != nil {
		return err
	}
	var all, modern, classic int
	var table bytes.Buffer
	for _, g := range nistGroups {
		fmt.Fprintf(&table, "### %s\n\n| row | asks | modern | classic | test |\n|---|---|---|---|---|\n", g.title)
		for _, r := range g.rows {
			tests := strings.Fields(r.tests)
			for _, name := range tests {
				if !there[name] {
					return fmt.Errorf("%s: there is no %s", r.id, name)
				}
			}
			if r.counts() {
				all++
				if r.met() {
					modern++
				}
				if r.inClassic() == "met" {
					classic++
				}
			}
			fmt.Fprintf(&table, "| %s | %s | %s | %s | %s |\n", r.id, r.asks, r.inModern(), r.inClassic(), strings.Join(tests, ", "))
		}
		table.WriteString("\n")
	}
	fmt.Fprintf(b, `## NIST SP 800-63B-4

- The modern profile: %d of %d met.
- The classic profile: %d of %d met. It claims level 1 at most, whatever is met.

Each profile is counted with its defaults; SHALL and SHOULD count alike. Rows outside the product are not counted (%d): what it does not offer, what an operator has to do, and what only allows something. This is our own reading; nobody has certified it. Identity proofing, validated cryptographic modules and level 3 are not covered.

`, modern, all, classic, all, nistRows()-all)
	b.Write(table.Bytes())
	return nil
}

// nistRows is how many rows there are.
func nistRows() (n int) {
	for _, g := range nistGroups {
		n += len(g.rows)
	}
	return n
}

var testFunction = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// testsOf are the names of all tests of a module.
func testsOf(module string) (map[string]bool, error) {
	names := map[string]bool{}
	err := filepath.WalkDir(module, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range testFunction.FindAllSubmatch(text, -1) {
			names[string(found[1])] = true
		}
		return err
	})
	return names, err
}
