package site

import (
	"bytes"
	"html"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown is CommonMark without HTML: tags are treated as text, so nothing that is
// written is lost and nothing becomes markup (ASVS 1.3.1). Headings may name their
// anchor, {#mail}.
var markdown = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(parser.WithHeadingAttribute()), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewEmphasisParser(), 500),
		),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
	)))
})

// Markdown renders the Markdown of a site's terms as HTML that is safe to put into a
// page. HTML in it is shown as it was typed; links lead to a web or mail address, a
// telephone number or a page of the site, or are removed; pictures become their
// description. The page has its own title, so headings begin with h2.
func Markdown(source string) string {
	doc := parseMarkdown(source)
	first := 6
	doc.headings(func(h *ast.Heading) { first = min(first, h.Level) })
	doc.headings(func(h *ast.Heading) {
		h.Level += min(2-first, 6-h.Level)
		h.RemoveAttributes() // an anchor could clash with one of the page
	})
	return doc.render(doc.root)
}

// document is parsed Markdown.
type document struct {
	source []byte
	root   ast.Node
	// links are the addresses that it links to; dropped are addresses that no page may
	// link to, and pictures.
	links, dropped []string
}

func parseMarkdown(source string) *document {
	d := &document{source: []byte(source)}
	d.root = markdown().Parser().Parse(text.NewReader(d.source))
	d.checkLinks()
	return d
}

func (d *document) render(n ast.Node) string {
	var b bytes.Buffer
	if err := markdown().Renderer().Render(&b, d.source, n); err != nil {
		panic("site: Markdown: " + err.Error()) // a buffer takes everything
	}
	return b.String()
}

// each calls f with every node. f may change the tree.
func (d *document) each(f func(ast.Node)) {
	var all []ast.Node
	_ = ast.Walk(d.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			all = append(all, n)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range all {
		f(n)
	}
}

func (d *document) headings(f func(*ast.Heading)) {
	d.each(func(n ast.Node) {
		if h, ok := n.(*ast.Heading); ok {
			f(h)
		}
	})
}

// checkLinks removes the links that lead somewhere forbidden.
func (d *document) checkLinks() {
	d.each(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.Link:
			n.Destination = resolve(n.Destination)
			if !d.mayLink(string(n.Destination)) {
				unwrap(n)
			}
			n.Title = nil
		case *ast.Image:
			d.dropped = append(d.dropped, string(n.Destination))
			unwrap(n)
		case *ast.AutoLink:
			if address := string(n.URL(d.source)); n.AutoLinkType == ast.AutoLinkURL && !d.mayLink(address) {
				n.Parent().ReplaceChild(n.Parent(), n, ast.NewString([]byte(address)))
			}
		}
	})
}

func (d *document) mayLink(address string) bool {
	if !linkable(address) {
		d.dropped = append(d.dropped, address)
		return false
	}
	d.links = append(d.links, address)
	return true
}

// resolve removes all layers of Markdown escapes and entities from an address, because
// rendering removes one more: the address that is checked must be the one that is
// linked.
func resolve(address []byte) []byte {
	for {
		bare := util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(address)))
		if bytes.Equal(bare, address) {
			return bare
		}
		address = bare
	}
}

// unwrap replaces a link with its words.
func unwrap(n ast.Node) {
	parent := n.Parent()
	for child := n.FirstChild(); child != nil; child = n.FirstChild() {
		parent.InsertBefore(parent, n, child)
	}
	parent.RemoveChild(parent, n)
}

// linkable accepts addresses that lead somewhere and run nothing: no javascript: or
// data:, and no "//host" that only looks like a path.
func linkable(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || strings.ContainsAny(address, "\\ \"'<>`") || strings.ContainsFunc(address, unicode.IsControl) {
		return false
	}
	switch u.Scheme {
	case "https", "http":
		return u.Host != "" && u.Opaque == ""
	case "mailto", "tel":
		return u.Opaque != "" && u.Host == ""
	case "":
		return u.Host == "" && (strings.HasPrefix(address, "#") || strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//"))
	}
	return false
}

var tag = regexp.MustCompile(`<[^>]*>`)

// plain is the text of HTML that render made, in which every < or > is part of a tag.
func plain(markup string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(markup, ""))), " ")
}
