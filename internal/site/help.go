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

// The built-in help pages: texts/LANG/help/PAGE.md.
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
	lines            []string // as in the file
	first            int      // the first line of the text
	body             helpTemplate
}

// helpSources are pages by name and language. The built-in ones are read when first
// requested.
type helpSources map[string]map[string]func() *helpSource

func (all helpSources) put(name, lang string, read func() *helpSource) {
	if all[name] == nil {
		all[name] = map[string]func() *helpSource{}
	}
	all[name][lang] = read
}

var (
	helpPageName = regexp.MustCompile(`^([a-z0-9][a-z0-9-]*)(?:\.([A-Za-z0-9-]+))?\.md$`)
	helpAddress  = regexp.MustCompile(`^(?:/help/([^/?#]+))?(?:#(.*))?$`)
)

// readHelp reads a page, but does not execute its actions. If there are problems, the
// page is unusable.
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
	// An empty line for each one left out keeps the line numbers right.
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

// fault turns a fault in the actions into a problem.
func (s *helpSource) fault(err error) strictyaml.Problem {
	var at templateError
	errors.As(err, &at)
	return strictyaml.Problem{File: s.file, Line: at.line, Text: at.text}
}

// problem is a problem in the text; its line is the first with near.
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

// houseHelp is the embedded help.
var houseHelp = sync.OnceValue(func() helpSources {
	all := helpSources{}
	files, _ := fs.Glob(helpFiles, "texts/*/help/*.md") // the pattern is valid
	for _, file := range files {
		name, lang := strings.TrimSuffix(path.Base(file), ".md"), path.Base(path.Dir(path.Dir(file)))
		all.put(name, lang, sync.OnceValue(func() *helpSource {
			data, _ := helpFiles.ReadFile(file) // listed, so it exists
			source, problems := readHelp(file, name, lang, string(data))
			if len(problems) > 0 { // the files are part of the program, and a test reads them
				panic("site: help of the house: " + problems[0].String())
			}
			return source
		}))
	}
	return all
})

// helpShelf makes the help pages of a site, each when it is first requested: the built-in
// ones with the site's settings in them, and those in its folder, which replace them or add
// to them.
type helpShelf struct {
	site       *Site
	own, house helpSources

	mu   sync.Mutex
	made map[*helpSource]madeHelp
	told map[string]helpFacts // by language
}

func newHelpShelf(s *Site, own, house helpSources) *helpShelf {
	return &helpShelf{site: s, own: own, house: house, made: map[*helpSource]madeHelp{}, told: map[string]helpFacts{}}
}

// madeHelp is a page, and what is wrong with it.
type madeHelp struct {
	page     HelpPage
	problems []strictyaml.Problem
}

