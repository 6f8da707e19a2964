package ui

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"
	"go.yaml.in/yaml/v3"

	"gatehouse"
)

// eachPage renders every view on every site, in the site's own language and in every
// other one of the house.
func eachPage(t *testing.T, check func(t *testing.T, html string, doc *goquery.Document)) {
	t.Helper()
	pages := newPages(t)
	for id, s := range testSites() {
		for _, lang := range append(translations(t), s.Languages[0]) {
			for _, x := range samples() {
				t.Run(id+"/"+lang+"/"+x.name, func(t *testing.T) {
					html, err := pages.Render(frameIn(lang, s, x), x.view)
					if err != nil {
						t.Fatal(err)
					}
					check(t, string(html), parse(t, html))
				})
			}
		}
	}
}

func parse(t *testing.T, html []byte) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestEveryPageIsSound(t *testing.T) {
	missing := regexp.MustCompile(`\[[a-z0-9_]+\.[a-zA-Z0-9_.#-]+\]|\{[a-z_]+\}`)
	eachPage(t, func(t *testing.T, html string, doc *goquery.Document) {
		if !strings.HasPrefix(html, "<!doctype html>") || !utf8.ValidString(html) {
			t.Error("no HTML document")
		}
		if strings.Contains(html, "ZgotmplZ") || strings.Contains(html, "<no value>") {
			t.Error("a value did not fit where it stands")
		}
		if m := missing.FindString(doc.Text()); m != "" {
			t.Errorf("a text is missing or has a hole: %s", m)
		}
		checkOnce(t, doc)
		checkPolicy(t, html, doc)
		checkReferences(t, doc)
		checkNames(t, doc)
		checkStandard(t, doc)
	})
}

// checkOnce: one h1, one main, one title, no id twice, headings in order.
func checkOnce(t *testing.T, doc *goquery.Document) {
	for _, sel := range []string{"h1", "main", "title", "html[lang][dir]", ".skip"} {
		if n := doc.Find(sel).Length(); n != 1 {
			t.Errorf("%d of %s", n, sel)
		}
	}
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if seen[id] || id == "" {
			t.Errorf("id %q twice or empty", id)
		}
		seen[id] = true
	})
	last := 0
	doc.Find("main h1, main h2, main h3").Each(func(_ int, s *goquery.Selection) {
		level := int(goquery.NodeName(s)[1] - '0')
		if level > last+1 {
			t.Errorf("heading %q skips a level", s.Text())
		}
		last = level
	})
}

// checkPolicy: nothing that Policy would stop.
func checkPolicy(t *testing.T, html string, doc *goquery.Document) {
	if n := doc.Find("[style], style, script:not([src]), [onclick], [onload], base, object, embed, link[rel=stylesheet]:not([href^='/static/']), script:not([src^='/static/'])").Length(); n > 0 {
		t.Errorf("%d elements that the policy stops", n)
	}
	if strings.Contains(html, "data:") || strings.Contains(html, "javascript:") {
		t.Error("a data: or javascript: address")
	}
	doc.Find("img[src], iframe[src], link[href], form[action]").Each(func(_ int, s *goquery.Selection) {
		for _, name := range []string{"src", "href", "action"} {
			if v, ok := s.Attr(name); ok && (!strings.HasPrefix(v, "/") || strings.HasPrefix(v, "//")) {
				t.Errorf("%s=%q leaves the site", name, v)
			}
		}
	})
	doc.Find("form[method=post]").Each(func(_ int, s *goquery.Selection) {
		if v, _ := s.Find("input[name=form_token]").Attr("value"); v != "token-1" {
			t.Error("a form without its token")
		}
	})
}

