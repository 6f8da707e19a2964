package site

import (
	"cmp"
	"embed"
	"errors"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"gatehouse/internal/strictyaml"
)

// The help pages of the house: texts/LANG/help/PAGE.md.
//
//go:embed texts/*/help/*.md
var helpFiles embed.FS

// helpHead is the front matter of a page, between two lines of "---".
type helpHead struct {
	// Order is the page's place in the index.
	Order int `yaml:"order,required"`
	// Summary is what the index says about it.
	Summary string `yaml:"summary,required"`
}

// helpSource is a page as it is written.
type helpSource struct {
	file, name, lang string
	own              bool
	head             helpHead
	lines            []string // as they are in the file
	first            int      // the line that the text begins at
	body             helpTemplate
}

// helpSources are pages by name and language.
type helpSources map[string]map[string]*helpSource

func (all helpSources) put(s *helpSource) {
	if all[s.name] == nil {
		all[s.name] = map[string]*helpSource{}
	}
	all[s.name][s.lang] = s
}

var (
	helpPageName = regexp.MustCompile(`^([a-z0-9][a-z0-9-]*)(?:\.([A-Za-z0-9-]+))?\.md$`)
	helpAddress  = regexp.MustCompile(`^(?:/help/([^/?#]+))?(?:#(.*))?$`)
)

// readHelp reads a page, but not what its actions come to. With problems there is
// nothing to make of it.
func readHelp(file, name, lang, text string) (*helpSource, []strictyaml.Problem) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	s := &helpSource{file: file, name: name, lang: lang, lines: strings.Split(text, "\n")}
	end := -1
	if s.lines[0] == "---" {
		end = slices.Index(s.lines[1:], "---") + 1
	}
	if end < 1 {
		return s, []strictyaml.Problem{{File: file, Line: 1, Text: "must begin with a line ---, then order: NUMBER and summary: TEXT, then another ---"}}
	}
	s.first = end + 2
	// An empty line in place of each that is left out keeps the numbers right.
	head := "\n" + strings.Join(s.lines[1:end], "\n")
	doc, err := strictyaml.Decode(file, []byte(head), &s.head)
	problems := strictyaml.Problems(file, err)
	if doc != nil && checkLine(s.head.Summary) != "" {
		problems = append(problems, doc.At("summary", "%s", checkLine(s.head.Summary)))
	}
	body := strings.Repeat("\n", end+1) + strings.Join(s.lines[end+1:], "\n")
	if s.body, err = parseHelpTemplate(body); err != nil {
		problems = append(problems, s.fault(err))
	}
	return s, problems
}

// fault is the problem that a fault in the actions is.
func (s *helpSource) fault(err error) strictyaml.Problem {
	var at templateError
	errors.As(err, &at)
	return strictyaml.Problem{File: s.file, Line: at.line, Text: at.text}
}

// problem is one with something in the text; its line is where near stands first.
func (s *helpSource) problem(near, text string) strictyaml.Problem {
	line := s.first
	for i, l := range s.lines {
		if near != "" && strings.Contains(l, near) {
			line = i + 1
			break
		}
	}
	return strictyaml.Problem{File: s.file, Line: line, Text: text}
}

// houseHelp is what is embedded, read once.
var houseHelp = sync.OnceValues(func() (helpSources, []strictyaml.Problem) {
	all := helpSources{}
	var problems []strictyaml.Problem
	files, _ := fs.Glob(helpFiles, "texts/*/help/*.md") // the pattern is a good one
	for _, file := range files {
		data, _ := helpFiles.ReadFile(file) // listed, so there
		lang := path.Base(path.Dir(path.Dir(file)))
		source, faults := readHelp(file, strings.TrimSuffix(path.Base(file), ".md"), lang, string(data))
		problems = append(problems, faults...)
		all.put(source)
	}
	return all, problems
})

