package journeys

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/sso"
	"gatehouse/internal/testkit"
)

// From one platform a browser signs out of all of them at once: the others need not ask first,
// and signing out at home says who has confirmed.
func TestB17_SignOutReachesEveryPlatformInABrowser(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		s := testkit.NewServer(t, database, withPlatforms(t))
		s.AddUser("meridian-uk", "msantos", password, nil)
		b := testkit.Browser(t)
		at := func(host string) string {
			return strings.Replace(s.URL("meridian-uk", "/"), "uk.localhost", host, 1)
		}
		signIn := func() {
			entersPassword(b, "Username", "msantos", password)
		}
		b.Open(at("shop.localhost"))
		signIn()
		b.See("Catalogue")
		b.Open(at("orders.localhost"))
		b.See("Your orders")
		b.Press("Sign out everywhere")
		b.See("Forgot password?") // the order desk, which asks for a sign-in
		b.Open(at("shop.localhost"))
		b.See("Forgot password?")
		signIn()
		b.See("Catalogue")
		b.Open(at("orders.localhost"))
		b.See("Your orders")

		b.Open(s.URL("meridian-uk", "/"))
		b.Click("summary.user-btn")
		b.Click("form[action='/sign-out'] button")
		b.See("You are also signed out of Storefront, Order desk.")
		if got := b.Texts("main li small"); len(got) != 2 || got[0] != "Signed out" || got[1] != "Signed out" {
			t.Errorf("it says %q", got)
		}
		b.Follow("Sign in again")
		b.See("Forgot password?")
		for _, host := range []string{"shop.localhost", "orders.localhost"} {
			b.Open(at(host))
			b.See("Forgot password?")
		}
	})
}

// A platform that does not answer keeps nobody waiting: the page says so, and shows the result
// a moment later, with scripts and without. Then it leads back.
func TestB17_SignOutSaysWhichPlatformsConfirmed(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		s := testkit.NewServer(t, database, withPlatforms(t))
		s.AddUser("meridian-uk", "msantos", password, nil)
		var up atomic.Bool
		slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				if !up.Load() {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Write([]byte("<!doctype html><title>Training</title><link rel=icon href=data:,><h1>Training</h1>")) //nolint:errcheck // a test sees it
		}))
		t.Cleanup(slow.Close)
		origin := strings.Replace(slow.URL, "127.0.0.1", "training.localhost", 1)
		p := newPlatform(t, s, func(a *gatehouse.ApplicationSettings) {
			a.RedirectURIs, a.PostLogoutRedirectURIs, a.BackchannelLogoutURI = []string{origin + "/cb"}, []string{origin + "/"}, origin+"/back-channel-logout"
		})
		p.config.RedirectURL = origin + "/cb"
		for _, scripts := range []bool{true, false} {
			up.Store(false)
			b := testkit.Browser(t)
			if !scripts {
				b.NoJavaScript()
			}
			b.Open(p.ask())
			entersPassword(b, "Username", "msantos", password)
			b.See("Training")
			at, err := url.Parse(b.URL())
			if err != nil {
				t.Fatal(err)
			}
			tokens, _ := p.exchange(at.Query())
			hint, _ := tokens.Extra("id_token").(string)
			b.Open(strings.Replace(s.URL("meridian-uk", "/"), "uk.localhost", "orders.localhost", 1))
			b.See("Your orders")
			b.Open(s.URL("meridian-uk", sso.LogoutPath) + "?id_token_hint=" + hint + "&post_logout_redirect_uri=" + origin + "/")
			b.See("You are also signed out of Order desk. " + p.app.Name + " has not answered yet.")
			up.Store(true)
			s.Clock.Add(5 * time.Second)
			s.Logouts.Nudge()
			b.See("Training")
			if !strings.HasPrefix(b.URL(), origin) {
				t.Errorf("scripts %v: it leads to %s", scripts, b.URL())
			}
		}
	})
}

// A platform that the server cannot reach is opened in a hidden frame, once, with the session's
// names; the policy of that page allows frames of its origin, and of no other.
func TestB17_SignOutOpensFramesOfPlatformsThatAskForIt(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		p := newPlatform(t, s, func(a *gatehouse.ApplicationSettings) {
			a.FrontchannelLogoutURI = "http://shop.localhost:9/over?from=here"
		})
		c := visitor(t, s, "meridian-uk")
		signIn(c, "msantos", password)
		_, id := p.exchange(p.answered(c.Get(p.ask())))
		var named struct {
			SID string `json:"sid"`
		}
		if err := id.Claims(&named); err != nil {
			t.Fatal(err)
		}
		page := c.Press(c.Get("/"), "Sign out", nil)
		frame, err := url.Parse(page.MustFind("iframe[hidden][sandbox]").AttrOr("src", ""))
		if err != nil {
			t.Fatal(err)
		}
		q := frame.Query()
		if frame.Host+frame.Path != "shop.localhost:9/over" || q.Get("from") != "here" || q.Get("iss") != s.URL("meridian-uk", "") || q.Get("sid") != named.SID {
			t.Errorf("the frame opens %s", frame)
		}
		if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy+";", "; frame-src http://shop.localhost:9;") || strings.Count(policy, "frame-src") != 1 {
			t.Errorf("policy: %s", policy)
		}
		if again := c.Follow(page, "Look again"); again.Find("iframe").Length() != 0 || strings.Contains(again.Header.Get("Content-Security-Policy"), "frame-src") {
			t.Error("the frame is opened twice")
		}
	})
}