// checkReferences: what points to an id points to one, and the icons that are used,
// and only they, are in the page.
func checkReferences(t *testing.T, doc *goquery.Document) {
	used := map[string]bool{}
	for _, name := range []string{"for", "aria-describedby", "aria-labelledby", "data-copy", "data-dialog", "data-reveal", "data-caps", "data-reqs", "data-repeat", "data-old", "data-when", "form", "href"} {
		doc.Find("[" + name + "]").Each(func(_ int, s *goquery.Selection) {
			v, _ := s.Attr(name)
			if name == "href" {
				if !strings.HasPrefix(v, "#") {
					return
				}
				v = v[1:]
				used[v] = true
			}
			for id := range strings.FieldsSeq(v) {
				if doc.Find("[id='"+id+"']").Length() != 1 {
					t.Errorf("%s=%q points nowhere", name, v)
				}
			}
		})
	}
	doc.Find("symbol").Each(func(_ int, s *goquery.Selection) {
		if id, _ := s.Attr("id"); !used[id] {
			t.Errorf("icon %s is not used", id)
		}
	})
}

// checkNames: whatever can be used has a name, and errors belong to their fields.
func checkNames(t *testing.T, doc *goquery.Document) {
	doc.Find("button, a[href], summary").Each(func(_ int, s *goquery.Selection) {
		label, _ := s.Attr("aria-label")
		inTemplate := s.ParentsFiltered("template").Length() > 0
		if strings.TrimSpace(label+s.Text()) == "" && !inTemplate {
			html, _ := goquery.OuterHtml(s)
			t.Errorf("no name: %s", html)
		}
	})
	doc.Find("input:not([type=hidden]):not([hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if doc.Find("label[for='"+id+"']").Length() != 1 {
			t.Errorf("input %q has no label", id)
		}
		if _, ok := s.Attr("autocomplete"); !ok && !s.Is("[type=checkbox], [type=radio]") {
			t.Errorf("input %q has no autocomplete", id)
		}
	})
	doc.Find("[aria-invalid]").Each(func(_ int, s *goquery.Selection) {
		if _, ok := s.Attr("aria-describedby"); !ok {
			t.Error("a wrong field without its error")
		}
	})
}

// checkStandard: faults that Tidy does not know. The script gives tables their roles.
func checkStandard(t *testing.T, doc *goquery.Document) {
	doc.Find("table[role], table [role]").Each(func(_ int, s *goquery.Selection) {
		if s.Is("table, thead, tbody, tr, th, td") {
			t.Errorf("<%s> has a role besides its own", goquery.NodeName(s))
		}
	})
	doc.Find("time, template time").Each(func(_ int, s *goquery.Selection) {
		if _, err := time.Parse(time.RFC3339, s.AttrOr("datetime", "")); err != nil {
			t.Errorf("no moment: %v", err)
		}
	})
}

// TestTextsExist reads the keys that templates and code name and looks for each in
// the texts; keys that are put together are met by rendering all samples.
func TestTextsExist(t *testing.T) {
	texts := pageTexts(t)
	source := allSource(t)
	for _, m := range regexp.MustCompile(`\.(?:T|Rich) "([a-z0-9_.-]+)"|\.(?:T|Rich)\("([a-z0-9_.-]+)"[,)]`).FindAllStringSubmatch(source, -1) {
		key := m[1] + m[2]
		if _, ok := texts[key]; !ok && texts[key+"#other"] == "" {
			t.Errorf("text %s is used and does not exist", key)
		}
	}
	for key := range texts {
		stem, _, _ := strings.Cut(key, "#")
		named := strings.Contains(source, `"`+stem+`"`)
		for i, r := range stem { // or put together from its beginning: "event." + which
			named = named || (r == '.' || r == '_') && strings.Contains(source, `"`+stem[:i+1]+`"`)
		}
		if !named {
			t.Errorf("text %s is not used", key)
		}
	}
}

// pageTexts are the texts of all files but common.yaml, which mails use too.
func pageTexts(t *testing.T) map[string]string {
	t.Helper()
	files, err := fs.Glob(os.DirFS("../../site/texts/en-GB"), "*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatal("no texts", err)
	}
	texts := map[string]string{}
	for _, name := range files {
		data, err := os.ReadFile("../../site/texts/en-GB/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "common.yaml" {
			continue
		}
		if err := yaml.Unmarshal(data, &texts); err != nil {
			t.Fatal(name, err)
		}
	}
	return texts
}

func allSource(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	files, _ := fs.Glob(os.DirFS("."), "*.go")
	for _, pattern := range []string{"templates/*.html", "templates/shared/*.html"} {
		more, _ := fs.Glob(os.DirFS("."), pattern)
		files = append(files, more...)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(data)
	}
	return b.String()
}

