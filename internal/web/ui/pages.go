package ui

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
)

// Policy is the Content-Security-Policy of the pages.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Frame is what every page has around its own content.
type Frame struct {
	// Site is nil on pages without a site, such as that of an unknown host.
	Site *site.Site
	// Lang is the BCP 47 tag of the page; empty: the site's own language.
	Lang string
	// Path is the path (and query) of the page, for "try again".
	Path string
	Now  time.Time
	// Reference is what support looks up, such as "GH-7F3K-29QX".
	Reference string
	// Token makes the hidden field form_token of every form that is posted.
	Token func(actions []string) string
	// Again is the form that comes back with this page; nil: none.
	Again *Again
	// User and Company are nil when signed out.
	User    *gatehouse.User
	Company *gatehouse.Company
	// Waiting is how many requests wait for the company's administrators; only known on their pages. For
	// operators, it is how many alerts nobody has taken on.
	Waiting int
}

// Policy is the site's policy for the user who is signed in, with what their company requires beyond
// it; the site's alone for everybody else.
func (f *Frame) Policy() gatehouse.Policy {
	if f.Company == nil {
		return f.Site.Policy
	}
	return f.Site.Policy.For(f.Company.Policy)
}

// View is the content of one page. It may have more methods: Form if it has a form,
// Failed if it reports a failure, Wide if it contains a document.
type View interface {
	// Template names the page's file, without .html.
	Template() string
	// Title is the page's own part of the document's title.
	Title(p *Page) string
}

// Pages holds the templates.
type Pages struct {
	// Place says roughly where an address is, in a language: "Leeds, United Kingdom";
	// empty if unknown. nil: it never is known.
	Place func(lang, address string) string

	templates map[string]parsed
	looks     sync.Map // site.Look -> lookPaths
	kept      sync.Map // weak.Pointer[site.Site] -> *kept
}

type lookPaths struct{ style, icon string }

//go:embed *.html frame/*.html
var files embed.FS

// parsed is a template that is parsed when first requested: a process that has just
// started shows its first page sooner, and never pays for pages that nobody opens. The
// files are part of the program, and tests show every page.
type parsed func() (*template.Template, error)

