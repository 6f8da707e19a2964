package journeys

import (
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/internal/testkit"
)

// Every link of the help leads to an existing page and paragraph, every page leads
// back, and readers who need more are told whom to ask (A09).
func TestA13_HelpPagesLeadToEachOtherAndBack(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		for _, site := range s.Sites.All() {
			c := visitor(t, s, site.ID)
			index := c.Get("/help").Want(200)
			pages := index.Find("section[aria-labelledby=pages] a")
			if pages.Length() < 7 || len(index.Texts("section[aria-labelledby=pages] small")) != pages.Length() {
				t.Errorf("%s: %q", site.ID, index.Texts("section[aria-labelledby=pages] a"))
			}
			pages.Each(func(_ int, a *goquery.Selection) {
				p := c.Get(a.AttrOr("href", "")).Want(200)
				if p.Text("h1") != a.Text() {
					t.Errorf("%s: %q leads to %q", site.ID, a.Text(), p.Text("h1"))
				}
				if back := c.Follow(p, "Back to all help pages"); back.URL.Path != "/help" || back.Status != 200 {
					t.Errorf("%s: the way back of %q leads to %s", site.ID, a.Text(), back.URL)
				}
				if !p.Has("administrator") || !p.Has(site.Support.Email) {
					t.Errorf("%s: %q does not say whom to ask", site.ID, a.Text())
				}
				wantHelpLinks(t, c, p)
			})
		}
	})
}

// wantHelpLinks follows the links of a help page to other help.
func wantHelpLinks(t *testing.T, c *testkit.Client, p *testkit.Page) {
	t.Helper()
	p.Find("article a").Each(func(_ int, a *goquery.Selection) {
		link, err := url.Parse(a.AttrOr("href", ""))
		if err != nil {
			t.Errorf("%s: %v", p.URL, err)
			return
		}
		to := p
		if strings.HasPrefix(link.Path, "/help") || link.Path == "/contact" || link.Path == "/sign-in" {
			to = c.Get(link.Path)
		}
		if to.Status != 200 || link.Fragment != "" && to.Find("[id='"+link.Fragment+"']").Length() != 1 {
			t.Errorf("%s links to %s, which is not there (%d)", p.URL.Path, link, to.Status)
		}
	})
}

func TestA13_HelpPagesHaveTheRealNumbers(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		for _, c := range []struct{ site, path, has, hasNot string }{
			{"meridian-uk", "/help/passwords", "At least 11 characters", "At least 7"},
			{"meridian-au", "/help/passwords", "At least 8 characters", "At least 11"},
			{"meridian-uk", "/help/old-system", "at least 11 characters", "at least 7"},
			{"inkwell", "/help/passwords", "At least 15 characters", "upper-case letter (A"},
			{"meridian-uk", "/help/forgotten-password", "Answer your challenge question", "follow the link"},
			{"inkwell", "/help/forgotten-password", "follow the link", "Answer your challenge question"},
			{"meridian-uk", "/help/first-sign-in", "Are you the only person who uses this sign-in?", ""},
			{"inkwell", "/help/first-sign-in", "Accept the terms of use", "only person"},
			{"meridian-au", "/help/first-sign-in", "New users: your first sign-in", ""},
			{"inkwell", "/help/signing-in", "Your Inkwell account", ""},
			{"meridian-uk", "/help/locked", "6 in a row lock", ""},
		} {
			p := visitor(t, s, c.site).Get(c.path).Want(200)
			if !p.Has(c.has) || c.hasNot != "" && p.Has(c.hasNot) {
				t.Errorf("%s%s: has %q: %v, has %q: %v", c.site, c.path, c.has, p.Has(c.has), c.hasNot, p.Has(c.hasNot))
			}
		}
	}, testkit.WithSite("meridian-uk", func(text string) string { return strings.Replace(text, "min_length: 7", "min_length: 11", 1) }))
}

