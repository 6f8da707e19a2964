package journeys

import (
	"strings"
	"testing"

	"gatehouse/internal/testkit"
)

func TestB18_TheFrameSaysWhereAndWhoOneIs(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		out := c.Get("/sign-in")
		for _, path := range []string{"/help", "/contact"} {
			out.MustFind(".auth-foot a[href='" + path + "']")
		}
		wantHome(t, signIn(c, "msantos", password))
		for _, path := range []string{"/", "/account/profile", "/help", "/contact", "/search?q=password"} {
			p := c.Get(path).Want(200)
			top := p.Text("header.top")
			for _, want := range []string{"Meridian", "UK", "Northgate Systems Ltd", "Account 10482", "Mira Santos", "Quick links"} {
				if !strings.Contains(top, want) {
					t.Errorf("%s: the top does not say %s: %s", path, want, top)
				}
			}
			for _, want := range []string{"form[action='/search'] input[name=q]", "header.top a[href='/help']", "header.top a[href='/contact']", ".foot a[href='/help']", ".foot a[href='/contact']", ".tabs [href='/account/profile']"} {
				p.MustFind(want)
			}
		}
		p := c.Submit(c.Get("/"), "header.top form[action='/search']", testkit.Values{"q": "password"}).Want(200)
		if p.URL.Path != "/search" || p.URL.Query().Get("q") != "password" {
			t.Errorf("searching leads to %s", p.URL)
		}
		for path, want := range map[string]string{"/": "Home", "/account/profile": "My account", "/help": "Help"} {
			if got := c.Get(path).Text(".tabs [aria-current=page]"); got != want {
				t.Errorf("%s is in %q", path, got)
			}
		}
		for _, a := range s.Sites.ByID("meridian-uk").QuickLinks {
			c.Get("/").MustFind("header.top .menu-pop a[href='" + a.URL + "']")
		}
	})
}

func TestB20_AStagingInstallationIsRecognised(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		for siteID, staging := range map[string]bool{"meridian-au": false, "meridian-uk": true} {
			s.Sites.ByID(siteID).Staging = staging
			name := map[bool]string{true: "msantos", false: "tadeyemi"}[staging]
			u := s.AddUser(siteID, name, password, nil)
			c := visitor(t, s, siteID)
			pages := []*testkit.Page{c.Get("/sign-in"), c.Get("/account/email/confirm"), c.Get("/no-such-page"), signIn(c, name, password), c.Get("/account/profile"), c.Get("/no-such-page")}
			for _, p := range pages {
				if got := p.Find("section.staging").Length() == 1; got != staging || staging && !p.Has("test installation") {
					t.Errorf("staging %v: %s says %v", staging, p.URL, got)
				}
			}
			to := "new." + u.Email
			c.Submit(pages[4], profileForm, testkit.Values{"email": to}).Want(200)
			for _, address := range []string{to, u.Email} {
				m := s.Mail.Wait(t, address)
				from := m.Header.Get("From")
				if strings.Contains(from, "[Staging]") != staging {
					t.Errorf("staging %v: a mail from %s", staging, from)
				}
			}
		}
	})
}

// A page is in the language that was chosen in its menu, before and after signing in.
func TestB18_TheLanguageMenu(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const password = "a sentence that is long enough"
		u := s.AddUser("inkwell", "ada@fernhollow.example", password, nil)
		c := visitor(t, s, "inkwell")
		in := func(page *testkit.Page, want string) *testkit.Page {
			t.Helper()
			if lang, _ := page.Doc.Find("html").Attr("lang"); lang != want {
				t.Errorf("%s is in %q, want %q", page.URL, lang, want)
			}
			return page
		}
		page := in(c.Get("/sign-in?return_to=%2Faccount%2Factivity"), "en-GB")
		german, _ := page.Doc.Find(".menu-pop a[hreflang=de]").Attr("href")
		if in(c.Get(german), "de"); !strings.Contains(german, "return_to=") {
			t.Errorf("the language costs where one was going: %s", german)
		}
		in(c.Get("/forgot-password"), "de")
		signIn(c, u.Username, password)
		page = in(c.Press(in(c.Get("/account/activity"), "de"), "Français", nil), "fr")
		if got := s.User(u).Locale; got != "fr" || page.URL.Path != "/account/activity" {
			t.Errorf("the account's language is %q, shown at %s", got, page.URL)
		}
		in(c.Get("/"), "fr")
	})
}
