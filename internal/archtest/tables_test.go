package archtest

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// firstCells are the code-style texts in the first column of a document's tables, for all
// tables with this beginning of a header. A name that begins with a dot or with …/
// continues the one before: `user.created`, `.changed`.
func firstCells(t *testing.T, name, header string) []string {
	t.Helper()
	var all []string
	inside, last := false, ""
	for _, line := range strings.Split(document(t, name), "\n") {
		if !strings.HasPrefix(line, "|") {
			inside = false
			continue
		}
		if strings.HasPrefix(line, "| "+header+" |") {
			inside = true
		}
		if !inside {
			continue
		}
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(strings.SplitN(line, " | ", 2)[0], -1) {
			word := m[1]
			switch {
			case strings.HasPrefix(word, "…/"):
				word = path.Dir(last) + strings.TrimPrefix(word, "…")
			case strings.HasPrefix(word, ".") && strings.Contains(last, "."):
				word = last[:strings.LastIndex(last, ".")] + word
			}
			last = word
			all = append(all, word)
		}
	}
	if len(all) == 0 {
		t.Fatalf("docs/%s has no table of %ss", name, header)
	}
	return all
}

// same reports what only the code or only the document has.
func same(t *testing.T, what, name string, code, rows []string) {
	t.Helper()
	for _, c := range code {
		if !slices.Contains(rows, c) {
			t.Errorf("docs/%s lacks the %s %s", name, what, c)
		}
	}
	for _, r := range rows {
		if !slices.Contains(code, r) {
			t.Errorf("docs/%s tells of the %s %s, which there is not", name, what, r)
		}
	}
}

// Events, metrics, jobs and commands are all in their tables, and nothing else is.
func TestTablesAreWhatTheCodeHas(t *testing.T) {
	same(t, "event", "operations.md", found(t, "event.go", `EventKind = "([a-z_.]+)"`), firstCells(t, "operations.md", "event"))
	same(t, "job", "operations.md", found(t, "internal/jobs/*.go", `Job\{Name: "([a-z ]+)"`), firstCells(t, "operations.md", "job"))
	var metrics []string
	for _, m := range firstCells(t, "operations.md", "metric") {
		if strings.HasPrefix(m, "gatehouse_") { // not the runtime's, and no label
			metrics = append(metrics, m)
		}
	}
	same(t, "metric", "operations.md", found(t, "internal/web/*.go", `"(gatehouse_[a-z0-9_]+)"`), metrics)
	var commands []string
	for _, c := range firstCells(t, "operations.md", "command") {
		words := strings.Fields(c)
		if end := slices.IndexFunc(words, func(w string) bool {
			return !regexp.MustCompile(`^[a-z-]+$`).MatchString(w) || strings.HasPrefix(w, "-")
		}); end >= 0 {
			words = words[:end]
		}
		commands = append(commands, strings.Join(words, " "))
	}
	same(t, "command", "operations.md", commandsOfTheCode(t), commands)
}

// commandsOfTheCode are the words of every command: those of main.go, with subcommands in
// place of their group. One of them may be meant without its name.
func commandsOfTheCode(t *testing.T) []string {
	var all []string
	for _, top := range found(t, "cmd/gatehouse/main.go", "(?m)^\t([A-Z]\\w+ +\\w+Cmd) +`cmd") {
		name, kind, _ := strings.Cut(top, " ")
		var below []string
		for _, body := range found(t, "cmd/gatehouse/*.go", `(?s)type (`+strings.TrimSpace(kind)+` struct ?\{.*?\})`) {
			for _, m := range regexp.MustCompile("(?m)^\t([A-Z]\\w+) +\\w+Cmd +`cmd:\"\"( default)?").FindAllStringSubmatch(body, -1) {
				if m[2] != "" {
					below = append(below, kebab(name))
				} else {
					below = append(below, kebab(name)+" "+kebab(m[1]))
				}
			}
		}
		if below == nil {
			below = []string{kebab(name)}
		}
		all = append(all, below...)
	}
	return all
}

// kebab is a field's name on the command line: clear-bounce for ClearBounce.
func kebab(field string) string {
	return strings.ToLower(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(field, "$1-$2"))
}

// Every address of the route table is in the tables of pages, and every page there is an
// address. Files below /static/ are not listed one by one.
func TestPagesAreWhatTheRoutesAre(t *testing.T) {
	routes := append(found(t, "internal/web/routes.go", `to\("[A-Z]+ (/[^"]*)"`), found(t, "internal/web/routes_operator.go", `to\("[A-Z]+ (/[^"]*)"`)...)
	pages := append(firstCells(t, "interface.md", "page"), firstCells(t, "interface.md", "address")...)
	used := map[string]bool{}
	for _, page := range pages {
		page = strings.TrimPrefix(page, "GET ")
		if strings.HasPrefix(page, "/static/") {
			continue
		}
		route := routeOf(routes, page)
		if route == "" {
			t.Errorf("docs/interface.md tells of the page %s, which there is not", page)
		}
		used[route] = true
	}
	for _, route := range routes {
		if !used[route] {
			t.Errorf("docs/interface.md lacks the page %s", route)
		}
	}
}

// routeOf finds the route of a page's address: the one that is written the same, or else
// the one with matching placeholders.
func routeOf(routes []string, page string) string {
	blank := regexp.MustCompile(`\{[a-z]+\}`)
	for _, route := range routes {
		if blank.ReplaceAllString(route, "{}") == blank.ReplaceAllString(page, "{}") || route == page+"{$}" {
			return route
		}
	}
	for _, route := range routes {
		if ok, _ := path.Match(blank.ReplaceAllString(route, "*"), page); ok {
			return route
		}
	}
	return ""
}

// No row of the table of tables is about a nonexistent one.
func TestTablesOfTheDocumentExist(t *testing.T) {
	tables := found(t, "internal/store/migrations/*.sql", `CREATE TABLE (\w+)`)
	for _, table := range firstCells(t, "architecture.md", "table") {
		if !slices.Contains(tables, table) {
			t.Errorf("docs/architecture.md tells of the table %s, which there is not", table)
		}
	}
}
