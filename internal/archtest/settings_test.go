package archtest

import (
	"go/ast"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The tables of settings have a row for each setting, by its whole path, and no other row.
func TestSettingsAreWhatTheDocumentHas(t *testing.T) {
	code := append(settingsBelow(t, "cmd/gatehouse", "Config"), settingsBelow(t, "internal/site", "settings")...)
	same(t, "setting", "configuration.md", code, settingsOfDocument(t))
}

// settingsBelow are the paths of all settings in a file: those of the struct with this
// name, and of the structs in it.
func settingsBelow(t *testing.T, room, name string) []string {
	t.Helper()
	structs := map[string]*ast.StructType{}
	for _, f := range module(t) {
		if f.room == room && !f.test {
			ast.Inspect(f.tree, func(n ast.Node) bool {
				if spec, ok := n.(*ast.TypeSpec); ok {
					if s, ok := spec.Type.(*ast.StructType); ok {
						structs[spec.Name.Name] = s
					}
				}
				return true
			})
		}
	}
	var all []string
	var walk func(prefix string, s *ast.StructType)
	walk = func(prefix string, s *ast.StructType) {
		for _, field := range s.Fields.List {
			key := yamlKey(field)
			if key == "" {
				continue
			}
			if below := structOf(field.Type, structs); below != nil {
				walk(prefix+key+".", below)
			} else {
				all = append(all, prefix+key)
			}
		}
	}
	if structs[name] == nil {
		t.Fatalf("%s has no struct %s", room, name)
	}
	walk("", structs[name])
	return all
}

// yamlKey is a field's key in the file; empty: it has none.
func yamlKey(field *ast.Field) string {
	if field.Tag == nil {
		return ""
	}
	tag, _ := strconv.Unquote(field.Tag.Value)
	key, _, _ := strings.Cut(reflect.StructTag(tag).Get("yaml"), ",")
	return strings.TrimPrefix(key, "-")
}

// structOf is the struct that a type is or points to; nil: it is not one of the
// package's.
func structOf(expr ast.Expr, structs map[string]*ast.StructType) *ast.StructType {
	switch x := expr.(type) {
	case *ast.StarExpr:
		return structOf(x.X, structs)
	case *ast.StructType:
		return x
	case *ast.Ident:
		return structs[x.Name]
	}
	return nil
}

// settingTables are the tables of settings: how their headers begin, the column with the
// setting, and the prefix of its name in the file.
var settingTables = []struct {
	header string
	column int
	prefix string
}{
	{"| key | default |", 1, ""},
	{"| key | classic |", 1, "policy."},
	{"| limit | default | key, bounds |", 3, "limits."},
}

var settingName = regexp.MustCompile("`(\\.?[a-z][a-z0-9_.]*)`")

// settingsOfDocument are the paths in the tables. A group with its own table,
// `policy.…`, is not one.
func settingsOfDocument(t *testing.T) []string {
	t.Helper()
	var all []string
	table := -1
	for _, line := range strings.Split(document(t, "configuration.md"), "\n") {
		if !strings.HasPrefix(line, "|") {
			table = -1
			continue
		}
		for i, s := range settingTables {
			if strings.HasPrefix(line, s.header) {
				table = i
			}
		}
		if table < 0 || strings.HasPrefix(line, settingTables[table].header) {
			continue
		}
		last := ""
		for _, m := range settingName.FindAllStringSubmatch(strings.Split(line, "|")[settingTables[table].column], -1) {
			name := m[1]
			if strings.HasPrefix(name, ".") {
				name = last[:strings.LastIndex(last, ".")] + name
			}
			last = name
			all = append(all, settingTables[table].prefix+name)
		}
	}
	return all
}
