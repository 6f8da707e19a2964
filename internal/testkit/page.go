package testkit

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// Page is an answer of the server.
type Page struct {
	Status int
	Header http.Header
	URL    *url.URL // after redirects
	Body   []byte
	Doc    *goquery.Document
	Via    []string // the addresses that redirected here

	t testing.TB
}

// Text is the text of the first element of a CSS selector, with white space collapsed;
// the test ends if there is none.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	return clean(p.MustFind(selector).First().Text())
}

// Texts are the texts of all elements of a CSS selector, which may be none.
func (p *Page) Texts(selector string) []string { return texts(p.Doc.Find(selector)) }

// Find returns the elements of a CSS selector, which may be none.
func (p *Page) Find(selector string) *goquery.Selection { return p.Doc.Find(selector) }

// MustFind returns the elements of a CSS selector; the test ends if there is none.
func (p *Page) MustFind(selector string) *goquery.Selection {
	p.t.Helper()
	found := p.Doc.Find(selector)
	if found.Length() == 0 {
		p.fail("nothing is %q", selector)
	}
	return found
}

// Has reports whether the page's text contains this text.
func (p *Page) Has(text string) bool {
	body := p.Doc.Find("body").Clone()
	body.Find("script, style, template").Remove()
	return strings.Contains(clean(body.Text()), clean(text))
}

// Want ends the test unless the page came with this status.
func (p *Page) Want(status int) *Page {
	p.t.Helper()
	if p.Status != status {
		p.fail("status %d, not %d", p.Status, status)
	}
	return p
}

func (p *Page) fail(format string, args ...any) {
	p.t.Helper()
	text := clean(p.Doc.Find("body").Text())
	p.t.Fatalf("%s: %s (status %d)\n\n%s", p.URL, fmt.Sprintf(format, args...), p.Status, text[:min(len(text), 2000)])
}

func texts(s *goquery.Selection) []string {
	var all []string
	s.Each(func(_ int, e *goquery.Selection) { all = append(all, clean(e.Text())) })
	return all
}

func clean(s string) string { return strings.Join(strings.Fields(s), " ") }
