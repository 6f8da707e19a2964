package ui

import (
	"fmt"
	"html/template"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// iconSymbol is one icon of static/icons/lucide.svg.
var iconSymbol = regexp.MustCompile(`<symbol id="i-([a-z0-9-]+)"[^\n]*</symbol>`)

// icons are all of them, by name. A page that uses a missing one fails, which tests of
// every page find.
var icons = sync.OnceValue(func() map[string]string {
	sheet, err := fs.ReadFile(staticFiles, "static/icons/lucide.svg")
	if err != nil {
		panic("ui: icons: " + err.Error())
	}
	all := map[string]string{}
	for _, m := range iconSymbol.FindAllStringSubmatch(string(sheet), -1) {
		all[m[1]] = m[0]
	}
	return all
})

// Icon draws an icon, hidden from assistive technology: there are words next to it.
// More classes may follow the name.
func (p *Page) Icon(name string, classes ...string) (template.HTML, error) {
	if icons()[name] == "" {
		return "", fmt.Errorf("no icon %q", name)
	}
	if !slices.Contains(p.used, name) {
		p.used = append(p.used, name)
	}
	class := template.HTMLEscapeString(strings.TrimSpace("icon " + strings.Join(classes, " ")))
	return template.HTML(`<svg class="` + class + `" aria-hidden="true"><use href="#i-` + name + `"/></svg>`), nil
}

// Sprite has the icons that the page has used so far; it comes last.
func (p *Page) Sprite() template.HTML {
	if len(p.used) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(`<svg class="sprite" aria-hidden="true">`)
	for _, name := range p.used {
		b.WriteString("\n  " + icons()[name])
	}
	b.WriteString("\n</svg>")
	return template.HTML(b.String())
}
