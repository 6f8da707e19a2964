package journeys

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/testkit"
)

// A tab that somebody else has left open on a shared computer, with an address typed into
// it: the user who is signed in now does not get that into their own profile with a
// second click.
func TestC05_WhatSomebodyElseTypedDoesNotComeBack(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	for _, name := range []string{"leaver", "msantos"} {
		s.AddUser("meridian-uk", name, password, nil)
	}
	c := visitor(t, s, "meridian-uk")
	wantHome(t, signIn(c, "leaver", password))
	left, typed := c.Get("/account/profile"), testkit.Values{"email": "leaver@elsewhere.example"}
	c.Press(c.Get("/"), "Sign out", nil)
	wantHome(t, signIn(c, "msantos", password))
	for range 2 {
		p := c.Submit(left, profileForm, typed)
		if p.Status != http.StatusForbidden || !p.Has("This form has expired") || strings.Contains(string(p.Body), "elsewhere.example") {
			t.Errorf("%d %q", p.Status, p.Text("main"))
		}
	}
	c.Press(c.Get("/"), "Sign out", nil)
	wantHome(t, signIn(c, "leaver", password))
	if p := c.Submit(left, profileForm, typed); p.Status != http.StatusConflict || !strings.Contains(string(p.Body), "elsewhere.example") {
		t.Errorf("who has typed it: %d %q", p.Status, p.Text("main"))
	}
}

// Two tabs: signing out in one, then in the other, and again after signing in as somebody
// else. Pressing the button signs the user out, or asks.
func TestC05_SignOutWorksInEveryOldTab(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		s.AddUser("meridian-uk", "colleague", password, nil)
		c := visitor(t, s, "meridian-uk")
		first := signIn(c, "msantos", password)
		wantHome(t, first)
		for range 2 {
			if p := c.Press(first, "Sign out", nil); p.Status != 200 || p.URL.Path != "/sign-in" || !p.Has("You are signed out") {
				t.Fatalf("%d %s %q", p.Status, p.URL, p.Text("main"))
			}
		}
		wantHome(t, signIn(c, "colleague", password))
		c.Press(first, "Sign out", nil)
		wantSignedOut(t, c, "the colleague, in a tab of the session before")
		// If the browser does not say that it was our page, the user does.
		wantHome(t, signIn(c, "msantos", password))
		r, err := http.NewRequest(http.MethodPost, s.URL("meridian-uk", "/sign-out"), strings.NewReader("form_token="+first.MustFind("[name=form_token]").First().AttrOr("value", "")))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "null")
		ask := c.Do(r).Want(403)
		if !ask.Has("Sign out?") {
			t.Fatalf("%q", ask.Text("main"))
		}
		wantHome(t, c.Get("/"))
		c.Press(ask, "Sign out", nil)
		wantSignedOut(t, c, "who was asked")
	})
}

// Browsers without Fetch Metadata can sign in: they say "null" if a page sends no
// referrer, which our pages do send to each other.
func TestC01_OldBrowsersSignIn(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		for _, origin := range []string{s.URL("meridian-uk", ""), "null", ""} {
			c := visitor(t, s, "meridian-uk")
			page := c.Get("/sign-in")
			if got := page.Header.Get("Referrer-Policy"); got != "same-origin" {
				t.Fatalf("the policy is %q", got)
			}
			form := url.Values{"username": {"msantos"}, "password": {password}, "form_token": {page.MustFind("[name=form_token]").AttrOr("value", "")}}
			r, err := http.NewRequest(http.MethodPost, s.URL("meridian-uk", "/sign-in"), strings.NewReader(form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if origin != "" {
				r.Header.Set("Origin", origin)
			}
			if p := c.Do(r); p.Status != http.StatusSeeOther {
				t.Errorf("Origin %q: %d %q", origin, p.Status, p.Text("main"))
			}
			wantHome(t, c.Get("/"))
		}
	})
}

// Two tabs wait at the sign-in page with two destinations. Each gets to its own.
func TestC05_TheSecondTabGetsWhereItWasGoing(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		first, second := c.Get("/account/devices"), c.Get("/account/activity")
		in := testkit.Values{"username": "msantos", "password": password}
		if p := c.Submit(first, signInForm, in); p.URL.Path != "/account/devices" {
			t.Errorf("the first tab is at %s", p.URL)
		}
		if p := c.Submit(second, signInForm, in); p.URL.Path != "/account/activity" {
			t.Errorf("the second tab is at %s", p.URL)
		}
	})
}
