package archtest

import (
	"flag"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of docs/log.md again")

// logLine is a line that the server can write into its log.
type logLine struct {
	text, level string
	fields      []string
}

// logMethods are the methods that write a line, and where their text is among the arguments.
var logMethods = map[string]struct {
	level string
	text  int
}{
	"Debug": {"DEBUG", 0}, "Info": {"INFO", 0}, "Warn": {"WARN", 0}, "Error": {"ERROR", 0},
	"DebugContext": {"DEBUG", 1}, "InfoContext": {"INFO", 1}, "WarnContext": {"WARN", 1}, "ErrorContext": {"ERROR", 1},
	"Log": {"by outcome", 2}, "LogAttrs": {"by outcome", 2},
}

// logLines are all lines, by text and level, with the fields of all places that write them.
func logLines(t *testing.T) []logLine {
	t.Helper()
	all := map[string]*logLine{}
	for _, f := range module(t) {
		if f.test || f.room != "cmd/gatehouse" && !strings.HasPrefix(f.room, "internal/") ||
			regexp.MustCompile(`^internal/(demo|bench|testkit|archtest|conformance)`).MatchString(f.room) {
			continue
		}
		for _, d := range f.tree.Decls {
			ast.Inspect(d, func(n ast.Node) bool {
				if call, is := n.(*ast.CallExpr); is {
					if line, found := lineOf(call, d); found {
						add(all, line)
					}
				}
				return true
			})
		}
	}
	var sorted []logLine
	for _, key := range slices.Sorted(maps.Keys(all)) {
		sorted = append(sorted, *all[key])
	}
	return sorted
}

func add(all map[string]*logLine, line logLine) {
	known := all[line.text+line.level]
	if known == nil {
		all[line.text+line.level] = &line
		return
	}
	for _, field := range line.fields {
		if !slices.Contains(known.fields, field) {
			known.fields = append(known.fields, field)
		}
	}
}

// lineOf is the line that a call writes, in a declaration.
func lineOf(call *ast.CallExpr, in ast.Decl) (logLine, bool) {
	method, is := call.Fun.(*ast.SelectorExpr)
	if !is {
		return logLine{}, false
	}
	how, known := logMethods[method.Sel.Name]
	if !known || len(call.Args) <= how.text || !isLogger(method.X) {
		return logLine{}, false
	}
	line := logLine{text: textOf(call.Args[how.text]), level: how.level}
	if method.Sel.Name == "LogAttrs" {
		line.fields = attributes(in)
		return line, true
	}
	for i := how.text + 1; i < len(call.Args); i += 2 {
		if key := textOf(call.Args[i]); key != "…" {
			line.fields = append(line.fields, key)
		}
	}
	return line, true
}

// isLogger reports whether an expression is called log or Log, as every logger is.
func isLogger(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name == "log"
	case *ast.SelectorExpr:
		return strings.EqualFold(x.Sel.Name, "log")
	case *ast.CallExpr:
		return isLogger(x.Fun)
	}
	return false
}

// textOf is a text in the code, with … for what is only known later.
func textOf(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(x.Value); err == nil && x.Kind == token.STRING {
			return text
		}
	case *ast.BinaryExpr:
		return strings.ReplaceAll(textOf(x.X)+textOf(x.Y), "……", "…")
	}
	return "…"
}

// attributes are the keys of all slog attributes in a declaration.
func attributes(in ast.Decl) (keys []string) {
	ast.Inspect(in, func(n ast.Node) bool {
		if call, is := n.(*ast.CallExpr); is && len(call.Args) == 2 {
			if of, is := call.Fun.(*ast.SelectorExpr); is {
				if pack, is := of.X.(*ast.Ident); is && pack.Name == "slog" && of.Sel.Name != "LogAttrs" {
					keys = append(keys, textOf(call.Args[0]))
				}
			}
		}
		return true
	})
	return keys
}

const (
	logBegin = "<!-- from the code: go test ./internal/archtest -run TestLogIsDocumented -update -->\n"
	logEnd   = "<!-- end -->\n"
)

// docs/log.md has every line that the server can write, as the code has it, and says what each
// field means.
func TestLogIsDocumented(t *testing.T) {
	lines := logLines(t)
	if len(lines) < 50 {
		t.Fatalf("only %d lines found", len(lines))
	}
	var table strings.Builder
	table.WriteString(logBegin + "| `msg` | level | fields |\n|---|---|---|\n")
	text := document(t, "log.md")
	for _, line := range lines {
		if line.text == "…" {
			line.text = "mail: …`, `text message: …"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", line.text, line.level, "`"+strings.Join(line.fields, "`, `")+"`")
		for _, field := range line.fields {
			if !strings.Contains(text, "\n| `"+field+"` |") {
				t.Errorf("docs/log.md does not say what the field %s of %q means", field, line.text)
			}
		}
	}
	want := strings.ReplaceAll(table.String(), "| `` |", "| |") + logEnd
	before, rest, _ := strings.Cut(text, logBegin)
	is, after, found := strings.Cut(rest, logEnd)
	switch {
	case !found:
		t.Fatal("docs/log.md has no table from the code")
	case *update:
		if err := os.WriteFile("../../docs/log.md", []byte(before+want+after), 0o644); err != nil { //nolint:gosec // a document
			t.Fatal(err)
		}
	case logBegin+is+logEnd != want:
		t.Errorf("docs/log.md is not what the code writes; run: go test ./internal/archtest -run TestLogIsDocumented -update\n%s", want)
	}
}
