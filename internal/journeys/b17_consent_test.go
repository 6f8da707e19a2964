package journeys

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

func ofOthers(a *gatehouse.ApplicationSettings) { a.ThirdParty = true }

const consentForm = "form[action^='/oauth2/consent']"

// The user of a third-party application is first asked what it may read, once.
func TestB17_AnApplicationOfOthersAsksFirst(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		shop := newPlatform(t, s, ofOthers)
		c := visitor(t, s, "meridian-uk")
		page := c.Submit(c.Get(shop.ask("scope", "openid email")), signInForm, testkit.Values{"username": "msantos", "password": password}).Want(200)
		if page.Text("h1") != "Let Shop read your details?" || !page.Has(u.DisplayName()) || !page.Has("Your email address") || page.Has("Your profile") {
			t.Fatalf("not asked: %s %q", page.URL, page.Text("main"))
		}
		if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") || page.Header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("the page can be framed: %s", policy)
		}
		second := c.Get(shop.ask("scope", "openid email", "state", "state-2")) // another tab
		if answer := shop.answered(c.Press(page, "Cancel", nil)); answer.Get("error") != "access_denied" || answer.Get("state") != "state-1" || answer.Get("iss") == "" {
			t.Errorf("refused: %v", answer)
		}
		allowed := c.Press(second, "Allow", nil)
		if answer := shop.answered(allowed); answer.Get("state") != "state-2" || answer.Get("code") == "" {
			t.Errorf("the other tab: %v", answer)
		}
		shop.exchange(shop.answered(c.Get(shop.ask("scope", "openid email"))))
		if answer := shop.answered(c.Get(shop.ask("prompt", "none"))); answer.Get("error") != "consent_required" {
			t.Errorf("more, and nobody asked: %v", answer)
		}
		page = c.Get(shop.ask())
		if !page.Has("Your profile") || page.Find(consentForm).Length() != 1 {
			t.Errorf("more, and not asked: %q", page.Text("main"))
		}
		s.Clock.Add(time.Minute)
		if back := c.Get(second.URL.String()).Want(400); back.Text("h1") != "You’ve answered this already" {
			t.Errorf("going back: %q", back.Text("h1"))
		}
		// The page of a session that has since ended asks to sign in, and then again.
		stale := page
		c.Press(c.Get("/"), "Sign out", nil)
		page = c.Press(stale, "Allow", nil)
		page = c.Submit(page, signInForm, testkit.Values{"username": "msantos", "password": password})
		if page.Find(consentForm).Length() != 1 {
			t.Fatalf("after another sign-in: %s %q", page.URL, page.Text("h1"))
		}
		shop.exchange(shop.answered(c.Press(page, "Allow", nil)))
		if log := c.Get("/account/activity"); !log.Has("You let Shop read your details") || !log.Has("You didn’t let Shop read your details") {
			t.Errorf("activity: %q", log.Text("main"))
		}
	})
}

// Somebody else who sits down signs in, and is asked separately.
func TestB17_ConsentIsForWhoIsSignedIn(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		other := s.AddUser("meridian-uk", "tadeyemi", password, nil)
		shop := newPlatform(t, s, ofOthers)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		page := c.Get(shop.ask())
		stale := page
		page = c.Follow(page, "Not you?")
		page = c.Submit(page, signInForm, testkit.Values{"username": "tadeyemi", "password": password})
		if page.Find(consentForm).Length() != 1 || !page.Has(other.DisplayName()) {
			t.Fatalf("somebody else: %s %q", page.URL, page.Text("main"))
		}
		if again := c.Press(stale, "Allow", nil); again.Find("[data-onward]").Length() != 0 {
			t.Errorf("what stood on the page of one is another's consent: %s", again.URL)
		}
		_, id := shop.exchange(shop.answered(c.Press(page, "Allow", nil)))
		if id.Subject != other.ID {
			t.Errorf("signed in as %s", id.Subject)
		}
	})
}

// In a real browser the answer reaches the application, also by two clicks and without scripts.
func TestB17_ConsentInABrowser(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, "<!doctype html><title>Shop</title><link rel=icon href=data:,><h1>code %t %s</h1>", r.FormValue("code") != "", r.FormValue("error"))
		}))
		t.Cleanup(shop.Close)
		callback := strings.Replace(shop.URL, "127.0.0.1", "shop.localhost", 1) + "/cb"
		p := newPlatform(t, s, func(a *gatehouse.ApplicationSettings) { a.RedirectURIs, a.ThirdParty = []string{callback}, true })
		p.config.RedirectURL = callback
		b := testkit.Browser(t)
		b.Open(p.ask("scope", "openid"))
		entersPassword(b, "Username", "msantos", password)
		b.See("What it will read")
		b.Press("Cancel")
		b.See("code false access_denied")
		b.Open(p.ask("scope", "openid"))
		b.PressTwice("Allow", func() { time.Sleep(20 * time.Millisecond) }, func() {})
		b.See("code true")
		b.NoJavaScript()
		b.Open(p.ask("scope", "openid email"))
		b.Press("Allow")
		b.See("code true")
	})
}
