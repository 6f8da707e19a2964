package journeys

import (
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// Security suspends a company: what is open ends with the next request, nobody gets in, only a right
// password is told, and the administrators get a mail. When it ends, everybody is as before, and what
// was open stays closed.
func TestC07_ACompanyIsSuspendedAndComesBack(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		boss := s.AddUser("meridian-uk", "msantos", password, func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
		off := s.AddUser("meridian-uk", "left.us", password, func(u *gatehouse.User) { u.State = gatehouse.Deactivated })
		page := companiesOfUK + "/" + boss.CompanyID
		admin := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(admin, boss.Username, password))
		admin.Get("/company/users").Want(200)

		_, support, _ := operatorWithApp(t, s, "tbello", gatehouse.RoleSupport)
		support.Get(page + "/suspend").Want(403)
		if p := support.Get(page).Want(200); p.Find("a[href$='/suspend']").Length() > 0 {
			t.Error("support is offered what it may not do")
		}
		_, c, _ := operatorWithApp(t, s, "skeller", gatehouse.RoleSecurity)
		form := "form[action='" + page + "/suspend']"
		ask := c.Follow(c.Get(page).Want(200), "Suspend this company").Want(200)
		if !ask.Has("Sessions that end") || !ask.Has(boss.Email) {
			t.Errorf("%q", ask.Text("main"))
		}
		if bad := c.Submit(ask, form, testkit.Values{"reason": " "}).Want(422); bad.Find("#reason[aria-invalid]").Length() != 1 {
			t.Errorf("%q", bad.Text("main"))
		}
		done := c.Submit(ask, form, testkit.Values{"reason": "Unpaid <b>bills</b>"}).Want(200)
		if !done.Has("The company is suspended") || !done.Has("Unpaid <b>bills</b>") || done.Find("[data-suspended]").Length() != 1 {
			t.Errorf("%q", done.Text("main"))
		}
		if late := c.Submit(ask, form, testkit.Values{"reason": "again"}).Want(409); !late.Has("Somebody else changed this company") {
			t.Errorf("suspended twice: %q", late.Text("main"))
		}

		if p := admin.Get("/company/users"); !strings.HasPrefix(p.URL.Path, "/sign-in") {
			t.Errorf("an open page of the administrator: %d %s", p.Status, p.URL)
		}
		admin.Get("/api/v1/session").Want(401)
		if told := mailAbout(t, s, boss.Email, "suspended"); strings.Contains(told.Text, "Unpaid") {
			t.Errorf("%q: %s", told.Subject, told.Text)
		}
		stranger := visitor(t, s, "meridian-uk")
		if p := signIn(stranger, boss.Username, "Wrong-Guess-1").Want(401); p.Has("suspended") {
			t.Errorf("a stranger reads %q", p.Text("main"))
		}
		if p := signIn(stranger, boss.Username, password).Want(401); !p.Has("Your company’s access is suspended") {
			t.Errorf("the right password: %q", p.Text("main"))
		}
		user := c.Get("/operator/sites/meridian-uk/users/" + boss.ID).Want(200)
		if user.Find("[data-barrier='suspended'] a[href='"+page+"']").Length() != 1 || user.Find("a[href$='/send-password']").Length() > 0 {
			t.Errorf("why: %q", user.Text("main"))
		}
		if list := c.Get(companiesOfUK).Want(200); !list.Has("Suspended") {
			t.Errorf("%q", list.Text("main"))
		}
		c.Get("/operator/sites/inkwell/companies/" + boss.CompanyID + "/resume").Want(404)

		resume := c.Follow(c.Get(page).Want(200), "End the suspension").Want(200)
		if back := c.Submit(resume, "form[action='"+page+"/resume']", nil).Want(200); !back.Has("The suspension has ended") {
			t.Errorf("%q", back.Text("main"))
		}
		c.Submit(resume, "form[action='"+page+"/resume']", nil).Want(409)
		if p := admin.Get("/company/users"); !strings.HasPrefix(p.URL.Path, "/sign-in") {
			t.Errorf("the session is back: %s", p.URL)
		}
		wantHome(t, signIn(stranger, boss.Username, password))
		signIn(visitor(t, s, "meridian-uk"), off.Username, password).Want(401)
	})
}
