// Package pages has what the tests of all pages have in common: the frame around a view,
// and what must hold for every view of a package, on every site and in every language.
package pages

import (
	"io/fs"
	"regexp"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/web/ui"
)

// Sample is a view with its frame.
type Sample struct {
	Name string
	View ui.View
	// SignedIn and Siteless say what the frame has.
	SignedIn, Siteless bool
	// BareUser: only the username of the user is known.
	BareUser bool
	// Again is a form that comes back.
	Again *ui.Again
}

// FrameFor is the frame of a sample on a site.
func FrameFor(s *site.Site, x Sample) ui.Frame {
	f := ui.Frame{Site: s, Path: "/sign-in", Now: fixture.Noon, Reference: "GH-7F3K-29QX", Token: func([]string) string { return "token-1" }, Again: x.Again}
	if x.Siteless {
		f.Site, f.Path = nil, "/"
	}
	if x.SignedIn {
		f.User, f.Company, f.Path = fixture.User(), fixture.Company(), "/"
	}
	if x.BareUser {
		f.User = &gatehouse.User{ID: "usr_2", Username: "pnair", Role: gatehouse.RoleUser, State: gatehouse.Active}
	}
	return f
}

// Attr is an attribute of the first element that a selector finds.
func Attr(doc *goquery.Document, sel, name string) string {
	v, _ := doc.Find(sel).Attr(name)
	return v
}

// Squeeze collapses white space.
func Squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// Suite is the views of a package in every state that changes their pages.
type Suite struct {
	// Files are the package's templates. Each page among them needs a sample.
	Files fs.FS
	// New parses the pages.
	New     func() (*ui.Pages, error)
	Samples func() []Sample
	// Hostile puts a probe into what people have written in a view.
	Hostile func(v ui.View, probe string) ui.View
	// EnglishOnly: the pages are in no other language.
	EnglishOnly bool
}

// SuiteOf is the suite of a package whose pages need no other's.
func SuiteOf(files fs.FS, samples func() []Sample, hostile func(v ui.View, probe string) ui.View) Suite {
	return Suite{Files: files, New: sync.OnceValues(func() (*ui.Pages, error) { return ui.New(files) }), Samples: samples, Hostile: hostile}
}

