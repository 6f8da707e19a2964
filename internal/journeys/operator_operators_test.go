package journeys

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

const newOperatorForm = "form[action='/operator/operators/new']"

// An owner adds an operator, who is invited by mail; the other owners are told. What is wrong is said
// at its field, and nothing typed is lost. The page shows no link and no password.
func TestC07_AnOwnerAddsAnOperator(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		_, c, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		other := s.AddOperator("second", password, gatehouse.RoleOwner)
		p := c.Follow(c.Get("/operator/operators").Want(200), "Add an operator").Want(200)
		bad := c.Submit(p, newOperatorForm, testkit.Values{"first_name": "Tunde", "email": "tunde@", "username": "ohale"}).Want(422)
		if !bad.Has("Enter an email address") || bad.Find("#username").AttrOr("value", "") != "ohale" || bad.Find("#first_name").AttrOr("value", "") != "Tunde" {
			t.Errorf("%q", bad.Text("main"))
		}
		bad = c.Submit(p, newOperatorForm, testkit.Values{"email": "tunde@platform.example", "username": "OHale"}).Want(422)
		if bad.Find("#username[aria-invalid]").Length() != 1 {
			t.Errorf("a name that is taken: %q", bad.Text("main"))
		}
		done := c.Submit(p, newOperatorForm, testkit.Values{"first_name": "Tunde", "last_name": "Bello", "email": "tunde@platform.example", "username": "tbello", "role": "support"}).Want(200)
		if !done.Has("An invitation is on its way to tunde@platform.example") || strings.Contains(string(done.Body), "token=") {
			t.Errorf("%q", done.Text("main"))
		}
		if m := mailAbout(t, s, other.Email, "Tunde Bello is now an operator"); !strings.Contains(m.Text, "Mira Santos made Tunde Bello an operator") {
			t.Errorf("%s", m.Text)
		}
		link := mailedLink(t, s, "tunde@platform.example", "/reset-password")
		d := visitor(t, s, gatehouse.OperatorsSite)
		d.Submit(d.Get(link[strings.Index(link, "/reset-password"):]).Want(200), "form[action='/reset-password']", testkit.Values{"new_password": password, "repeat_password": password}).Want(200)
		if p := signIn(d, "tbello", password); p.URL.Path != "/sign-in/code" {
			t.Errorf("%s", p.URL)
		}
		if list := c.Get("/operator/operators"); !list.Has("Tunde Bello") || !list.Has("None yet") {
			t.Errorf("%q", list.Text("main"))
		}
	})
}

// Another role counts from the next page on, is mailed, and can be had back; turning off ends the
// sessions; the last owner stays.
func TestC07_RolesOfOperatorsChangeAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		me, c, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		u, d, _ := operatorWithApp(t, s, "tbello", gatehouse.RoleSupport)
		path := "/operator/operators/" + u.ID
		d.Get("/operator/operators").Want(403)
		p := c.Submit(c.Get(path).Want(200), "form[action='"+path+"/role']", testkit.Values{"role": "owner"}).Want(200)
		if !p.Has("The role was changed") {
			t.Errorf("%q", p.Text("main"))
		}
		d.Get("/operator/operators").Want(200)
		if m := mailAbout(t, s, u.Email, "has a new role"); !strings.Contains(m.Text, "Owner") {
			t.Errorf("%s", m.Text)
		}
		ask := c.Get(path + "/act/deactivate").Want(200)
		if p = c.Submit(ask, "form[action='"+path+"/act/deactivate']", nil).Want(200); !p.Has("Turned off. All sessions have ended.") {
			t.Errorf("%q", p.Text("main"))
		}
		if p := d.Get("/operator"); p.URL.Path != "/sign-in" {
			t.Errorf("still in: %s", p.URL)
		}
		if err := s.Directory.Deactivate(t.Context(), s.Sites.Operators(), command, me.ID); err == nil || !strings.Contains(err.Error(), string(gatehouse.RefusedLast)) {
			t.Errorf("the last owner: %v", err)
		}
		if own := c.Get("/operator/operators/" + me.ID).Want(200); !own.Has("This is your own account") || own.Find("main form").Length() != 0 {
			t.Errorf("%q", own.Text("main"))
		}
	})
}

