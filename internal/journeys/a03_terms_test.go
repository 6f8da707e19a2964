package journeys

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

func TestA03_TermsBeforeAnythingElse(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "newcomer", password, func(u *gatehouse.User) { u.TermsAccepted = "" })
		c := visitor(t, s, "meridian-uk")
		p := c.Submit(c.Get("/sign-in?return_to=%2Fhelp"), signInForm, testkit.Values{"username": "newcomer", "password": password})
		if p.URL.Path != "/sign-in/terms" || !p.Has("In force from 1 September 2026") || !p.Has("The law of England and Wales applies") {
			t.Fatalf("the whole text is not on the page: %s %q", p.URL, p.Text("h1"))
		}
		for _, other := range []string{"/sign-in/password", "/sign-in/challenge", "/sign-in/sole-user", "/sign-in/code"} {
			if got := c.Get(other); got.URL.Path != "/sign-in/terms" {
				t.Errorf("%s is open: %s", other, got.URL)
			}
		}
		if got := c.Get("/account/password"); got.Find(signInForm).Length() != 1 {
			t.Errorf("something else works before: %s", got.URL)
		}
		bad := c.Submit(p, termsForm, nil)
		if bad.Status != 422 || !strings.HasPrefix(bad.Text("title"), "Error: ") || bad.MustFind("#accept").AttrOr("aria-invalid", "") != "true" {
			t.Errorf("not ticked: %d %q", bad.Status, bad.Text("main"))
		}
		if got := s.User(u).TermsAccepted; got != "" {
			t.Errorf("accepted %q without a tick", got)
		}
		done := c.Submit(bad, termsForm, testkit.Values{"accept": "on"})
		if done.URL.Path != "/help" {
			t.Errorf("after accepting: %d %s, want the page that was asked for", done.Status, done.URL)
		}
		wantHome(t, c.Get("/"))
		accepted, err := s.Store.Read().Acceptances(t.Context(), "meridian-uk", u.ID)
		if err != nil || len(accepted) != 1 {
			t.Fatal(accepted, err)
		}
		a := accepted[0]
		if a.Version != "2026-09" || a.IPAddress != "127.0.0.1" || !a.AcceptedAt.Equal(s.Clock.Now()) || len(a.TextHash) != 64 {
			t.Errorf("recorded: %+v", a)
		}
		if m := mailAbout(t, s, u.Email, "accepted"); !strings.Contains(m.Text, "2026-09") {
			t.Errorf("the receipt does not name the version:\n%s", m.Text)
		}
		wantHome(t, signIn(visitor(t, s, "meridian-uk"), "newcomer", password)) // and never again
	})
}

// A new version asks everyone again; the old one can still be read.
func TestA03_ANewVersionAsksAgain(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, func(u *gatehouse.User) { u.TermsAccepted = "2026-09" })
		c := visitor(t, s, "meridian-uk")
		p := signIn(c, "msantos", password)
		if p.URL.Path != "/sign-in/terms" || !p.Has("A second text.") || p.Has("The law of England") {
			t.Fatalf("%s %q", p.URL, p.Text("main"))
		}
		// Reading another text than the current one does not accept this one.
		fields := url.Values{"form_token": {p.MustFind("input[name=form_token]").AttrOr("value", "")}, "version": {"2026-09"}, "accept": {"on"}}
		if bad := c.Post("/sign-in/terms", fields); bad.Status != 422 || !bad.Has("The terms have changed") {
			t.Errorf("an old version was accepted: %d %q", bad.Status, bad.Text("main"))
		}
		fields["version"], fields["text_hash"] = []string{"2026-10"}, []string{strings.Repeat("0", 64)}
		if bad := c.Post("/sign-in/terms", fields); bad.Status != 422 {
			t.Errorf("another text was accepted: %d", bad.Status)
		}
		wantHome(t, c.Submit(p, termsForm, testkit.Values{"accept": "on"}))
		anybody := visitor(t, s, "meridian-uk")
		if p := anybody.Get("/terms"); p.Status != 200 || !p.Has("A second text.") {
			t.Errorf("the printable copy: %d", p.Status)
		}
		if p := anybody.Get("/terms/2026-09"); p.Status != 200 || !p.Has("The law of England") || !p.Has("no longer in force") {
			t.Errorf("the old version: %d %q", p.Status, p.Text("h1"))
		}
		if p := anybody.Get("/terms/2020-01"); p.Status != 404 {
			t.Errorf("a version that never was: %d", p.Status)
		}
	}, testkit.WithSites(func(dir string) {
		file := filepath.Join(dir, "meridian-uk", "terms", "2026-10.md")
		if err := os.WriteFile(file, []byte("A second text. <script>alert(1)</script>\n"), 0o600); err != nil {
			panic(err)
		}
	}))
}

// Cancel signs out, and nothing was accepted (B15).
func TestB15_CancelSignsOut(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-au", "newcomer", password, func(u *gatehouse.User) { u.TermsAccepted = "" })
		c := visitor(t, s, "meridian-au")
		p := c.Press(signIn(c, "newcomer", password), "Cancel", nil)
		if p.URL.Path != "/sign-in" || !p.Has("You are signed out") {
			t.Errorf("%s %q", p.URL, p.Text("main"))
		}
		if got := c.Get("/sign-in/terms"); got.URL.Path != "/sign-in" || !got.Has("Sign in again") {
			t.Errorf("the step is still open: %s %q", got.URL, got.Text("main"))
		}
		if s.User(u).TermsAccepted != "" {
			t.Error("accepted")
		}
	})
}

// A second tab repeats no step, and finds its way.
func TestA03_ASecondTabFindsItsWay(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "newcomer", password, func(u *gatehouse.User) { u.TermsAccepted, u.SoleUserFor = "", "" })
		c := visitor(t, s, "meridian-uk")
		terms := signIn(c, "newcomer", password)
		if got := terms.Text(".steps p"); got != "Step 1 of 2" {
			t.Error(got)
		}
		sole := c.Submit(terms, termsForm, testkit.Values{"accept": "on"})
		if sole.URL.Path != "/sign-in/sole-user" || sole.Text(".steps p") != "Step 2 of 2" {
			t.Fatalf("%s %q", sole.URL, sole.Text("main"))
		}
		if p := c.Submit(terms, termsForm, testkit.Values{"accept": "on"}); p.Status != 200 || p.URL.Path != "/sign-in/sole-user" {
			t.Errorf("the first tab's form: %d %s", p.Status, p.URL)
		}
		wantHome(t, c.Submit(sole, soleUserForm, testkit.Values{"sole_user": "yes"}))
		if p := c.Get("/sign-in/sole-user"); p.URL.Path != "/" || p.Status != 200 {
			t.Errorf("the page of a finished sign-in: %d %s", p.Status, p.URL)
		}
		wantHome(t, c.Submit(sole, soleUserForm, testkit.Values{"sole_user": "no"}))
	})
}

func TestA03_AHalfFinishedSignInRunsOut(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "newcomer", password, func(u *gatehouse.User) { u.TermsAccepted = "" })
		c := visitor(t, s, "meridian-uk")
		p := signIn(c, "newcomer", password)
		s.Clock.Add(s.Sites.ByID("meridian-uk").Policy.SignIn + time.Second)
		p = c.Submit(p, termsForm, testkit.Values{"accept": "on"})
		if p.URL.Path != "/sign-in" || !p.Has("not finished in time") {
			t.Errorf("%s %q", p.URL, p.Text("main"))
		}
	})
}
