package journeys

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

func TestC05_SignOutEndsEverything(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		home := signIn(c, "msantos", password)
		wantHome(t, home)
		if got := home.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("home is kept by the browser: Cache-Control %q", got)
		}
		stolen := c.Cookie("/", "gatehouse-session")
		c.Stay = true
		out := c.Press(home, "Sign out", nil)
		if out.Status != http.StatusSeeOther || !strings.Contains(out.Header.Get("Clear-Site-Data"), `"cache"`) {
			t.Errorf("sign-out: %d, Clear-Site-Data %q", out.Status, out.Header.Get("Clear-Site-Data"))
		}
		c.Stay = false
		if c.Cookie("/", "gatehouse-session") != "" {
			t.Error("the session cookie is still there")
		}
		if p := c.Get("/"); p.Find(signInForm).Length() != 1 {
			t.Error("home is still shown")
		}
		thief := visitor(t, s, "meridian-uk")
		thief.SetCookie(&http.Cookie{Name: "gatehouse-session", Value: stolen, Path: "/"})
		if p := thief.Get("/"); p.Find(signInForm).Length() != 1 {
			t.Error("a copy of the cookie still opens the session: sign-out ended nothing in the database")
		}
		if p := thief.Get("/api/v1/session"); p.Status != 401 {
			t.Errorf("the API still answers it: %d", p.Status)
		}
	})
}

func TestC05_TheBackButtonShowsNothing(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		b := testkit.Browser(t)
		browserSignIn(b, s, "meridian-uk", "Username", "msantos", password)
		b.See("Good ")
		b.Click(".user-btn")
		b.Press("Sign out")
		b.See("You are signed out")
		b.Back()
		b.See("Sign in to Meridian UK")
		if b.Has("Security check-up") {
			t.Error("the back button shows the home page")
		}
	})
}

func TestC05_SignOutEndsAHalfFinishedSignIn(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "newcomer", password, func(u *gatehouse.User) { u.TermsAccepted = "" })
		c := visitor(t, s, "meridian-uk")
		p := signIn(c, "newcomer", password)
		if p.Status != 200 || p.URL.Path != "/sign-in/terms" {
			t.Fatalf("not at the terms: %d %s", p.Status, p.URL)
		}
		if got := c.Get("/"); got.Find(signInForm).Length() != 1 {
			t.Error("a half-finished sign-in opens home")
		}
		c.Press(c.Get("/sign-in/terms"), "Cancel", nil)
		if got := c.Get("/sign-in/terms"); got.URL.Path != "/sign-in" {
			t.Errorf("after signing out the step is still open: %s", got.URL)
		}
	})
}

func TestC05_SessionsEndAtTheirLimits(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		limits := s.Sites.ByID("meridian-uk").Policy.Session
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		s.Clock.Add(limits.Idle - time.Second)
		wantHome(t, c.Get("/"))
		s.Clock.Add(limits.Idle)
		p := c.Get("/")
		if p.Find(signInForm).Length() != 1 || !strings.Contains(p.Text("main"), "ended your session") {
			t.Errorf("after %s without a request: %q", limits.Idle, p.Text("main"))
		}
		if p := c.Get("/sign-in"); strings.Contains(p.Text("main"), "ended your session") {
			t.Error("the ended session is told again")
		}
		wantHome(t, signIn(c, "msantos", password))
		for begun := s.Clock.Now(); s.Clock.Now().Sub(begun) < limits.Absolute-limits.Idle; {
			s.Clock.Add(limits.Idle - time.Minute)
			wantHome(t, c.Get("/"))
		}
		s.Clock.Add(limits.Idle)
		if p := c.Get("/"); p.Find(signInForm).Length() != 1 {
			t.Errorf("a session in use lives longer than %s", limits.Absolute)
		}
	})
}

// A new token at every sign-in; the previous one is invalid (ASVS 7.2.4).
func TestC05_EverySignInHasATokenOfItsOwn(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		before := c.Get("/sign-in")
		preSession := c.Cookie("/", "gatehouse-signin")
		wantHome(t, signIn(c, "msantos", password))
		first := c.Cookie("/", "gatehouse-session")
		if preSession == "" || first == "" || first == preSession {
			t.Errorf("sign-in cookie %q, session %q", preSession, first)
		}
		// The form of the other tab leads home, and changes nothing.
		if p := c.Submit(before, signInForm, testkit.Values{"username": "msantos", "password": "wrong"}); p.URL.Path != "/" || p.Status != 200 {
			t.Errorf("the other tab's form: %d %s", p.Status, p.URL)
		}
		if c.Cookie("/", "gatehouse-signin") != "" {
			t.Error("the sign-in cookie is still there")
		}
	})
}
