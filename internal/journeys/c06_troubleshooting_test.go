package journeys

import (
	"net/http"
	"net/url"
	"testing"

	"gatehouse/internal/testkit"
)

// The help of every site covers the most common problems, each with an anchor that
// pages can link to.
func TestC06_HelpCoversWhatGoesWrong(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		for _, site := range s.Sites.All() {
			c := visitor(t, s, site.ID)
			for _, place := range []struct{ page, anchor string }{
				{"signing-in", "typing"}, {"signing-in", "caps-lock"}, {"signing-in", "outdated-password"}, {"signing-in", "cookies"},
				{"signing-in", "browser"}, {"signing-in", "sender"}, {"forgotten-password", "mail"}, {"forgotten-password", "no-email"},
				{"forgotten-password", "expired-temporary-password"}, {"locked", "unlock"}, {"safety", "phishing"}, {"safety", "shared"},
			} {
				p := c.Get("/help/" + place.page).Want(200)
				if p.Find("[id='"+place.anchor+"']").Length() != 1 {
					t.Errorf("%s: /help/%s has no %s", site.ID, place.page, place.anchor)
				}
			}
			safety := c.Get("/help/safety")
			if !safety.Has(site.Origin+"/") || !safety.Has("never ask") {
				t.Errorf("%s: the help does not say how to know our pages and mails", site.ID)
			}
		}
	})
}

// People find it with their own words.
func TestC06_TroubleIsFoundBySearching(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		for _, id := range []string{"meridian-uk", "inkwell"} {
			c := visitor(t, s, id)
			for query, want := range map[string]string{
				"caps lock": "/help/signing-in#caps-lock", "cookies": "/help/signing-in#cookies", "spam": "/help/forgotten-password#mail",
				"browser": "/help/signing-in#browser", "locked": "/help/locked",
			} {
				p := c.Get("/help?q=" + url.QueryEscape(query)).Want(200)
				links := p.MustFind("section[aria-labelledby=found] a")
				if links.Slice(0, min(4, links.Length())).Filter("[href='"+want+"']").Length() == 0 {
					t.Errorf("%s: %q does not lead to %s: %q", id, query, want, p.Texts("section[aria-labelledby=found] a"))
				}
			}
		}
	})
}

// The page itself says what is wrong if that is safe: without cookies.
func TestC06_ThePageSaysThatCookiesAreOff(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		c := visitor(t, s, "meridian-uk")
		form := c.Get("/sign-in")
		c.SetCookie(&http.Cookie{Name: "gatehouse-signin", Path: "/", MaxAge: -1})
		p := c.Submit(form, signInForm, testkit.Values{"username": "msantos", "password": password}).Want(403)
		if !p.Has("Your browser did not send our cookie") || !p.Has("Allow cookies") {
			t.Errorf("%s", p.Text("main"))
		}
	})
}

// Contact says how to reach the site, and asks for what support needs to know (C07).
func TestC06_ContactAsksForWhatSupportNeeds(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		for _, site := range s.Sites.All() {
			p := visitor(t, s, site.ID).Get("/contact").Want(200)
			p.MustFind("main a[href='mailto:" + site.Support.Email + "']")
			p.MustFind("main a[href^='tel:']")
			for _, want := range []string{site.Support.Phone, site.Support.Hours, "administrator", "Email address", "What happened?", "Error reference", "What have you tried?", "Screenshots", "Never your password"} {
				if !p.Has(want) {
					t.Errorf("%s does not say %q: %s", site.ID, want, p.Text("main"))
				}
			}
		}
	})
}
