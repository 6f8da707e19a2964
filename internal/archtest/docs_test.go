package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// found are the first groups of all matches in the files of a pattern, each once.
func found(t *testing.T, files string, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("../..", files))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files %s: %v", files, err)
	}
	var all []string
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			if !slices.Contains(all, m[1]) {
				all = append(all, m[1])
			}
		}
	}
	if len(all) == 0 {
		t.Fatalf("nothing in %s is like %s", files, pattern)
	}
	return all
}

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The tables of the documents have every mail, job, room, table, command and setting in
// the code. (Only readers can tell that they have no more, except for the rooms and the
// mails.)
func TestDocumentsNameWhatIsThere(t *testing.T) {
	for _, c := range []struct {
		what, document, files, pattern string
		// row is how the document lists an item, with the item for %.
		row string
	}{
		{"mail", "mail.md", "internal/mail/*.go", `\) Kind\(\) string\s+\{ return "([a-z-]+)" \}`, "`%`"},
		{"job", "operations.md", "internal/jobs/*.go", `Job\{Name: "([a-z ]+)"`, "| `%` |"},
		{"table", "architecture.md", "internal/store/migrations/*.sql", `CREATE TABLE (\w+)`, "`%`"},
		{"setting", "configuration.md", "cmd/gatehouse/config.go", `yaml:"([a-z_]+)[",]`, "%"},
		{"setting of a site", "configuration.md", "internal/site/settings.go", `yaml:"([a-z_]+)[",]`, "%"},
		{"event", "operations.md", "event.go", `= "([a-z_]+)\.[a-z_]+"`, "%."},
	} {
		text := document(t, c.document)
		things := found(t, c.files, c.pattern)
		if c.what == "table" { // by its current name
			things = slices.DeleteFunc(things, func(name string) bool { return slices.Contains(found(t, c.files, `ALTER TABLE (\w+) RENAME TO`), name) })
			things = append(things, found(t, c.files, `ALTER TABLE \w+ RENAME TO (\w+)`)...)
		}
		for _, thing := range things {
			if !strings.Contains(text, strings.ReplaceAll(c.row, "%", thing)) {
				t.Errorf("docs/%s lacks the %s %s", c.document, c.what, thing)
			}
		}
	}
	operations := strings.ToLower(document(t, "operations.md"))
	for _, command := range found(t, "cmd/gatehouse/main.go", "(?m)^\t([A-Z][a-z]+) +\\w+Cmd +`cmd") {
		if !strings.Contains(operations, "gatehouse "+strings.ToLower(command)) && !strings.Contains(operations, "`"+strings.ToLower(command)) {
			t.Errorf("docs/operations.md lacks the command %s", strings.ToLower(command))
		}
	}
}

// No row of the table of mails is about a nonexistent mail.
func TestMailsOfTheDocumentExist(t *testing.T) {
	kinds := found(t, "internal/mail/*.go", `\) Kind\(\) string\s+\{ return "([a-z-]+)" \}`)
	text := document(t, "mail.md")
	table := text[strings.Index(text, "| kind |"):]
	table = table[:strings.Index(table, "\n\n")]
	for _, line := range strings.Split(table, "\n")[2:] {
		for _, m := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(strings.SplitN(line, "|", 3)[1], -1) {
			if !slices.Contains(kinds, m[1]) {
				t.Errorf("docs/mail.md tells of %s, which there is not", m[1])
			}
		}
	}
}

// The rooms of the table exist, and the architecture document shows them all.
func TestRoomsExist(t *testing.T) {
	text := document(t, "architecture.md")
	for room := range rooms {
		if room == "gatehouse" {
			continue
		}
		path := strings.TrimSuffix(room, "/...")
		if files, err := filepath.Glob(filepath.Join("../..", path, "*.go")); err != nil || len(files) == 0 {
			t.Errorf("there is no %s", path)
		}
		if !strings.Contains(text, "`"+path+"`") {
			t.Errorf("docs/architecture.md does not show %s", path)
		}
	}
}
