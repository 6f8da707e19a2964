package journeys

import (
	"net/http"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// operator is support at the command line.
var operator = gatehouse.Caller{Kind: gatehouse.Operator, Name: "olive"}

// trusting signs in with a code in a new browser, and asks not to be challenged there.
func trusting(t *testing.T, s *testkit.Server, u gatehouse.User) *testkit.Client {
	t.Helper()
	c := visitor(t, s, u.SiteID)
	trustHere(t, s, c, u)
	return c
}

func trustHere(t *testing.T, s *testkit.Server, c *testkit.Client, u gatehouse.User) {
	t.Helper()
	p := wantCodePage(t, c, u)
	wantHome(t, c.Submit(p, codeForm, testkit.Values{"code": mailedCode(t, s, u.Email), "trust_device": "on"}))
}

func signOut(c *testkit.Client) { c.Press(c.Get("/account/password"), "Sign out", nil) }

// challenged reports whether a browser needs a code as a user; it ends the sign-in.
func challenged(t *testing.T, c *testkit.Client, username, password string) bool {
	t.Helper()
	p := signIn(c, username, password)
	switch {
	case p.Status == 200 && p.URL.Path == "/sign-in/code":
		c.Press(p, "Sign out", nil)
		return true
	case p.Status == 200 && p.URL.Path == "/":
		wantHome(t, p)
		signOut(c)
		return false
	}
	t.Fatalf("%d %s %q", p.Status, p.URL, p.Text("main"))
	return false
}

func wantAsked(t *testing.T, s *testkit.Server, what string, c *testkit.Client, u gatehouse.User, want bool) {
	t.Helper()
	got := challenged(t, c, u.Username, password)
	if got != want {
		t.Errorf("%s: asked for a code is %v", what, got)
	}
	if got {
		mailedCode(t, s, u.Email) // so that the next one belongs to the next sign-in
	}
}

// "Do not challenge me on this device for the next 15 days": from that moment, no
// matter how often the user signs in meanwhile, and in that browser alone.
func TestB08_FifteenDaysFromTheMomentOfTrust(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", nil)
		c := trusting(t, s, u)
		if p := c.Get("/account/devices"); !p.Has("Not asked for a code until 6 December 2026") {
			t.Errorf("%q", p.Text("main"))
		}
		signOut(c)
		wantAsked(t, s, "at once", c, u, false)
		wantAsked(t, s, "another browser", visitor(t, s, "meridian-uk"), u, true)
		for range 14 {
			s.Clock.Add(24 * time.Hour)
			wantAsked(t, s, "some days later", c, u, false)
		}
		s.Clock.Add(24*time.Hour - time.Second)
		wantAsked(t, s, "in the last second", c, u, false)
		s.Clock.Add(time.Second)
		wantAsked(t, s, "after 15 days", c, u, true)
		trustHere(t, s, c, u)
		signOut(c)
		wantAsked(t, s, "trusted again", c, u, false)
	})
}

// Trust belongs to a user and not to the machine: another user of the browser needs
// their own code, and ends nobody else's trust.
func TestB08_TwoPeopleShareABrowser(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		mira, tom := careful(t, s, "meridian-uk", "msantos", nil), careful(t, s, "meridian-uk", "tadeyemi", nil)
		c := trusting(t, s, mira)
		signOut(c)
		wantAsked(t, s, "the second one", c, tom, true)
		s.Clock.Add(time.Minute) // so that the pause between two codes is over
		trustHere(t, s, c, tom)
		signOut(c)
		wantAsked(t, s, "the second one, trusted", c, tom, false)
		wantHome(t, signIn(c, mira.Username, password))
		p := c.Press(c.Get("/account/devices"), "Stop trusting: Chrome on Linux", nil)
		if p.URL.Path != "/account/devices" || !p.Has("We will ask for a code there") || p.Has("Not asked for a code") {
			t.Errorf("%s %q", p.URL, p.Text("main"))
		}
		wantHome(t, c.Get("/")) // this session goes on
		signOut(c)
		wantAsked(t, s, "who ended the trust", c, mira, true)
		wantAsked(t, s, "the other one", c, tom, false)
	})
}

