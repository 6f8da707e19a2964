package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// table says for every room what it may import.
type table map[string]string

// imports returns what a room may import, and whether it is in the table.
func (t table) imports(room string) ([]string, bool) {
	for line, imports := range t {
		if isOneOf(room, line) {
			return strings.Fields(imports), true
		}
	}
	return nil, false
}

// longName turns a name in the table's second column into one of the first.
func longName(name string) string {
	if name == "gatehouse" || strings.HasPrefix(name, "cmd/") || strings.HasPrefix(name, "examples/") {
		return name
	}
	return "internal/" + name
}

// isOneOf reports whether a package is in a space-separated list, in which "a/..."
// covers a and everything below it.
func isOneOf(pkg, list string) bool {
	for _, name := range strings.Fields(list) {
		tree, all := strings.CutSuffix(name, "/...")
		if pkg == name || all && (pkg == tree || strings.HasPrefix(pkg, tree+"/")) {
			return true
		}
	}
	return false
}

// file is one Go file of the module.
type file struct {
	path  string // from the module's root, with slashes
	room  string // its package, by its name in the table
	test  bool
	lines int
	set   *token.FileSet
	tree  *ast.File
}

// at names a place in the file.
func (f file) at(pos token.Pos) string {
	return fmt.Sprintf("%s:%d", f.path, f.set.Position(pos).Line)
}

// own returns the module's own package that an import names, as in the table.
func own(importPath string) (string, bool) {
	if importPath == "gatehouse" {
		return importPath, true
	}
	return strings.CutPrefix(importPath, "gatehouse/")
}

// isIn reports whether the file is in a list of rooms and of single files.
func (f file) isIn(where string) bool { return isOneOf(f.room, where) || isOneOf(f.path, where) }

func parse(path string, text []byte) (file, error) {
	f := file{path: path, room: pathRoom(path), test: strings.HasSuffix(path, "_test.go"), set: token.NewFileSet()}
	f.lines = strings.Count(string(text), "\n")
	var err error
	f.tree, err = parser.ParseFile(f.set, path, text, parser.ParseComments|parser.SkipObjectResolution)
	return f, err
}

func pathRoom(p string) string {
	if dir := path.Dir(p); dir != "." {
		return dir
	}
	return "gatehouse"
}

// source makes a file of the module from a few lines.
func source(t *testing.T, path, text string) file {
	t.Helper()
	f, err := parse(path, []byte("package x\n"+text+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// module returns all Go files of the module, for all operating systems.
func module(t *testing.T) []file {
	t.Helper()
	files, err := readModule()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var readModule = sync.OnceValues(func() ([]file, error) {
	root := filepath.Join("..", "..")
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		return nil, err
	}
	var files []file
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if base := entry.Name(); name != root && (base == "testdata" || base == "vendor" || base == "node_modules" || strings.IndexAny(base, "._") == 0) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		f, err := parse(filepath.ToSlash(rel), text)
		files = append(files, f)
		return err
	})
	if err == nil && len(files) < 2 {
		err = fmt.Errorf("only %d Go files found", len(files))
	}
	return files, err
})

// imported is one import of a file.
type imported struct {
	path, name string // name: as the file calls it
	at         string
}

func importsOf(f file) []imported {
	var all []imported
	for _, spec := range f.tree.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			panic(err) // the parser has read it
		}
		name := path.Base(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		all = append(all, imported{p, name, f.at(spec.Pos())})
	}
	return all
}

func checkImports(f file) []string {
	may, known := rooms.imports(f.room)
	if !known {
		return []string{fmt.Sprintf("%s: package %s is not in the table: a new package is a decision", f.path, f.room)}
	}
	if f.test || slices.Contains(may, "all") {
		return nil
	}
	var bad []string
	for _, i := range importsOf(f) {
		name, ours := own(i.path)
		if ours && !slices.ContainsFunc(may, func(m string) bool { return longName(m) == name }) {
			bad = append(bad, fmt.Sprintf("%s: %s may not import %s", i.at, f.room, name))
		}
	}
	return bad
}

// checkTestsOnly keeps code out of the packages that are for tests.
func checkTestsOnly(f file) []string {
	may, _ := rooms.imports(f.room)
	if f.test || !slices.Contains(may, "tests") || path.Base(f.path) == "doc.go" && len(f.tree.Decls) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s: %s is for tests only, with a comment in doc.go", f.path, f.room)}
}

func checkRoot(f file) []string {
	if f.room != "gatehouse" || f.test {
		return nil
	}
	var bad []string
	for _, i := range importsOf(f) {
		host, _, _ := strings.Cut(i.path, "/")
		if standard := !strings.Contains(host, "."); standard && slices.Contains(rootStandard, i.path) || !standard && !slices.Contains(rootOthers, i.path) {
			bad = append(bad, fmt.Sprintf("%s: the rules may not import %s", i.at, i.path))
		}
	}
	return bad
}

