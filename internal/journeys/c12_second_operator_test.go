package journeys

import (
	"net/http"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// proposes has an operator propose another address for a user, and returns the proposal.
func proposes(t testing.TB, s *testkit.Server, by gatehouse.Caller, u gatehouse.User) string {
	t.Helper()
	st := s.Sites.ByID(u.SiteID)
	if err := s.Directory.ProposeEmail(t.Context(), st, by, u.ID, "new."+u.Email, "Called back at the company's number"); err != nil {
		t.Fatal(err)
	}
	p, err := s.Directory.OpenProposal(t.Context(), st, by, u.ID)
	if err != nil || p.ID == "" {
		t.Fatal(p, err)
	}
	return p.ID
}

// Support proposes another address on the page that says why somebody cannot sign in, and nothing
// changes until security agrees, who finds it on the overview. Both mailboxes are told; support
// reads what became of it.
func TestC12_AnAddressTakesTwoOperators(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, func(u *gatehouse.User) { u.FirstName, u.LastName = "Tom", "Adeyemi" })
		_, support, _ := operatorWithApp(t, s, "tbello", gatehouse.RoleSupport)
		_, security, _ := operatorWithApp(t, s, "skeller", gatehouse.RoleSecurity)
		page := "/operator/sites/meridian-uk/users/" + u.ID
		form := "form[action='" + page + "/email']"
		bad := support.Submit(support.Get(page).Want(200), form, testkit.Values{"email": "tom@adeyemi.example", "why": " "}).Want(422)
		if !bad.Has("Say how you know") || bad.Find("#email").AttrOr("value", "") != "tom@adeyemi.example" {
			t.Errorf("without saying why: %q", bad.Text("main"))
		}
		asked := support.Submit(bad, form, testkit.Values{"email": "tom@adeyemi.example", "why": "Called back at Northgate"}).Want(200)
		if !contains(asked.Text("main"), "Nothing changes until a second operator agrees", "tom@adeyemi.example") || asked.Find(form).Length() != 0 {
			t.Errorf("proposed: %q", asked.Text("main"))
		}
		if now := s.User(u); now.Email != u.Email {
			t.Errorf("it is %q already", now.Email)
		}
		own := support.Follow(asked, "See the proposal").Want(200)
		if own.Find("form input[name=answer]").Length() != 0 || !own.Has("another operator has to agree") {
			t.Errorf("to the one who proposed it: %q", own.Text("main"))
		}
		for _, f := range oldForms(own) {
			f.fields.Set("answer", "agree")
			if p := support.Post(own.URL.Path, f.fields); strings.HasSuffix(f.action, "/withdraw") && p.Status != http.StatusForbidden {
				t.Errorf("support agrees: %d", p.Status)
			}
		}
		list := security.Get("/operator").Want(200)
		if !contains(list.Text("section[aria-labelledby=proposals]"), "Tom Adeyemi", "tom@adeyemi.example", "Waiting") {
			t.Errorf("the overview: %q", list.Text("main"))
		}
		one := security.Get(own.URL.Path).Want(200)
		if !contains(one.Text("main"), u.Email, "tom@adeyemi.example", "Called back at Northgate", "Mira Santos") {
			t.Errorf("the proposal: %q", one.Text("main"))
		}
		done := security.Press(one, "Agree and save the address", nil).Want(200)
		if !contains(done.Text("main"), "The address is saved", "Agreed by") {
			t.Errorf("agreed: %q", done.Text("main"))
		}
		if now := s.User(u); now.Email != "tom@adeyemi.example" {
			t.Errorf("it is %q", now.Email)
		}
		mailAbout(t, s, u.Email, "has a new email address")
		if p := support.Get("/operator").Want(200); !contains(support.Get("/operator/addresses").Want(200).Text("main"), "Tom Adeyemi", "Agreed") || p.Find("section[aria-labelledby=proposals]").Length() != 1 {
			t.Errorf("support reads %q", p.Text("main"))
		}
		if late := security.Press(one, "Refuse the address", testkit.Values{"reason": "no"}); late.Status != http.StatusConflict || !late.Has("Nothing was done") {
			t.Errorf("answered twice: %d %q", late.Status, late.Text("main"))
		}
		events, err := s.Store.Read().EventsOfUser(t.Context(), u.SiteID, u.ID, 20)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Kind == gatehouse.EventUserChanged && (e.Detail["proposed_by"] == "" || e.ActorName == "" || !strings.Contains(e.Detail["fields"], "email")) {
				t.Errorf("the event log has %+v", e)
			}
		}
	})
}

// For somebody who manages a company an owner needs a second operator, too, who may refuse with a
// reason; or the owner takes it back. Meanwhile no other can be proposed.
func TestC12_AnAdministratorsAddressIsRefused(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, administrator)
		_, owner, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		_, security, _ := operatorWithApp(t, s, "skeller", gatehouse.RoleSecurity)
		page := "/operator/sites/meridian-uk/users/" + u.ID
		form := "form[action='" + page + "/email']"
		old := security.Get(page).Want(200)
		owner.Submit(owner.Get(page).Want(200), form, testkit.Values{"email": "m@santos.example", "why": "She wrote from there"}).Want(200)
		if p := security.Submit(old, form, testkit.Values{"email": "other@santos.example", "why": "x"}); p.Status != http.StatusConflict || !p.Has("Another address is proposed already") {
			t.Errorf("a second one: %d %q", p.Status, p.Text("main"))
		}
		one := security.Follow(security.Get(page).Want(200), "See the proposal").Want(200)
		bad := security.Press(one, "Refuse the address", testkit.Values{"reason": ""}).Want(422)
		if !bad.Has("Enter the reason") {
			t.Errorf("without a reason: %q", bad.Text("main"))
		}
		security.Press(one, "Refuse the address", testkit.Values{"reason": "Her company says no"}).Want(200)
		if p := owner.Get(one.URL.Path).Want(200); !contains(p.Text("main"), "Refused", "Her company says no") {
			t.Errorf("the owner reads %q", p.Text("main"))
		}
		if now := s.User(u); now.Email != u.Email {
			t.Errorf("it is %q", now.Email)
		}
		asked := owner.Submit(owner.Get(page).Want(200), form, testkit.Values{"email": "m@santos.example", "why": "She came in person"}).Want(200)
		if p := owner.Press(owner.Follow(asked, "See the proposal").Want(200), "Withdraw it", nil).Want(200); !p.Has("The proposal is withdrawn") {
			t.Errorf("taken back: %q", p.Text("main"))
		}
	})
}