// The pages of operators and their forms ask for fresh proof where they change who is one.
func TestC07_ChangingOperatorsAsksForFreshProof(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		_, c, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		u := s.AddOperator("tbello", password, gatehouse.RoleSupport)
		c.Get("/operator/operators/new").Want(200)
		s.Clock.Add(gatehouse.FreshFor + time.Second)
		for _, path := range []string{"/operator/operators/new", "/operator/operators/" + u.ID + "/act/deactivate", "/operator/sites/meridian-uk/companies/new"} {
			if p := c.Get(path); p.Find("form[action='/step-up']").Length() != 1 {
				t.Errorf("%s: %d %s", path, p.Status, p.URL)
			}
		}
	})
}

// operators sends the operators' old forms.
func (c *staleCensus) operators(s *testkit.Server) {
	me, browser, app := operatorWithApp(c.t, s, "ohale", gatehouse.RoleOwner)
	other := s.AddOperator("tbello", password, gatehouse.RoleSupport)
	one := "/operator/operators/" + other.ID
	var forms []oldForm
	shop := "/operator/sites/meridian-uk/platforms/"
	forms = append(forms, oldForms(browser.Get("/operator/sites/meridian-uk/terms").Want(200))...)
	forms = append(forms, oldForms(browser.Get(shop+"new").Want(200))...)
	forms = append(forms, oldPlatforms(c.t, s, browser, shop)...)
	firm := "/operator/sites/meridian-uk/companies/" + s.AddUser("meridian-uk", "customer", password, nil).CompanyID
	writer := visitor(c.t, s, "meridian-uk")
	number := writer.Submit(writer.Get("/contact"), contactForm, testkit.Values{"email": "ines@elsewhere.example", "name": "Ines", "what": "Lost."}).Want(200).Text("#number")
	customer := s.AddUser("meridian-uk", "waits.for.mail", password, nil)
	s.Mail.RefuseTo(customer.Email, 451, "Come back later")
	resetPassword(c.t, s, customer)
	gone := s.AddUser("meridian-uk", "gets.no.mail", password, nil)
	s.Mail.RefuseTo(gone.Email, 550, "No such user")
	resetPassword(c.t, s, gone)
	stateOf(c.t, s, gone, store.MessageRefused)
	if err := s.Directory.HoldMail(c.t.Context(), s.Sites.ByID("inkwell"), operator); err != nil {
		c.t.Fatal(err)
	}
	held := s.AddUser("inkwell", "held@northgate.example", password, nil).CompanyID
	if err := s.Directory.Suspend(c.t.Context(), s.Sites.ByID("inkwell"), operator, held, "not paid", ""); err != nil {
		c.t.Fatal(err)
	}
	harlow, err := s.Directory.CreateCompany(c.t.Context(), s.Sites.ByID("meridian-uk"), operator, directory.CompanyFields{Name: "Harlow", AccountNumber: "M-1"})
	if err != nil {
		c.t.Fatal(err)
	}
	waiting := "/operator/mail/meridian-uk/" + stateOf(c.t, s, customer, store.MessageDeferred).ID
	raiseAlert(c.t, s)
	for _, op := range []gatehouse.User{me, other} {
		u := s.AddUser("meridian-uk", "proposed."+op.Username, password, administrator)
		by := gatehouse.Caller{Kind: gatehouse.Operator, SiteID: op.SiteID, UserID: op.ID, Role: op.Role, Name: op.Username}
		forms = append(forms, oldForms(browser.Get("/operator/addresses/meridian-uk/"+proposes(c.t, s, by, u)).Want(200))...)
	}
	for _, page := range []string{waiting, "/operator/alerts", "/operator/mail", "/operator/bounced", "/operator/operators/new", one, one + "/act/deactivate", "/operator/cases/meridian-uk/" + number, "/operator/sites/meridian-uk/companies/new", firm + "/edit", firm + "/suspend", firm + "/merge?to=" + harlow.ID, firm + "/move?user=" + customer.ID + "&to=" + harlow.ID, "/operator/sites/inkwell/companies/" + held + "/resume"} {
		forms = append(forms, oldForms(browser.Get(page).Want(200))...)
	}
	signOut(browser)
	operatorAgain(c.t, s, browser, me, app)
	before := c.state(s, me, other)
	for _, f := range forms {
		if f.action != "/sign-out" && f.action != "/account/language" {
			c.comesBack(browser, f)
		}
	}
	if now := c.state(s, me, other); now != before {
		c.t.Errorf("old forms did something:\n%s\n---\n%s", before, now)
	}
}
