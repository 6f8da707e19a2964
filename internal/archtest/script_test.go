package archtest

import (
	"go/ast"
	"os"
	"path"
	"regexp"
	"testing"
)

// scripts/test.sh leaves its walks out wherever the race detector runs, and runs them without it in
// the packages that it names: in any other package, a test with such a name would never run.
func TestNoTestIsLeftOut(t *testing.T) {
	script, err := os.ReadFile("../../scripts/test.sh")
	if err != nil {
		t.Fatal(err)
	}
	named := func(list string) map[string]bool {
		found := map[string]bool{}
		for _, m := range regexp.MustCompile(`(?m)^`+list+`\+?=["']([^"']*)["']`).FindAllStringSubmatch(string(script), -1) {
			for _, one := range regexp.MustCompile(`[\w/]+`).FindAllString(m[1], -1) {
				found[one] = true
			}
		}
		if len(found) == 0 {
			t.Fatalf("the script has no %s", list)
		}
		return found
	}
	walks, walked, plain := named("(?:walks|steps)"), named("walked"), named("plain")
	there := map[string]bool{}
	for _, f := range module(t) {
		if !f.test {
			continue
		}
		folder := path.Join("gatehouse", path.Dir(f.path))
		for _, d := range f.tree.Decls {
			fn, is := d.(*ast.FuncDecl)
			if !is || fn.Recv != nil || !walks[fn.Name.Name] {
				continue
			}
			if there[fn.Name.Name] = there[fn.Name.Name] || walked[folder]; !walked[folder] && !plain[folder] {
				t.Errorf("%s: %s is left out by scripts/test.sh: name it differently, or its package in walked", f.path, fn.Name.Name)
			}
		}
	}
	for name := range walks {
		if !there[name] {
			t.Errorf("scripts/test.sh names %s, which no package of walked has", name)
		}
	}
}