// help makes the site's help pages: those of the house with the site's settings in
// them, and those of its folder in their place or besides.
func (l *loader) help() {
	before := len(l.problems)
	own := l.ownHelp()
	house, problems := houseHelp()
	if l.problems = append(l.problems, problems...); len(l.problems) > before {
		return
	}
	names := map[string]bool{}
	for name := range house {
		names[name] = true
	}
	for name := range own {
		names[name] = true
	}
	l.site.help = map[string][]HelpPage{}
	made := map[*helpSource]HelpPage{}
	for _, lang := range l.site.Languages {
		var pages []HelpPage
		for _, name := range slices.Sorted(maps.Keys(names)) {
			source := l.chooseHelp(lang, own[name], house[name])
			if source == nil {
				continue // of the house, in languages that the site does not have
			}
			page, known := made[source]
			if !known {
				page = l.makeHelp(source)
				made[source] = page
			}
			if page.Title != "" {
				pages = append(pages, page)
			}
		}
		slices.SortStableFunc(pages, func(a, b HelpPage) int { return cmp.Compare(a.order, b.order) })
		l.site.help[lang] = pages
	}
	if len(l.problems) == before { // else a page may be missing only because of its fault
		l.helpLinks()
	}
}

// chooseHelp chooses the text of a page. A site's own comes before that of the
// house, whatever its language: who writes another page means that ours is wrong
// there.
func (l *loader) chooseHelp(lang string, own, house map[string]*helpSource) *helpSource {
	first := l.site.Languages[0]
	chain := append(widths(lang), widths(first)...)
	for _, pages := range []map[string]*helpSource{own, house} {
		for _, lang := range append(chain, baseLanguage) {
			if pages[lang] != nil {
				return pages[lang]
			}
		}
	}
	return nil
}

// ownHelp reads the pages of the site's folder. Their names are like those of the
// terms.
func (l *loader) ownHelp() helpSources {
	all, first := helpSources{}, l.site.Languages[0]
	for _, file := range l.list("help") {
		at := filepath.Join(l.dir, "help", file)
		part := helpPageName.FindStringSubmatch(file)
		if part == nil {
			l.add(at, "is no help page; must be named PAGE.md or PAGE.LANGUAGE.md in lower-case letters, digits and hyphens, such as returns.de.md")
			continue
		}
		name, lang := part[1], part[2]
		switch {
		case lang == "":
			lang = first
		case lang == first:
			l.add(at, "%s is the site's first language; its file is %s.md", lang, name)
			continue
		case !slices.Contains(l.site.Languages, lang):
			l.add(at, "%s is not one of the site's languages: %s", lang, strings.Join(l.site.Languages, ", "))
			continue
		}
		text, ok := l.read(at)
		if !ok {
			continue
		}
		source, problems := readHelp(at, name, lang, text)
		l.problems = append(l.problems, problems...)
		source.own = true
		all.put(source)
	}
	for name, pages := range all {
		if pages[first] == nil {
			l.add(filepath.Join(l.dir, "help", name+".md"), "is missing; it is the text in %s", first)
		}
	}
	return all
}

// makeHelp makes a page with the site's settings in it, once and for all: nothing
// about it can fail later. One that its conditions leave empty is not there, and has
// no title.
func (l *loader) makeHelp(source *helpSource) HelpPage {
	text, err := source.body.execute(l.site.factsIn(source.lang))
	if err != nil {
		l.problems = append(l.problems, source.fault(err))
		return HelpPage{}
	}
	if strings.TrimSpace(text) == "" {
		return HelpPage{}
	}
	page := pageOf(text, func(near, complaint string) {
		l.problems = append(l.problems, source.problem(near, complaint))
	})
	page.Name, page.Lang, page.Summary = source.name, source.lang, source.head.Summary
	page.order, page.source = source.head.Order, source
	return page
}

// helpLinks reports links from page to page that lead nowhere. A page of the house
// may name a paragraph that a site's own version of the other page does not have: a
// browser then shows its beginning.
func (l *loader) helpLinks() {
	told := map[strictyaml.Problem]bool{} // another language may have the same page
	for _, lang := range l.site.Languages {
		for _, p := range l.site.help[lang] {
			for _, link := range p.links {
				complaint := l.helpLink(lang, p, link)
				problem := p.source.problem(link, complaint)
				if complaint != "" && !told[problem] {
					told[problem] = true
					l.problems = append(l.problems, problem)
				}
			}
		}
	}
}

// helpLink says what is wrong with a link of a page.
func (l *loader) helpLink(lang string, p HelpPage, link string) string {
	part := helpAddress.FindStringSubmatch(link)
	if part == nil {
		return "" // it leads elsewhere
	}
	to, found := p, true
	if part[1] != "" {
		to, found = l.site.HelpPage(lang, part[1])
	}
	switch anchor := part[2]; {
	case !found:
		return "links to " + link + ", which is not there"
	case anchor != "" && !to.anchors[anchor] && (p.source.own || !to.source.own):
		return "links to " + link + "; that page has no such anchor"
	}
	return ""
}
