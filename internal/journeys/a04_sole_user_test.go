package journeys

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

func TestA04_NoTellsTheAdministrator(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		admin := s.AddUser("meridian-uk", "admin", password, func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
		u := s.AddUser("meridian-uk", "counter", password, func(u *gatehouse.User) { u.SoleUserFor = "" })
		c := visitor(t, s, "meridian-uk")
		p := signIn(c, "counter", password)
		if p.URL.Path != "/sign-in/sole-user" || !p.Has("Are you the only person who uses this sign-in?") || !p.Has("tell your company’s administrator") {
			t.Fatalf("%s %q", p.URL, p.Text("main"))
		}
		if n := p.Find("input[name=sole_user]:checked").Length(); n != 0 {
			t.Error("an answer is chosen already")
		}
		bad := c.Submit(p, soleUserForm, nil)
		if bad.Status != 422 || !bad.Has("Choose yes or no") {
			t.Errorf("no answer: %d %q", bad.Status, bad.Text("main"))
		}
		bad.MustFind("a[href='#sole_user']")
		wantHome(t, c.Submit(bad, soleUserForm, testkit.Values{"sole_user": "no"}))
		if now := s.User(u); now.SoleUser || now.SoleUserFor != "2026-09" {
			t.Errorf("stored: %v for %q", now.SoleUser, now.SoleUserFor)
		}
		m := mailAbout(t, s, admin.Email, "counter shares a sign-in")
		if !strings.Contains(m.Text, "separate users") && !strings.Contains(m.Text, "user for each person") {
			t.Errorf("the administrator is not offered separate users:\n%s\n%s", m.Subject, m.Text)
		}
		wantHome(t, signIn(visitor(t, s, "meridian-uk"), "counter", password)) // and never again

		// It is on the user's page, with what to do.
		s.Clock.Add(24 * time.Hour)
		boss := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(boss, "admin", password))
		page, _ := userPage(boss, u)
		if got := page.Text("main .alert-warn"); !contains(got, "Several people share this sign-in", "Yesterday, 12:00", "Add a user for each person") {
			t.Errorf("%q", got)
		}
		if page, _ := userPage(boss, admin); page.Has("Several people share") {
			t.Error("it is said of others, too")
		}
	})
}

// An administrator who shares the sign-in is not told that the administrator will be told:
// the other administrators are, and support, who can help.
func TestA04_AnAdministratorWhoSharesIsReadRightly(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		other := s.AddUser("meridian-uk", "other", password, administrator)
		u := s.AddUser("meridian-uk", "boss", password, func(u *gatehouse.User) { u.Role, u.SoleUserFor = gatehouse.RoleAdmin, "" })
		c := visitor(t, s, "meridian-uk")
		p := signIn(c, "boss", password)
		for _, p := range []*testkit.Page{p, c.Submit(p, soleUserForm, nil)} {
			if p.Has("tell your company’s administrator") || !p.Has("tell the other administrators and Meridian UK support") {
				t.Errorf("%q", p.Text("main"))
			}
		}
		wantHome(t, c.Submit(p, soleUserForm, testkit.Values{"sole_user": "no"}))
		mailAbout(t, s, other.Email, "boss shares a sign-in")
		if m := mailAbout(t, s, "help@uk.meridian.example", "boss shares a sign-in"); !contains(m.Text, "The user is an administrator", "support address") || strings.Contains(m.Text, "because you are an administrator") {
			t.Errorf("%s", m.Text)
		}
		if n := mailsAbout(s, "shares a sign-in"); n != 2 {
			t.Errorf("%d were told", n)
		}
		admin := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(admin, "other", password))
		if p, _ := userPage(admin, u); !p.Has("Several people share this sign-in") {
			t.Errorf("%q", p.Text("main"))
		}
	})
}

func TestA04_YesTellsNobody(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "admin", password, func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
		u := s.AddUser("meridian-uk", "counter", password, func(u *gatehouse.User) { u.SoleUserFor, u.SoleUser = "", false })
		c := visitor(t, s, "meridian-uk")
		wantHome(t, c.Submit(signIn(c, "counter", password), soleUserForm, testkit.Values{"sole_user": "yes"}))
		if now := s.User(u); !now.SoleUser || now.SoleUserFor != "2026-09" {
			t.Errorf("stored: %v for %q", now.SoleUser, now.SoleUserFor)
		}
		if n := mailsAbout(s, "shares a sign-in"); n != 0 {
			t.Errorf("%d mails", n)
		}
		// Sites that do not ask lead straight home.
		s.AddUser("meridian-au", "counter", password, func(u *gatehouse.User) { u.SoleUserFor = "" })
		wantHome(t, signIn(visitor(t, s, "meridian-au"), "counter", password))
	})
}