// Parsed are the pages.
func (s Suite) Parsed(t *testing.T) *ui.Pages {
	t.Helper()
	p, err := s.New()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Show renders a view on a site of fixture.Sites.
func (s Suite) Show(t *testing.T, id string, view ui.View, change ...func(*ui.Frame)) *goquery.Document {
	t.Helper()
	f := FrameFor(fixture.Sites()[id], Sample{})
	for _, c := range change {
		c(&f)
	}
	return s.render(t, f, view)
}

func (s Suite) render(t *testing.T, f ui.Frame, view ui.View) *goquery.Document {
	t.Helper()
	html, err := s.Parsed(t).Render(f, view)
	if err != nil {
		t.Fatal(err)
	}
	return Parse(t, html)
}

// SignedIn changes the frame: somebody is signed in.
func SignedIn(f *ui.Frame) { f.User, f.Company = fixture.User(), fixture.Company() }

// Test runs everything that must hold for every view.
func (s Suite) Test(t *testing.T) {
	t.Run("every page has a sample", s.testSamples)
	t.Run("every page is sound", s.testSound)
	t.Run("hostile names", s.testHostile)
	t.Run("words fit the site", s.testFits)
}

// All are all samples on all sites, by the names of both.
func (s Suite) All(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for id, st := range fixture.Sites() {
		for _, x := range s.Samples() {
			html, err := s.Parsed(t).Render(FrameFor(st, x), x.View)
			if err != nil {
				t.Fatal(err)
			}
			name := id + "/" + x.Name
			if x.SignedIn {
				name += "/signed-in"
			}
			if all[name] != nil {
				t.Fatalf("two samples are %s", name)
			}
			all[name] = html
		}
	}
	return all
}

// A page without a sample would not be tested here.
func (s Suite) testSamples(t *testing.T) {
	shown := map[string]bool{}
	for _, x := range s.Samples() {
		shown[x.View.Template()] = true
	}
	files, err := fs.Glob(s.Files, "*.html")
	if err != nil || len(files) == 0 {
		t.Fatal("no pages", err)
	}
	for _, file := range files {
		if !shown[strings.TrimSuffix(file, ".html")] {
			t.Errorf("no sample shows %s", file)
		}
	}
}

// langs are the languages in which pages are tried on a site: its own, and every other
// built-in one. The pages without a site are among them.
func (s Suite) langs(t *testing.T, st *site.Site) []string {
	if s.EnglishOnly {
		return st.Languages[:1]
	}
	return append(translations(t), st.Languages[0])
}

var missing = regexp.MustCompile(`\[[a-z0-9_]+\.[a-zA-Z0-9_.#-]+\]|\{[a-z_]+\}`)

// The languages of a site side by side, as visitors ask for them: they share the pages, which
// are parsed and nothing more when this begins, and the site.
func (s Suite) testSound(t *testing.T) {
	for id, st := range fixture.Sites() {
		for _, lang := range s.langs(t, st) {
			t.Run(id+"/"+lang, func(t *testing.T) {
				t.Parallel()
				var english map[string]string
				if !strings.HasPrefix(lang, "en-") {
					english = onlyEnglish(t, lang)
				}
				for _, x := range s.Samples() {
					t.Run(x.Name, func(t *testing.T) { s.testOne(t, st, x, lang, english) })
				}
			})
		}
	}
}

func (s Suite) testOne(t *testing.T, st *site.Site, x Sample, lang string, english map[string]string) {
	f := FrameFor(st, x)
	f.Lang = lang
	out, err := s.Parsed(t).Render(f, x.View)
	if err != nil {
		t.Fatal(err)
	}
	page, doc := string(out), Parse(t, out)
	if !strings.HasPrefix(page, "<!doctype html>") || !utf8.ValidString(page) {
		t.Error("no HTML document")
	}
	if strings.Contains(page, "ZgotmplZ") || strings.Contains(page, "<no value>") {
		t.Error("a value did not fit where it stands")
	}
	if m := missing.FindString(doc.Text()); m != "" {
		t.Errorf("a text is missing or has a hole: %s", m)
	}
	CheckPage(t, page, doc)
	if !s.EnglishOnly {
		checkLanguage(t, doc, lang, english)
	}
}

// A page in another language has no English left: neither a text that its language
// lacks nor one taken from the wrong language.
func checkLanguage(t *testing.T, doc *goquery.Document, lang string, english map[string]string) {
	if got := Attr(doc, "html", "lang"); got != lang {
		t.Errorf("the page says that it is in %q, not %q", got, lang)
	}
	for _, words := range wordsOn(doc) {
		if key := english[words]; key != "" {
			t.Errorf("the page says %q in %s (%s)", words, lang, key)
		}
	}
}

func (s Suite) testHostile(t *testing.T) {
	const probe = `"><script>alert(1)</script><img src=x onerror=alert(1)>[go](recover){x}'` + "\uE000username\uE001"
	for _, x := range s.Samples() {
		st := fixture.Sites()["uk"]
		st.Name, st.Brand, st.Country, st.Tagline = probe, probe, probe, probe
		st.Notice.Title, st.Links[0].URL, st.Support.Hours, st.Support.Email = probe, "javascript:alert(1)", probe, probe
		f := FrameFor(st, x)
		f.Path, f.Reference = "/"+probe, probe
		if f.User != nil {
			f.User.FirstName, f.User.LastName, f.User.Username, f.Company.Name = probe, probe, probe, probe
		}
		doc := s.render(t, f, s.Hostile(x.View, probe))
		if n := doc.Find("script:not([src]), img:not([src^='/static/']), [onerror]").Length(); n > 0 {
			t.Errorf("%s: a name became markup", x.Name)
		}
		if doc.Find("a[href^='javascript:']").Length() > 0 {
			t.Errorf("%s: a script behind a link", x.Name)
		}
		checkOnce(t, doc, marksOf(doc).ids)
	}
}

// On a site that signs users in with their email address and trusts no device, no page
// mentions looking up a username, or trust for a time.
func (s Suite) testFits(t *testing.T) {
	st := fixture.Sites()["inkwell"]
	st.Policy.TrustedDevice = 0
	for _, x := range s.Samples() {
		text := s.render(t, FrameFor(st, x), x.View).Find("main").Text()
		for _, found := range Sentences(text, "(?i:look up your|knows your username|15 days|do not challenge me)") {
			t.Errorf("%s says %q", x.Name, found)
		}
	}
}

// Sentences are those that mention something, with their context.
func Sentences(text, of string) []string {
	return regexp.MustCompile(`[^.?!]*`+of+`[^.?!]*[.?!]?`).FindAllString(Squeeze(text), -1)
}
