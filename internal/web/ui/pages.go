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

// The Content-Security-Policy of the pages. InboxPolicy is that of the inbox, which
// frames a mail; MailPolicy is that of the framed mail itself, which is a
// stranger's HTML with inline styles and nothing else.
const (
	Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	InboxPolicy = Policy + "; frame-src 'self'"
	MailPolicy  = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; " +
		"frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)

// Frame is what every page has around its own content.
type Frame struct {
	// Site is nil on the pages of no site: unknown host, the demo's tour and inbox.
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
}

// View is the content of one page: one of this package's structs.
type View interface {
	// template names the page's file in templates/.
	template() string
	// title is the page's own part of the document's title.
	title(p *page) string
	// failed puts "Error:" in front of it.
	failed() bool
}

// Pages holds the parsed templates.
type Pages struct {
	// Place says roughly where an address is, in a language: "Leeds, United Kingdom";
	// empty where nobody knows. nil: nobody ever does.
	Place func(lang, address string) string

	templates map[string]*template.Template
	icons     map[string]string
	looks     sync.Map // site.Look -> lookPaths
}

type lookPaths struct{ style, icon string }

//go:embed templates
var templateFiles embed.FS

// shared are the templates that every page can use.
const shared = "templates/shared/*.html"

// New parses all embedded templates.
func New() (*Pages, error) {
	icons, err := readIcons(staticFiles)
	if err != nil {
		return nil, err
	}
	base, err := template.New("").ParseFS(templateFiles, shared)
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	p := &Pages{templates: map[string]*template.Template{}, icons: icons}
	for _, file := range files {
		own, err := base.Clone()
		if err == nil {
			own, err = own.ParseFS(templateFiles, file)
		}
		if err != nil {
			return nil, err
		}
		p.templates[strings.TrimSuffix(path.Base(file), ".html")] = own.Lookup(path.Base(file))
	}
	return p, nil
}

// Render renders a whole page, so that a fault in it never leaves half a page.
func (p *Pages) Render(f Frame, view View) ([]byte, error) {
	t := p.templates[view.template()]
	if t == nil {
		return nil, fmt.Errorf("ui: no template %q", view.template())
	}
	data := &page{Frame: f, View: view, pages: p, Words: wordsFor(f)}
	data.Lang = data.Words.lang
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("ui: page %s: %w", view.template(), err)
	}
	return f.Again.fill(f.sign(append(bytes.TrimSpace(b.Bytes()), '\n')))
}

// page is what a template sees: the frame, the view, the words and the parts.
type page struct {
	Frame
	*Words
	View  View
	pages *Pages
	used  []string // icons, in the order of their first use
}

// Asset returns the path of a static file.
func (p *page) Asset(name string) string { return assetPath(name) }

// Title is the document's title: "Error: Sign in – Meridian UK".
func (p *page) Title() string {
	title := p.T("frame.title", "page", p.View.title(p), "site", p.SiteName())
	if p.View.failed() || p.Again != nil {
		return p.T("frame.title_error", "title", title)
	}
	return title
}

// Style is the path of the site's stylesheet; empty where there is no site.
func (p *page) Style() string { return p.look().style }

// Favicon is the path of the icon for the browser's tab.
func (p *page) Favicon() string {
	if path := p.look().icon; path != "" {
		return path
	}
	return assetPath("icon.svg")
}

func (p *page) look() lookPaths {
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
func (p *page) Staging() bool { return p.Site != nil && p.Site.Staging }

// Mark is the inner SVG of the site's logo. It is markup: package site has
// checked that it holds shapes only.
func (p *page) Mark() template.HTML { return template.HTML(p.Site.Look.Mark) }

// Languages are what the language menu offers; none where there is no choice.
func (p *page) Languages() []string {
	if p.Site == nil || len(p.Site.Languages) < 2 {
		return nil
	}
	return p.Site.Languages
}

// InLanguage is the page in another language.
func (p *page) InLanguage(lang string) string {
	u, err := url.Parse(p.Retry())
	if err != nil {
		return "/?" + LangQuery + "=" + url.QueryEscape(lang)
	}
	query := u.Query()
	query.Set(LangQuery, lang)
	return u.Path + "?" + query.Encode()
}

// PathOnly is the page's path without its query.
func (p *page) PathOnly() string {
	path, _, _ := strings.Cut(p.Path, "?")
	return path
}

// Retry is where "try again" leads: the page itself. A path that a browser would
// take for another host leads home.
func (p *page) Retry() string {
	if !strings.HasPrefix(p.Path, "/") || strings.HasPrefix(p.Path, "//") || strings.Contains(p.Path, `\`) {
		return "/"
	}
	return p.Path
}
