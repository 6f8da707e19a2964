// Conformance writes docs/conformance.md: each row of the OpenID profiles, of the
// specifications of OAuth and of WebAuthn, with the tests that are named after it, as they stand in the
// source; and each row of SP 800-63B-4, with the tests that its table names, which have to exist. A row
// without a test shows as such.
//
//	go generate ./internal/conformance
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

//go:generate go run .

func main() {
	text, err := document("../..")
	if err == nil {
		err = os.WriteFile("../../docs/conformance.md", text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// places are the folders whose tests count.
var places = []string{".", "internal/passkey", "internal/signin", "internal/sso", "internal/journeys", "internal/web", "internal/web/openid"}

// document is the table, for the module in a folder.
func document(module string) ([]byte, error) {
	tests, err := named(module)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(`# Conformance

What the OpenID Foundation's profiles, the specifications of OAuth, WebAuthn and NIST SP 800-63B-4 ask, and the tests that show it. ` +
		"`go generate ./internal/conformance`" + ` makes this file from the tests.

`)
	for _, g := range append(slices.Clone(groups), passkeyRows) {
		fmt.Fprintf(&b, "## %s\n\n| row | asks | standing | test |\n|---|---|---|---|\n", g.title)
		for _, r := range g.rows {
			standing, list := "tested", tests[r.id]
			switch {
			case r.not != "":
				standing = r.not
			case len(list) == 0:
				standing = "not yet"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.id, r.asks, standing, strings.Join(list, ", "))
		}
		b.WriteString("\n")
	}
	if err := writeNIST(&b, module); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// named are the tests of each row: those with a text that begins with the row's name, which
// several rows can have in common, as in "OIDC-G05, OIDC-G06: what it is about".
func named(module string) (map[string][]string, error) {
	known, tests := map[string]bool{}, map[string][]string{}
	for _, g := range append(slices.Clone(groups), passkeyRows) {
		for _, r := range g.rows {
			known[r.id] = true
		}
	}
	for _, place := range places {
		files, err := filepath.Glob(filepath.Join(module, place, "*_test.go"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				return nil, err
			}
			for _, d := range tree.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && strings.HasPrefix(f.Name.Name, "Test") {
					collect(f, known, tests)
				}
			}
		}
	}
	for id := range tests {
		slices.Sort(tests[id])
		tests[id] = slices.Compact(tests[id])
	}
	return tests, nil
}

// collect adds a test to the rows that texts in it are named after.
func collect(f *ast.FuncDecl, known map[string]bool, tests map[string][]string) {
	ast.Inspect(f, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(lit.Value)
		if err != nil {
			return true
		}
		ids, _, _ := strings.Cut(text, ": ")
		for id := range strings.SplitSeq(ids, ", ") {
			if known[id] {
				tests[id] = append(tests[id], f.Name.Name)
			}
		}
		return true
	})
}
