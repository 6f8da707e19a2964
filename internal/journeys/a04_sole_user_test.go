package journeys

import (
	"strings"
	"testing"

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
		// Sites that do not ask lead home at once.
		s.AddUser("meridian-au", "counter", password, func(u *gatehouse.User) { u.SoleUserFor = "" })
		wantHome(t, signIn(visitor(t, s, "meridian-au"), "counter", password))
	})
}