// The same pages for signed-in users, in the frame of their account.
func TestA13_HelpPagesAreThereSignedInToo(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		for _, path := range []string{"/help", "/help/locked", "/contact"} {
			if p := c.Get(path).Want(200); p.Find("form[action='/sign-out']").Length() != 0 {
				t.Errorf("%s: signed in without signing in", path)
			}
		}
		wantHome(t, signIn(c, "msantos", password))
		for _, path := range []string{"/help", "/help/locked", "/contact"} {
			if p := c.Get(path).Want(200); p.Find("form[action='/sign-out']").Length() != 1 || !p.Has("Northgate Systems Ltd") {
				t.Errorf("%s does not stand in the frame of the account", path)
			}
		}
		// Now the pages of the account that help leads to are open too.
		seen := map[string]bool{}
		c.Get("/help").Find("section[aria-labelledby=pages] a").Each(func(_ int, a *goquery.Selection) {
			c.Get(a.AttrOr("href", "")).Find("article a[href^='/']").Each(func(_ int, a *goquery.Selection) {
				path, _, _ := strings.Cut(a.AttrOr("href", ""), "#")
				if seen[path] {
					return
				}
				seen[path] = true
				if p := c.Get(path); p.Status != 200 {
					t.Errorf("help leads to %s, which answers %d", path, p.Status)
				}
			})
		})
		if !seen["/account/profile"] || !seen["/account/activity"] {
			t.Errorf("help leads only to %v", seen)
		}
	})
}

func TestA13_HelpPagesAreSearched(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		search := func(path, q string) *testkit.Page { return c.Get(path + "?q=" + url.QueryEscape(q)).Want(200) }
		if p := search("/help", "TEMPORARY expíred"); p.Find("section[aria-labelledby=found] a[href='/help/forgotten-password#expired-temporary-password']").Length() != 1 {
			t.Errorf("not found: %s", p.Text("main"))
		}
		if p := c.Get("/search?q=x"); p.URL.Path != "/sign-in" {
			t.Errorf("a stranger searches an account at %s", p.URL)
		}
		wantHome(t, signIn(c, "msantos", password))
		if p := search("/search", "password"); p.Find("main a[href='/account/password']").Length() != 1 || p.Find("main a[href='/help/passwords']").Length() != 1 {
			t.Errorf("not found: %s", p.Text("main"))
		}
		for q, path := range map[string]string{"home": "/", "profile": "/account/profile", "devices": "/account/devices", "activity": "/account/activity",
			"terms": "/terms", "help": "/help", "contact": "/contact", "challenge": "/account/challenge"} {
			search("/search", q).MustFind("section[aria-labelledby=pages] a[href='" + path + "']")
			if p := c.Get(path); p.Status != 200 || p.URL.Path != path {
				t.Errorf("the search for %q leads to %s, which answers %d at %s", q, path, p.Status, p.URL.Path)
			}
		}
		if p := search("/search", "zebra"); !p.Has("No results for “zebra”") {
			t.Errorf("%s", p.Text("main"))
		}
		if p := c.Get("/search").Want(200); !p.Has("What are you looking for?") {
			t.Errorf("%s", p.Text("main"))
		}
		for _, path := range []string{"/help", "/search"} {
			for _, q := range []string{"<script>alert(1)</script>", "   ", strings.Repeat("a", 300), strings.Repeat("日本 ", 300), "\x00\xff", "%", "*.*", "'; --"} {
				p := search(path, q)
				if p.Find("main script, main [onerror]").Length() != 0 {
					t.Errorf("%s: %q became markup", path, q)
				}
			}
		}
	})
}

func TestA13_HelpPagesThatAreNotThere(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		c := visitor(t, s, "meridian-uk")
		for _, path := range []string{"/help/nothing", "/help/..%2Fsite.yaml", "/help/locked.en-AU", "/help/%00", "/help/" + strings.Repeat("a", 3000)} {
			p := c.Get(path).Want(404)
			if reference.FindString(p.Text("body")) == "" {
				t.Errorf("%.40s: no reference", path)
			}
			if back := c.Follow(p, "Back to all help pages"); back.Status != 200 || back.URL.Path != "/help" {
				t.Errorf("%.40s: no way back", path)
			}
		}
		if p := visitor(t, s, "inkwell").Get("/help/forgotten-username"); p.Status != 404 {
			t.Errorf("a site without usernames has help on them: %d", p.Status)
		}
		if p := visitor(t, s, "inkwell").Get("/help/old-system"); p.Status != 404 {
			t.Errorf("a page of another site: %d", p.Status)
		}
	})
}
