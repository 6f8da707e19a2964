package portal

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/internal/site"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

func TestSearchFindsThePagesThatTheSiteHas(t *testing.T) {
	for _, c := range []struct{ id, query, want string }{
		{"uk", "password", "/account/password"},
		{"uk", "PÀSSWORD  new", "/account/password"},
		{"uk", "challenge", "/account/challenge"},
		{"inkwell", "challenge", ""},
		{"uk", "browsers", "/account/devices"},
		{"uk", "wasn't me", "/account/activity"},
		{"uk", "email", "/account/profile /contact"},
		{"uk", "terms", ""}, // this site has none
		{"uk", "zebra", ""}, {"uk", "   ", ""}, {"uk", "<script>", ""}, {"uk", "", ""},
	} {
		doc := show(t, c.id, Search{Query: c.query}, pages.SignedIn)
		var got []string
		doc.Find("section[aria-labelledby=pages] a").Each(func(_ int, a *goquery.Selection) { got = append(got, a.AttrOr("href", "")) })
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s %q: %v, want %q", c.id, c.query, got, c.want)
		}
		if empty := doc.Find(".empty").Length() == 1; empty != (c.want == "") {
			t.Errorf("%s %q: the empty state is %v", c.id, c.query, empty)
		}
		if got := pages.Attr(doc, "#q", "value"); got != c.query {
			t.Errorf("%q is not in the field again: %q", c.query, got)
		}
	}
	withTerms := func(f *ui.Frame) { pages.SignedIn(f); s := *f.Site; s.TermsVersion = "1"; f.Site = &s }
	if show(t, "uk", Search{Query: "terms"}, withTerms).Find("main a[href='/terms']").Length() != 1 {
		t.Error("the terms are not found on a site that has some")
	}
}

// A query is shown as it was typed, and nothing else.
func TestAQueryStaysText(t *testing.T) {
	const probe = `"><script>alert(1)</script>{n}[a](help)`
	for _, view := range []ui.View{HelpIndex{Query: probe, Words: true}, HelpIndex{Query: probe, Words: true, Hits: []site.HelpHit{{Page: "a", Title: probe, Lang: probe, Snippet: probe, Anchor: probe}}}, Search{Query: probe, Words: true}} {
		doc := show(t, "uk", view, pages.SignedIn)
		if doc.Find("main script, main [href*='script>']").Length() > 0 || pages.Attr(doc, "#q", "value") != probe {
			t.Errorf("%T: %s", view, pages.Attr(doc, "#q", "value"))
		}
		if !strings.Contains(doc.Find("main").Text(), probe) {
			t.Errorf("%T does not repeat the query", view)
		}
	}
}

func TestHelpArticle(t *testing.T) {
	var long, short site.HelpPage
	for _, x := range helpSamples() {
		if v, ok := x.View.(HelpArticle); ok && v.IsLong() {
			long = v.Page
		} else if ok {
			short = v.Page
		}
	}
	doc := show(t, "uk", HelpArticle{Page: long})
	if n := doc.Find("nav[aria-labelledby=contents] li a").Length(); n != 4 || pages.Attr(doc, "nav[aria-labelledby=contents] li a", "href") != "#why" {
		t.Errorf("%d lines in the table of contents", n)
	}
	if pages.Attr(doc, "article", "lang") != "de" || pages.Attr(doc, "article nav", "lang") != "en-GB" {
		t.Error("the language of the text is not marked")
	}
	if doc.Find("main a[href='/help']").Length() != 2 || doc.Find("main a[href='/contact']").Length() != 1 || doc.Find("main a[href^='tel:']").Length() != 1 {
		t.Error("no way back, or nobody to ask")
	}
	doc = show(t, "uk", HelpArticle{Page: short})
	if doc.Find("#contents, article[lang]").Length() != 0 {
		t.Error("a short page has a table of contents, or its language is marked for nothing")
	}
}

// The same page is in the frame of each reader.
func TestHelpStandsInTheFrameOfItsReader(t *testing.T) {
	for _, view := range []ui.View{HelpIndex{}, Contact{}, HelpMissing{}} {
		if doc := show(t, "au", view); doc.Find("body.auth .panel-wide h1").Length() != 1 {
			t.Errorf("%T signed out", view)
		}
		if doc := show(t, "au", view, pages.SignedIn); doc.Find("body.app .measure h1").Length() != 1 || doc.Find("form[action='/sign-out']").Length() != 1 {
			t.Errorf("%T signed in", view)
		}
	}
}

// The pages themselves, on the demo's sites: headings in order, no duplicate ids,
// nothing that the policy blocks.
func TestHelpOfTheDemo(t *testing.T) {
	all := suite.Parsed(t)
	for _, id := range []string{"meridian-uk", "meridian-au", "inkwell"} {
		s, err := site.Load("../../demo/sites/"+id, site.LoadEnv{Scheme: "https"})
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range s.Help(s.Languages[0]) {
			t.Run(id+"/"+page.Name, func(t *testing.T) {
				html, err := all.Render(pages.FrameFor(s, pages.Sample{}), HelpArticle{Page: page})
				if err != nil {
					t.Fatal(err)
				}
				doc := pages.Parse(t, html)
				pages.CheckPage(t, string(html), doc)
			})
		}
	}
}
