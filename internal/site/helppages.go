package site

import (
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/yuin/goldmark/ast"
)

// HelpPage is one help page of a site as shown: with the site's own numbers, names and
// addresses in its text (A13).
type HelpPage struct {
	// Name is its part of the address: /help/NAME.
	Name string
	// Lang is the language of its text, which differs from the one asked for if there
	// is no translation.
	Lang string
	// Title and Summary are text, not HTML.
	Title, Summary string
	// Intro is everything before the first section, as HTML that is safe to put into a
	// page.
	Intro    string
	Sections []HelpSection

	order   int
	source  *helpSource
	anchors map[string]bool     // its link targets
	links   []string            // where it links to
	search  func() []searchText // of the introduction, then below each heading; made when first requested
}

// HelpSection is a part of a page with its own heading.
type HelpSection struct {
	// ID is its anchor: /help/NAME#ID.
	ID string
	// Title is text, HTML is safe to put into a page.
	Title, HTML string
}

// Help returns the help pages in a language, in the order of the index.
func (s *Site) Help(lang string) []HelpPage {
	for ; lang != ""; lang = widen(lang) {
		if pages, ok := s.help[lang]; ok {
			return pages()
		}
	}
	if len(s.Languages) == 0 {
		return nil
	}
	if pages, ok := s.help[s.Languages[0]]; ok {
		return pages()
	}
	return nil
}

// HelpPage returns the page with this name in a language; false if there is none.
func (s *Site) HelpPage(lang, name string) (HelpPage, bool) {
	for _, p := range s.Help(lang) {
		if p.Name == name {
			return p, true
		}
	}
	return HelpPage{}, false
}

// reservedAnchors are used by the pages around the text.
var reservedAnchors = map[string]bool{"main": true, "contents": true, "ask": true, "q": true, "top-search": true, "reference": true}

// pageOf makes a page from its Markdown. complain is called with what is wrong and a
// piece of text near it.
func pageOf(markdown string, complain func(near, complaint string)) HelpPage {
	doc := parseMarkdown(markdown)
	for _, address := range doc.dropped {
		complain(address, strconv.Quote(address)+" cannot be linked to or shown; a link leads to https, http, mailto, tel, a path of the site or an #anchor, and there are no pictures")
	}
	p := HelpPage{anchors: map[string]bool{}, links: doc.links}
	title, ok := doc.root.FirstChild().(*ast.Heading)
	if ok && title.Level == 1 {
		p.Title = plain(doc.render(title))
	}
	if p.Title == "" {
		complain("", "has no title; the text begins with a line such as: # Signing in")
		return p
	}
	doc.root.RemoveChild(doc.root, title)
	doc.headings(func(h *ast.Heading) { p.anchor(doc, h, complain) })
	p.split(doc)
	return p
}

// split divides the document into sections to show, and into the text below each
// heading to search.
func (p *HelpPage) split(doc *document) {
	var parts []searchText
	found := searchText{}
	for n := doc.root.FirstChild(); n != nil; n = n.NextSibling() {
		markup := doc.render(n)
		h, isHeading := n.(*ast.Heading)
		if isHeading {
			parts = append(parts, found)
			id, _ := h.AttributeString("id")
			found = searchText{anchor: id.(string), title: plain(markup)}
		} else {
			found.markup += markup
		}
		switch {
		case isHeading && h.Level <= 2:
			p.Sections = append(p.Sections, HelpSection{ID: found.anchor, Title: found.title})
		case len(p.Sections) == 0:
			p.Intro += markup
		default:
			p.Sections[len(p.Sections)-1].HTML += markup
		}
	}
	parts = append(parts, found)
	p.search = sync.OnceValue(func() []searchText {
		for i := range parts {
			parts[i].read()
		}
		return parts
	})
}

// anchor gives a heading its anchor, its own or one made from its words, and removes
// every other attribute.
func (p *HelpPage) anchor(doc *document, h *ast.Heading, complain func(near, complaint string)) {
	words := plain(doc.render(h))
	if words == "" {
		complain("", "has a heading without words")
	}
	if h.Level == 1 {
		complain("# "+words, "has a second title, "+strconv.Quote(words)+"; sections begin with ##")
	}
	given, _ := h.AttributeString("id")
	h.RemoveAttributes()
	id, isText := given.([]byte)
	switch name := string(id); {
	case given == nil:
		name = slug(words)
		for n := 2; p.anchors[name] || reservedAnchors[name]; n++ {
			name = slug(words) + "-" + strconv.Itoa(n)
		}
		p.put(h, name)
	case !isText || slug(name) != name || reservedAnchors[name]:
		complain("{#"+name, "the anchor of "+strconv.Quote(words)+" must be lower-case letters, digits and hyphens, and not one of the page itself such as main")
		p.put(h, slug(words))
	case p.anchors[name]:
		complain("{#"+name, "has the anchor "+name+" twice")
		p.put(h, name)
	default:
		p.put(h, name)
	}
}

func (p *HelpPage) put(h *ast.Heading, name string) {
	p.anchors[name] = true
	h.SetAttributeString("id", name)
}

// slug makes an anchor from words: "What locks it?" is what-locks-it.
func slug(words string) string {
	parts := strings.FieldsFunc(searchable(words), func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(parts) == 0 {
		return "section"
	}
	return strings.Join(parts, "-")
}
