package journeys

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// supportResets asks for a reset of a user's two-factor, as support does with a command.
func supportResets(t *testing.T, s *testkit.Server, u gatehouse.User) {
	t.Helper()
	if err := s.Directory.ResetTwoFactor(t.Context(), s.Sites.ByID(u.SiteID), gatehouse.Caller{Kind: gatehouse.Operator, Name: "olive"}, u.ID); err != nil {
		t.Fatal(err)
	}
}

// carryOut runs the job that carries out resets.
func carryOut(t *testing.T, s *testkit.Server) {
	t.Helper()
	if err := s.Directory.CarryOutResets(t.Context(), s.Sites.ByID); err != nil {
		t.Fatal(err)
	}
}

// Support was told that a phone is lost. The owner, who has it, reads that and stops it: a link
// that a mail scanner opens stops nothing, and the button does, without a sign-in.
func TestC10_AResetOfFactorsIsStopped(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, func(u *gatehouse.User) { u.FirstName, u.LastName = "Mira", "Santos" })
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, u.Username, password))
		setUpApp(t, s, c, "Phone")
		supportResets(t, s, u)
		admin := administratorOf(t, s, u)
		if p := admin.Get("/company/users/" + u.ID).Want(200); !p.Has("Two-factor will be reset on") || !p.Has("Asked for by Support") && !p.Has("Asked for by support") || p.Has("olive") {
			t.Errorf("the administrator reads %q", p.Text("main"))
		}
		link := mailedLink(t, s, u.Email, "/account/two-factor-reset")
		stranger := visitor(t, s, "meridian-uk")
		for range 2 {
			if p := stranger.Get(link).Want(200); p.URL.RawQuery != "" || !p.Has("Stop the reset of your second factors?") || !p.Has("msantos") {
				t.Errorf("%s %q", p.URL, p.Text("main"))
			}
		}
		if p := visitor(t, s, "inkwell").Get(link); p.Status != 410 {
			t.Errorf("on another site: %d", p.Status)
		}
		page := stranger.Get("/account/two-factor-reset")
		if p := stranger.Press(page, "Stop the reset", nil).Want(200); !p.Has("The reset is stopped") {
			t.Errorf("%q", p.Text("main"))
		}
		if p := visitor(t, s, "meridian-uk").Get(link); p.Status != 410 || !p.Has("This link no longer works") {
			t.Errorf("used again: %d", p.Status)
		}
		s.Clock.Add(25 * time.Hour)
		carryOut(t, s)
		if s.User(u).Factors != 1 {
			t.Error("it was carried out all the same")
		}
		if p := visitor(t, s, "meridian-uk").Get("/account/two-factor-reset?token=" + url.QueryEscape(strings.Repeat("a", 43))); p.Status != 410 {
			t.Errorf("any token: %d", p.Status)
		}
	})
}

// Nobody stops it: after a day the factors are gone, and the next sign-in needs none.
func TestC10_AResetOfFactorsIsCarriedOut(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, u.Username, password))
		setUpApp(t, s, c, "Phone")
		supportResets(t, s, u)
		link := mailedLink(t, s, u.Email, "/account/two-factor-reset")
		wantCodePage(t, visitor(t, s, "meridian-uk"), u) // until then, the app is asked for
		s.Clock.Add(24*time.Hour - time.Second)
		carryOut(t, s)
		if s.User(u).Factors != 1 {
			t.Fatal("too early")
		}
		s.Clock.Add(time.Second)
		carryOut(t, s)
		if m := mailAbout(t, s, u.Email, "Two-factor authentication was reset"); !contains(m.Text, "Your second factors", "Meridian UK support") {
			t.Errorf("%s", m.Text)
		}
		if p := enterless(t, s, u); p.URL.Path != "/" || s.User(u).Factors != 0 {
			t.Errorf("still asked for something: %s", p.URL)
		}
		if p := visitor(t, s, "meridian-uk").Get(link); p.Status != 410 {
			t.Errorf("the link: %d", p.Status)
		}
	})
}
