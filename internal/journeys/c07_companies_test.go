package journeys

import (
	"net/url"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

const companiesOfUK = "/operator/sites/meridian-uk/companies"

// An owner adds a company with its first administrator. What is wrong is said at its field, nothing
// typed is lost and nothing is left behind; the administrator is invited as the site does it.
func TestC07_AnOwnerAddsACompanyWithItsFirstAdministrator(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "taken", password, nil)
		_, c, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		p := c.Follow(c.Follow(c.Follow(c.Get("/operator").Want(200), "Companies").Want(200), "Meridian UK").Want(200), "Add a company").Want(200)
		form := "form[action='" + companiesOfUK + "/new']"
		typed := testkit.Values{"name": "Harlow Tools", "account_number": "H-77", "first_name": "Ada", "email": "ada@", "username": "taken"}
		bad := c.Submit(p, form, typed).Want(422)
		if bad.Find("#email[aria-invalid]").Length() != 1 || bad.Find("#name").AttrOr("value", "") != "Harlow Tools" || bad.Find("#username").AttrOr("value", "") != "taken" {
			t.Errorf("%q", bad.Text("main"))
		}
		typed["email"] = "ada@harlow.example"
		if bad = c.Submit(p, form, typed).Want(422); bad.Find("#username[aria-invalid]").Length() != 1 {
			t.Errorf("a username that is taken: %q", bad.Text("main"))
		}
		if list := c.Get(companiesOfUK + "?q=Harlow").Want(200); !list.Has("Nothing found") {
			t.Errorf("a company without its administrator: %q", list.Text("main"))
		}
		typed["username"] = "ada"
		done := c.Submit(p, form, typed).Want(200)
		if !done.Has("The company was added") || !done.Has("H-77") || done.Find("#administrators").Length() != 1 || !done.Has("ada@harlow.example") {
			t.Errorf("%q", done.Text("main"))
		}
		if s.Mail.Wait(t, "ada@harlow.example").Text == "" {
			t.Error("no invitation")
		}
		if page := c.Follow(done, "Ada").Want(200); page.Find("a[href='"+done.URL.Path+"']").Length() != 1 {
			t.Errorf("no way back to the company: %q", page.Text("main"))
		}
		if bad = c.Submit(p, form, testkit.Values{"name": "Other", "account_number": "H-77", "email": "b@harlow.example", "username": "b"}).Want(422); bad.Find("#account_number[aria-invalid]").Length() != 1 {
			t.Errorf("a number that is taken: %q", bad.Text("main"))
		}
	})
}

// Support finds a company and reads it, and is offered no change; an owner renames it, unless another
// owner was faster.
func TestC07_ACompanyIsFoundAndRenamed(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
		firm := s.CompanyOf(u)
		_, support, _ := operatorWithApp(t, s, "tbello", gatehouse.RoleSupport)
		for _, q := range []string{firm.Name, strings.ToUpper(firm.Name[:3]), firm.AccountNumber} {
			for _, path := range []string{companiesOfUK, "/operator/find"} {
				if found := support.Get(path + "?q=" + url.QueryEscape(q)).Want(200); found.Find("main a[href='"+companiesOfUK+"/"+firm.ID+"']").Length() != 1 {
					t.Errorf("%s %q: %q", path, q, found.Text("main"))
				}
			}
		}
		if p := support.Get(companiesOfUK + "/" + firm.ID).Want(200); !p.Has(firm.AccountNumber) || !p.Has("msantos") || p.Find("a[href$='/edit']").Length() > 0 {
			t.Errorf("%q", p.Text("main"))
		}
		support.Get(companiesOfUK + "/" + firm.ID + "/edit").Want(403)
		support.Get(companiesOfUK + "/com_none").Want(404)
		support.Get("/operator/sites/inkwell/companies/" + firm.ID).Want(404)

		_, c, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		edit := companiesOfUK + "/" + firm.ID + "/edit"
		form := "form[action='" + edit + "']"
		stale := c.Get(edit).Want(200)
		if done := c.Submit(c.Get(edit).Want(200), form, testkit.Values{"name": "Renamed <b>Tools</b>"}).Want(200); !done.Has("The details are saved") || !done.Has("Renamed <b>Tools</b>") {
			t.Errorf("%q", done.Text("main"))
		}
		late := c.Submit(stale, form, testkit.Values{"name": "Too late"}).Want(409)
		if !late.Has("Somebody else changed this company") || !late.Has("Renamed <b>Tools</b>") || late.Find("#name").AttrOr("value", "") != "Too late" {
			t.Errorf("%q", late.Text("main"))
		}
		if done := c.Submit(late, form, nil).Want(200); !done.Has("Too late") {
			t.Errorf("%q", done.Text("main"))
		}
	})
}
