package journeys

import (
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// An administrator finds those without a second factor, asks one and then all of them, and sees who
// was asked; the mail leads to the page where one is set up. No script is needed.
func TestC10_AdministratorsAskForFactors(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, func(u *gatehouse.User) { u.FirstName, u.LastName = "Tom", "Adeyemi" })
		s.AddUser("meridian-uk", "mira", password, func(m *gatehouse.User) { m.CompanyID, m.FirstName, m.LastName = u.CompanyID, "Mira", "Santos" })
		admin := administratorOf(t, s, u)
		list := admin.Get("/company/users?factor=none&q=tom").Want(200)
		if !list.Has("Tom Adeyemi") || list.Has("Mira Santos") || admin.Get("/company/users?factor=app").Has("Tom Adeyemi") {
			t.Errorf("%q", list.Text("main"))
		}
		ask := admin.Submit(list, "form#bulk", testkit.Values{"user": u.ID, "act": "ask-factor"}).Want(200)
		if !ask.Has("Ask 1 user to set up two-factor?") || !ask.Has("Tom Adeyemi") {
			t.Fatalf("%s %q", ask.URL, ask.Text("main"))
		}
		admin.Press(ask, "Ask 1 user", nil).Want(200)
		actDone(t, s, admin, ask.URL.Path)
		mailedLink(t, s, u.Email, "/account/security")
		if p := admin.Get("/company/users").Want(200); !p.Has("Asked: ") {
			t.Errorf("%q", p.Text("main"))
		}
		if p := admin.Get("/company/users/" + u.ID).Want(200); !p.Has("Asked by Ines Marchetti") {
			t.Errorf("%q", p.Text("main"))
		}
		all := admin.Submit(admin.Get("/company/users").Want(200), "form#bulk", testkit.Values{"all": "yes", "act": "ask-factor"}).Want(200)
		if !all.Has("Ask 1 user to set up") || !all.Has("Mira Santos") || !all.Has("Asked within the last 7 days") {
			t.Errorf("%q", all.Text("main"))
		}
	})
}