func checkKeptImports(f file) []string {
	if f.test {
		return nil
	}
	var bad []string
	for _, i := range importsOf(f) {
		for _, kept := range keptImports {
			if isOneOf(i.path, kept.path) && !f.isIn(kept.where) {
				bad = append(bad, fmt.Sprintf("%s: %s may not import %s: %s", i.at, f.room, i.path, kept.why))
			}
		}
	}
	return bad
}

func checkKeptCalls(f file) []string {
	if f.test {
		return nil
	}
	var bad []string
	for _, kept := range keptCalls {
		if f.isIn(kept.where) {
			continue
		}
		for _, i := range importsOf(f) {
			if i.path != kept.path {
				continue
			}
			if i.name == "." {
				bad = append(bad, fmt.Sprintf("%s: a dot import hides what is used of %s", i.at, i.path))
			}
			for _, use := range uses(f, i.name, strings.Fields(kept.names), kept.calls) {
				bad = append(bad, fmt.Sprintf("%s: %s may not use %s.%s: %s", f.at(use.Pos()), f.room, i.path, use.Sel.Name, kept.why))
			}
		}
	}
	return bad
}

func checkKeptMethods(f file) []string {
	if f.test {
		return nil
	}
	var bad []string
	for _, kept := range keptMethods {
		if f.isIn(kept.where + " internal/testkit/...") {
			continue
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains(strings.Fields(kept.names), s.Sel.Name) {
				bad = append(bad, fmt.Sprintf("%s: %s may not use %s: %s", f.at(s.Pos()), f.room, s.Sel.Name, kept.why))
			}
			return true
		})
	}
	return bad
}

// uses finds where names of an imported package are mentioned, or only where they
// are called or converted to.
func uses(f file, pkg string, names []string, calls bool) []*ast.SelectorExpr {
	var found []*ast.SelectorExpr
	ast.Inspect(f.tree, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if calls {
			call, isCall := n.(*ast.CallExpr)
			if !isCall {
				return true
			}
			e, ok = ast.Unparen(call.Fun), true
		}
		if !ok {
			return true
		}
		if s, ok := e.(*ast.SelectorExpr); ok && slices.Contains(names, s.Sel.Name) {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == pkg {
				found = append(found, s)
			}
		}
		return true
	})
	return found
}

// statement is how SQL begins in this code base: with a verb in capitals.
var statement = regexp.MustCompile(`^\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|(CREATE|DROP|ALTER)\s+(TABLE|INDEX)\s)`)

func checkSQL(f file) []string {
	if f.test || isOneOf(f.room, "internal/store cmd/gatehouse internal/testkit/...") {
		return nil
	}
	var bad []string
	ast.Inspect(f.tree, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		if text, err := strconv.Unquote(lit.Value); err == nil && statement.MatchString(text) {
			bad = append(bad, fmt.Sprintf("%s: SQL outside internal/store", f.at(lit.Pos())))
		}
		return true
	})
	return bad
}

func checkNames(f file) []string {
	for _, name := range []string{path.Base(f.room), strings.TrimSuffix(f.tree.Name.Name, "_test")} {
		if slices.Contains(drawers, name) {
			return []string{fmt.Sprintf("%s: a package called %s says nothing about what is in it", f.path, name)}
		}
	}
	return nil
}

func checkLengths(f file) []string {
	var bad []string
	if f.lines > mostLinesOfAFile {
		bad = append(bad, fmt.Sprintf("%s has %d lines, %d are enough", f.path, f.lines, mostLinesOfAFile))
	}
	if f.test { // a table of cases may be as long as it has to be
		return bad
	}
	for _, d := range f.tree.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if n := f.set.Position(fn.End()).Line - f.set.Position(fn.Pos()).Line + 1; n > mostLinesOfAFunction {
			bad = append(bad, fmt.Sprintf("%s: %s has %d lines, %d are enough", f.at(fn.Pos()), fn.Name.Name, n, mostLinesOfAFunction))
		}
	}
	return bad
}

// checkContracts requires one file of each package, except for tests, to open with a
// comment. A package of tests alone has its contract there.
func checkContracts(files []file) []string {
	said, code := map[string]bool{}, map[string]bool{}
	for _, f := range files {
		code[f.room] = code[f.room] || !f.test
	}
	for _, f := range files {
		if doc := f.tree.Doc; doc != nil && f.test != code[f.room] && strings.HasPrefix(doc.List[0].Text, "//") {
			said[f.room] = true
		}
	}
	var bad []string
	for room := range code {
		if !said[room] {
			bad = append(bad, fmt.Sprintf("package %s does not say what it is: begin one of its files with a // comment", room))
		}
	}
	slices.Sort(bad)
	return bad
}