// New finds the pages of this package and those of others. In each package, *.html are
// pages, with unique names, and parts/*.html is what they share. A page names its frame
// and defines "main".
func New(others ...fs.FS) (*Pages, error) {
	frame := sync.OnceValues(func() (*template.Template, error) { return template.New("").ParseFS(files, "frame/*.html") })
	p := &Pages{templates: map[string]parsed{}}
	for _, own := range append([]fs.FS{files}, others...) {
		if err := p.add(frame, own); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// add adds the pages of a package.
func (p *Pages) add(frame parsed, own fs.FS) error {
	names, err := fs.Glob(own, "*.html")
	if err != nil {
		return err
	}
	base := parsedOnto(frame, own, "parts/*.html")
	for _, file := range names {
		name := strings.TrimSuffix(file, ".html")
		if p.templates[name] != nil {
			return fmt.Errorf("ui: two packages have a page %s", name)
		}
		p.templates[name] = parsedOnto(base, own, file)
	}
	return nil
}

// parsedOnto adds files, if there are any, to a copy of other templates. The result is the
// last of the files.
func parsedOnto(under parsed, from fs.FS, pattern string) parsed {
	return sync.OnceValues(func() (*template.Template, error) {
		base, err := under()
		if err != nil {
			return nil, err
		}
		found, err := fs.Glob(from, pattern)
		if err != nil {
			return nil, err
		}
		t, err := base.Clone()
		if err != nil || len(found) == 0 {
			return t, err
		}
		if t, err = t.ParseFS(from, found...); err != nil {
			return nil, err
		}
		return t.Lookup(path.Base(found[len(found)-1])), nil
	})
}

// Render renders a whole page, so that an error never leaves half a page.
func (p *Pages) Render(f Frame, view View) ([]byte, error) {
	get := p.templates[view.Template()]
	if get == nil {
		return nil, fmt.Errorf("ui: no template %q", view.Template())
	}
	t, err := get()
	if err != nil {
		return nil, fmt.Errorf("ui: page %s: %w", view.Template(), err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p.Page(f, view)); err != nil {
		return nil, fmt.Errorf("ui: page %s: %w", view.Template(), err)
	}
	return f.Again.fill(f.sign(append(bytes.TrimSpace(b.Bytes()), '\n')))
}

// Page is a view in its frame, as its template sees it.
func (p *Pages) Page(f Frame, view View) *Page {
	page := &Page{Frame: f, View: view, pages: p, Words: wordsFor(f)}
	page.Lang = page.Words.lang
	return page
}

// Page is what a template sees: the frame, the view, the words and the parts.
type Page struct {
	Frame
	*Words
	View  View
	pages *Pages
	used  []string // icons, in the order of their first use
}

// Asset returns the path of a static file.
func (p *Page) Asset(name string) string { return assetPath(name) }

// Title is the document's title: "Error: Sign in – Meridian UK".
func (p *Page) Title() string {
	title := p.T("frame.title", "page", p.PageTitle(), "site", p.SiteName())
	if p.failed() {
		return p.T("frame.title_error", "title", title)
	}
	return title
}

// failed puts "Error:" in front of the title.
func (p *Page) failed() bool {
	if v, ok := p.View.(interface{ Failed() bool }); p.Again != nil && !p.Again.Good() || ok && v.Failed() {
		return true
	}
	if v, ok := p.View.(form); ok {
		_, faults := v.Form(p)
		return len(faults) > 0
	}
	return false
}

// PageTitle is the page's own part of the document's title.
func (p *Page) PageTitle() string { return p.View.Title(p) }

// Wide reports whether the page contains a document, which needs longer lines than a
// form.
func (p *Page) Wide() bool {
	v, tells := p.View.(interface{ Wide() bool })
	return tells && v.Wide()
}

// Item is part of a page, for a template about it alone.
type Item struct {
	Page *Page
	Of   any
}

// With passes part of the page to a template about it alone.
func (p *Page) With(of any) Item { return Item{p, of} }

// Style is the path of the site's stylesheet; empty if there is no site.
func (p *Page) Style() string { return p.look().style }

// Favicon is the path of the icon for the browser's tab.
func (p *Page) Favicon() string {
	if path := p.look().icon; path != "" {
		return path
	}
	return assetPath("icon.svg")
}

func (p *Page) look() lookPaths {
	if p.Site == nil {
		return lookPaths{}
	}
	if known, ok := p.pages.looks.Load(p.Site.Look); ok {
		return known.(lookPaths)
	}
	var made lookPaths
	_, made.style = SiteStyle(p.Site.Look)
	_, made.icon = SiteIcon(p.Site.Look)
	p.pages.looks.Store(p.Site.Look, made)
	return made
}

// Staging marks the pages of an installation that is not the real one (B20).
func (p *Page) Staging() bool { return p.Site != nil && p.Site.Staging }

// Mark is the inner SVG of a site's logo. It is markup: package site has checked that it
// contains shapes only.
func (p *Page) Mark(s *site.Site) template.HTML { return template.HTML(s.Look.Mark) }

// Prose is HTML that package site has made from Markdown: it contains what Markdown can
// express, checked links, and nothing that runs. Markdown is the same for Markdown that
// somebody wrote.
func (p *Page) Prose(html string) template.HTML    { return template.HTML(html) }
func (p *Page) Markdown(text string) template.HTML { return p.Prose(site.Markdown(text)) }

// Languages are the entries of the language menu; none if there is no choice.
func (p *Page) Languages() []string {
	if p.Site == nil || len(p.Site.Languages) < 2 {
		return nil
	}
	return p.Site.Languages
}

// InLanguage is the page in another language.
func (p *Page) InLanguage(lang string) string {
	u, err := url.Parse(p.Retry())
	if err != nil {
		return "/?" + LangQuery + "=" + url.QueryEscape(lang)
	}
	query := u.Query()
	query.Set(LangQuery, lang)
	return u.Path + "?" + query.Encode()
}

// PathOnly is the page's path without its query.
func (p *Page) PathOnly() string {
	path, _, _ := strings.Cut(p.Path, "?")
	return path
}

// Retry is the target of "try again": the page itself. A path that a browser would take
// for another host leads home.
func (p *Page) Retry() string {
	if !strings.HasPrefix(p.Path, "/") || strings.HasPrefix(p.Path, "//") || strings.Contains(p.Path, `\`) {
		return "/"
	}
	return p.Path
}

// Registered is an address that an application has registered, as a link or as the target of a
// form. Its scheme may be unknown to html/template; gatehouse.RedirectURIGood has checked it,
// and one without a dot in its scheme leads home: no script has one.
func Registered(uri string) template.URL {
	scheme, _, whole := strings.Cut(uri, ":")
	if !whole || scheme != "https" && scheme != "http" && !strings.Contains(scheme, ".") {
		return "/"
	}
	return template.URL(uri)
}