// TestTemplatesHoldNoWords: a sentence in a template could not be translated.
func TestTemplatesHoldNoWords(t *testing.T) {
	action := regexp.MustCompile(`(?s)\{\{.*?\}\}|<[^>]*>`)
	for _, pattern := range []string{"templates/*.html", "templates/shared/*.html"} {
		files, _ := fs.Glob(templateFiles, pattern)
		for _, name := range files {
			data, _ := fs.ReadFile(templateFiles, name)
			for word := range strings.FieldsSeq(action.ReplaceAllString(string(data), " ")) {
				if strings.Trim(word, ".,&;") != "" && word != "Gatehouse" {
					t.Errorf("%s: %q stands in the template", path.Base(name), word)
				}
			}
		}
	}
}

func TestHostileNamesStayInert(t *testing.T) {
	const probe = `"><script>alert(1)</script><img src=x onerror=alert(1)>[go](recover){x}'` + "\uE000username\uE001"
	pages := newPages(t)
	for _, x := range samples() {
		s := testSites()["uk"]
		s.Name, s.Brand, s.Country, s.Tagline = probe, probe, probe, probe
		s.Notice.Title, s.Links[0].URL, s.Support.Hours, s.Support.Email = probe, "javascript:alert(1)", probe, probe
		f := frameFor(s, x)
		if x.siteless {
			f.Site = nil
		}
		f.Path, f.Reference = "/"+probe, probe
		if f.User != nil {
			f.User.FirstName, f.User.LastName, f.User.Username, f.Company.Name = probe, probe, probe, probe
		}
		html, err := pages.Render(f, hostile(x.view, probe))
		if err != nil {
			t.Fatal(x.name, err)
		}
		doc := parse(t, html)
		if n := doc.Find("script:not([src]), img, [onerror]").Length(); n > 0 {
			t.Errorf("%s: a name became markup", x.name)
		}
		if doc.Find("a[href^='javascript:']").Length() > 0 {
			t.Errorf("%s: a script behind a link", x.name)
		}
		checkOnce(t, doc)
	}
}

// hostile puts a probe into the texts of a view that come from people.
func hostile(v View, probe string) View {
	switch v := v.(type) {
	case SignIn:
		v.Username, v.ReturnTo = probe, probe
		return v
	case Home:
		v.LastFrom = probe
		v.Activity = []gatehouse.Event{{Kind: gatehouse.EventKind(probe), Address: probe, UserAgent: probe, At: noon}}
		return v
	case Inbox:
		m := Message{ID: probe, To: probe, From: probe, Subject: probe, Text: probe + " https://example.com/" + probe, At: noon, HasHTML: true}
		v.Messages, v.Open, v.To, v.SMTP = []Message{m}, &m, probe, probe
		return v
	case Tour:
		v.Sites[0].Accounts = []TourAccount{{Username: probe, Password: probe, Email: probe, Name: probe, Company: probe, Role: probe, State: probe, Note: probe}}
		v.SMTP, v.Operator = probe, []string{probe}
		return v
	case Users:
		v.Search, v.List = probe, []gatehouse.User{hostileUser(probe)}
		return v
	case UserDetail:
		v.Of, v.Email, v.Trusted = hostileUser(probe), probe, []gatehouse.Browser{{ID: probe, UserAgent: probe, Address: probe, TrustedAt: noon}}
		v.Mails = []UserMail{{ID: probe, Subject: probe, To: probe, State: "bounced", Reply: probe, Resend: ResendAgain}}
		return v
	case OwnTwoFactor:
		v.Stored, v.Own, v.Automatic = hostileUser(probe), probe, probe
		return v
	}
	return hostileStep(v, probe)
}

func hostileUser(probe string) gatehouse.User {
	return gatehouse.User{ID: probe, Username: probe, FirstName: probe, LastName: probe, Email: probe, Bounce: gatehouse.Bounce{At: noon, Reason: probe}}
}

func TestRenderAtTheSameTime(t *testing.T) {
	pages := newPages(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for _, s := range testSites() {
				for _, x := range samples() {
					if _, err := pages.Render(frameFor(s, x), x.view); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
}