// names are the names of all pages.
func (h *helpShelf) names() []string {
	names := map[string]bool{}
	for name := range h.house {
		names[name] = true
	}
	for name := range h.own {
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// pages are the pages of a language, in the order of the index.
func (h *helpShelf) pages(lang string) []HelpPage {
	var pages []HelpPage
	for _, name := range h.names() {
		if page, ok := h.page(lang, name); ok {
			pages = append(pages, page)
		}
	}
	slices.SortStableFunc(pages, func(a, b HelpPage) int { return cmp.Compare(a.order, b.order) })
	return pages
}

// page is the page with this name; false if there is none.
func (h *helpShelf) page(lang, name string) (HelpPage, bool) {
	source := h.choose(lang, name)
	if source == nil {
		return HelpPage{}, false // built in, in languages that the site does not have
	}
	page := h.make(source).page
	return page, page.Title != ""
}

// choose chooses the text of a page. A site's own comes before ours, in any language: a
// site that writes its own page means that ours is wrong there.
func (h *helpShelf) choose(lang, name string) *helpSource {
	chain := append(widths(lang), widths(h.site.Languages[0])...)
	for _, pages := range []helpSources{h.own, h.house} {
		for _, lang := range append(chain, baseLanguage) {
			if read := pages[name][lang]; read != nil {
				return read()
			}
		}
	}
	return nil
}

// make makes a page with the site's settings in it. If its conditions leave it empty, it
// does not exist, and has no title.
func (h *helpShelf) make(source *helpSource) madeHelp {
	h.mu.Lock()
	defer h.mu.Unlock()
	if made, ok := h.made[source]; ok {
		return made
	}
	made := makeHelp(source, h.facts(source.lang))
	h.made[source] = made
	return made
}

// facts are the site's in a language. The shelf is locked.
func (h *helpShelf) facts(lang string) helpFacts {
	facts, ok := h.told[lang]
	if !ok {
		facts = h.site.factsIn(lang)
		h.told[lang] = facts
	}
	return facts
}

// has reports whether there is a page with this name. Unlike page, it does not make it: the pages that
// a site's own link to would take half of the time in which a server starts.
func (h *helpShelf) has(lang, name string) bool {
	source := h.choose(lang, name)
	if source == nil || source.own {
		_, found := h.page(lang, name)
		return found
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	text, err := source.body.execute(h.facts(source.lang))
	return err == nil && strings.TrimSpace(text) != ""
}

// help reads the site's own help pages and checks them and their links. Our own pages
// are made later: a test shows that they are right with all settings of a site.
func (l *loader) help() {
	before := len(l.problems)
	shelf := newHelpShelf(l.site, l.ownHelp(), houseHelp())
	if len(l.problems) > before {
		return
	}
	l.site.help = map[string]func() []HelpPage{}
	for _, lang := range l.site.Languages {
		l.site.help[lang] = sync.OnceValue(func() []HelpPage { return shelf.pages(lang) })
	}
	gone := false // one of them comes out empty: built-in pages may link to it
	for _, name := range slices.Sorted(maps.Keys(shelf.own)) {
		for _, lang := range slices.Sorted(maps.Keys(shelf.own[name])) {
			made := shelf.make(shelf.own[name][lang]())
			l.problems = append(l.problems, made.problems...)
			gone = gone || made.page.Title == ""
		}
	}
	if len(l.problems) == before { // else a page may be missing only because it is faulty
		l.helpLinks(shelf, gone)
	}
}

// ownHelp reads the pages in the site's folder.
func (l *loader) ownHelp() helpSources {
	all, first := helpSources{}, l.site.Languages[0]
	const fault = "is no help page; must be named PAGE.md or PAGE.LANGUAGE.md in lower-case letters, digits and hyphens, such as returns.de.md"
	l.documents("help", helpPageName, fault, func(path, name, lang, text string) {
		source, problems := readHelp(path, name, lang, text)
		l.problems = append(l.problems, problems...)
		source.own = true
		all.put(name, lang, func() *helpSource { return source })
	})
	for name, pages := range all {
		if pages[first] == nil {
			l.add(filepath.Join(l.dir, "help", name+".md"), "is missing; it is the text in %s", first)
		}
	}
	return all
}

// makeHelp makes a page.
func makeHelp(source *helpSource, facts helpFacts) madeHelp {
	text, err := source.body.execute(facts)
	if err != nil {
		return madeHelp{problems: []strictyaml.Problem{source.fault(err)}}
	}
	if strings.TrimSpace(text) == "" {
		return madeHelp{}
	}
	var made madeHelp
	made.page = pageOf(text, func(near, complaint string) {
		made.problems = append(made.problems, source.problem(near, complaint))
	})
	made.page.Name, made.page.Lang, made.page.Summary = source.name, source.lang, source.head.Summary
	made.page.order, made.page.source = source.head.Order, source
	return made
}

// helpLinks reports broken links: from the site's own pages or, if one of those is
// gone, from all. A built-in page may name a paragraph that a site's own version of the
// other page does not have: a browser then shows the top of the page.
func (l *loader) helpLinks(shelf *helpShelf, all bool) {
	names := slices.Sorted(maps.Keys(shelf.own))
	if all {
		names = shelf.names()
	}
	told := map[strictyaml.Problem]bool{} // another language may have the same page
	for _, lang := range l.site.Languages {
		for _, name := range names {
			page, ok := shelf.page(lang, name)
			if !ok {
				continue
			}
			for _, link := range page.links {
				complaint := shelf.wrongLink(lang, page, link)
				problem := page.source.problem(link, complaint)
				if complaint != "" && !told[problem] {
					told[problem] = true
					l.problems = append(l.problems, problem)
				}
			}
		}
	}
}

// wrongLink says what is wrong with a link of a page.
func (h *helpShelf) wrongLink(lang string, p HelpPage, link string) string {
	part := helpAddress.FindStringSubmatch(link)
	if part == nil {
		return "" // it leads elsewhere
	}
	name, anchor := part[1], part[2]
	if name != "" && !h.has(lang, name) {
		return "links to " + link + ", which is not there"
	}
	if anchor == "" {
		return ""
	}
	to := p
	if name != "" {
		to, _ = h.page(lang, name)
	}
	if !to.anchors[anchor] && (p.source.own || !to.source.own) {
		return "links to " + link + "; that page has no such anchor"
	}
	return ""
}