// Everything that ends the trust ends it in the browser that has it.
func TestB08_WhatEndsTheTrust(t *testing.T) {
	ends := map[string]func(t *testing.T, s *testkit.Server, c *testkit.Client, u gatehouse.User){
		"a new password": func(t *testing.T, s *testkit.Server, c *testkit.Client, u gatehouse.User) {
			for _, w := range [][2]string{{password, newPassword}, {newPassword, password + "2"}, {password + "2", password + "3"}} {
				p := c.Submit(c.Get("/account/password"), changeForm, testkit.Values{"current_password": w[0], "new_password": w[1], "repeat_password": w[1]})
				if !p.Has("Your password has been changed") {
					t.Fatalf("%q", p.Text("main"))
				}
			}
			signOut(c)
			if !challenged(t, c, u.Username, password+"3") {
				t.Error("with the new password the browser is still trusted")
			}
		},
		"signing out everywhere": func(t *testing.T, s *testkit.Server, c *testkit.Client, u gatehouse.User) {
			c.Submit(c.Get("/account/sign-out-everywhere"), "main form", nil)
			signOut(c)
		},
		"the switch": func(t *testing.T, s *testkit.Server, c *testkit.Client, u gatehouse.User) {
			signOut(c)
			s.Clock.Add(time.Minute)
			secure(t, s, u, false)
			wantAsked(t, s, "Enhanced Security is off", c, u, false)
			s.Clock.Add(time.Minute)
			secure(t, s, u, true)
		},
		"a lock": func(t *testing.T, s *testkit.Server, c *testkit.Client, u gatehouse.User) {
			signOut(c)
			for range s.Sites.ByID(u.SiteID).Policy.Lockout.Attempts {
				signIn(c, u.Username, "wrong")
			}
			if now := s.User(u); !now.Locked() {
				t.Fatal("no lock")
			}
			if err := s.Directory.Unlock(t.Context(), s.Sites.ByID(u.SiteID), operator, u.ID); err != nil {
				t.Fatal(err)
			}
		},
		"a deactivation": func(t *testing.T, s *testkit.Server, c *testkit.Client, u gatehouse.User) {
			st := s.Sites.ByID(u.SiteID)
			if err := s.Directory.Deactivate(t.Context(), st, operator, u.ID); err != nil {
				t.Fatal(err)
			}
			wantSignedOut(t, c, "a deactivated user")
			if err := s.Directory.Activate(t.Context(), st, operator, u.ID); err != nil {
				t.Fatal(err)
			}
		},
		"its owner": func(t *testing.T, s *testkit.Server, c *testkit.Client, u gatehouse.User) {
			c.Press(c.Get("/account/devices"), "Stop trusting", nil)
			signOut(c)
		},
		"its owner, elsewhere": func(t *testing.T, s *testkit.Server, c *testkit.Client, u gatehouse.User) {
			signOut(c)
			s.Clock.Add(time.Minute)
			other := visitor(t, s, u.SiteID)
			wantHome(t, enterCode(other, wantCodePage(t, other, u), mailedCode(t, s, u.Email)))
			p := other.Get("/account/devices")
			if p.Find("section[aria-labelledby=known] form[action$=end-trust]").Length() != 1 {
				t.Fatalf("%q", p.Text("main"))
			}
			for range 2 { // a second click, on the page as it was
				if done := other.Press(p, "Stop trusting", nil); !done.Has("We will ask for a code there") {
					t.Errorf("%d %q", done.Status, done.Text("main"))
				}
			}
		},
		"the administrator": func(t *testing.T, s *testkit.Server, c *testkit.Client, u gatehouse.User) {
			signOut(c)
			a := administratorOf(t, s, u)
			p := a.Press(a.Get("/company/users/"+u.ID), "Stop trusting", nil)
			if p.Status != 200 || !p.Has("That device is no longer trusted") || p.Has("Not asked for a code") {
				t.Errorf("%d %q", p.Status, p.Text("main"))
			}
			if m := mailAbout(t, s, u.Email, "trusted device"); !contains(m.Text, "Chrome on Linux", "Ines Marchetti") {
				t.Errorf("%s", m.Text)
			}
		},
	}
	for what, end := range ends {
		t.Run(what, func(t *testing.T) {
			each(t, func(t *testing.T, s *testkit.Server) {
				u := careful(t, s, "meridian-uk", "msantos", nil)
				c := trusting(t, s, u)
				signOut(c)
				wantAsked(t, s, "before", c, u, false)
				wantHome(t, signIn(c, u.Username, password))
				end(t, s, c, u)
				if what != "a new password" {
					wantAsked(t, s, what, c, u, true)
				}
			})
		})
	}
}

// A half-finished sign-in from a trusted device requires a code after all if the trust
// has ended meanwhile.
func TestB08_ASignInThatReliedOnTheTrustEndsWithIt(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", nil)
		c := trusting(t, s, u)
		p := c.Get("/account/devices")
		second := visitor(t, s, "meridian-uk")
		second.SetCookie(&http.Cookie{Name: "gatehouse-device", Value: c.Cookie("/", "gatehouse-device"), Path: "/"}) // another tab of that browser
		renewTerms(t, s, u)
		if p := signIn(second, u.Username, password); p.URL.Path != "/sign-in/terms" {
			t.Fatalf("%s %q", p.URL, p.Text("main"))
		}
		c.Press(p, "Stop trusting", nil)
		if p := second.Get("/sign-in/terms"); p.URL.Path == "/sign-in/terms" {
			t.Error("the sign-in goes on without a code")
		}
	})
}
