package journeys

import (
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// A forgotten username waits on the administrators' page until one of them answers, with a number in
// the navigation; an address that nobody has leaves no trace there.
func TestA12_TheRequestWaitsForTheAdministrator(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "admin", password, administrator)
		u := s.AddUser("meridian-uk", "tadeyemi", password, nil)
		admin := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(admin, "admin", password))
		if p := admin.Get("/company/requests").Want(200); !p.Has("Nobody is waiting") || p.Find(".subnav .badge").Length() != 0 {
			t.Errorf("at first: %q", p.Text("main"))
		}
		for _, address := range []string{"nobody@elsewhere.example", u.Email} {
			c := visitor(t, s, "meridian-uk")
			c.Submit(c.Get("/forgot-username"), "form[action='/forgot-username']", testkit.Values{"email": address}).Want(200)
		}
		p := admin.Get("/company/requests").Want(200)
		if !p.Has("Forgotten usernames") || !p.Has(u.Username) || p.Find("form[action^='/company/requests/']").Length() != 1 {
			t.Errorf("what waits: %q", p.Text("main"))
		}
		if got := p.Text(".subnav .badge"); !contains(got, "1 waiting") {
			t.Errorf("the navigation says %q", got)
		}
		done := admin.Press(p, "I have told them", nil).Want(200)
		if !done.Has("The request is settled") || !done.Has("Nobody is waiting") || done.Find(".subnav .badge").Length() != 0 {
			t.Errorf("answered: %q", done.Text("main"))
		}
		if events, err := s.Store.Read().EventsOfUser(t.Context(), u.SiteID, u.ID, 1); err != nil || events[0].Kind != gatehouse.EventRequestAnswered || events[0].ActorName == "" && events[0].ActorID == "" {
			t.Errorf("%+v, %v", events, err)
		}
		// The same form again, and one about nobody, do no harm.
		if p := admin.Press(p, "It was not them", nil); p.Status != 200 {
			t.Errorf("answered twice: %d", p.Status)
		}
	})
}

// A shared sign-in waits there, too, and leads to a separate user for each person (A04).
func TestA04_TheSharedSignInWaitsForTheAdministrator(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "admin", password, administrator)
		s.AddUser("meridian-uk", "counter", password, func(u *gatehouse.User) { u.SoleUserFor = "" })
		c := visitor(t, s, "meridian-uk")
		wantHome(t, c.Submit(signIn(c, "counter", password), soleUserForm, testkit.Values{"sole_user": "no"}))
		admin := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(admin, "admin", password))
		p := admin.Get("/company/requests").Want(200)
		if !p.Has("Shared sign-ins") || !p.Has("counter") {
			t.Errorf("what waits: %q", p.Text("main"))
		}
		form := admin.Follow(p, "Add a user").Want(200)
		made := admin.Submit(form, "form[action='/company/users/new']", testkit.Values{"first_name": "Ana", "last_name": "Novak", "email": "ana@northgate.example", "username": "anovak", "role": "user"}).Want(200)
		if !made.Has("The user was added") || !made.Has("Invited, but not signed in yet") {
			t.Errorf("added: %q", made.Text("main"))
		}
		mailAbout(t, s, "ana@northgate.example", "temporary password")
		if done := admin.Press(admin.Get("/company/requests"), "Done", nil).Want(200); !done.Has("Nobody is waiting") {
			t.Errorf("answered: %q", done.Text("main"))
		}
	})
}

// What was typed about a new user stays, with the error at its field; and two administrators who
// edit one user see each other.
func TestA09_AddingAndEditingLosesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "admin", password, administrator)
		s.AddUser("meridian-uk", "second", password, func(u *gatehouse.User) { administrator(u); u.FirstName, u.LastName = "Ines", "Marchetti" })
		u := s.AddUser("meridian-uk", "tadeyemi", password, nil)
		admin, second := visitor(t, s, "meridian-uk"), visitor(t, s, "meridian-uk")
		wantHome(t, signIn(admin, "admin", password))
		wantHome(t, signIn(second, "second", password))
		typed := testkit.Values{"first_name": "Ana", "last_name": "Novak", "email": "", "username": "TAdeyemi", "role": "admin"}
		bad := admin.Submit(admin.Get("/company/users/new"), "form[action='/company/users/new']", typed)
		if bad.Status != 422 || bad.Find("#email-error").Length() != 1 || bad.Find("#first_name").AttrOr("value", "") != "Ana" || bad.Find("[name=role][value=admin][checked]").Length() != 1 {
			t.Errorf("without an address: %d %q", bad.Status, bad.Text("main"))
		}
		typed["email"] = "ana@northgate.example"
		bad = admin.Submit(bad, "form[action='/company/users/new']", typed)
		if bad.Status != 422 || bad.Find("#username-error").Length() != 1 || bad.Find("#username").AttrOr("value", "") != "TAdeyemi" {
			t.Errorf("a username that is taken: %d %q", bad.Status, bad.Text("main"))
		}

		edit := "/company/users/" + u.ID + "/edit"
		first := admin.Get(edit).Want(200)
		second.Submit(second.Get(edit), "main form", testkit.Values{"first_name": "Tomasz"}).Want(200)
		late := admin.Submit(first, "main form", testkit.Values{"last_name": "Adeyemi-Lane"})
		if late.Status != 409 || !late.Has("second, Today") || !late.Has("Tomasz") || late.Find("#last_name").AttrOr("value", "") != "Adeyemi-Lane" {
			t.Errorf("the second administrator reads %d %q", late.Status, late.Text("main"))
		}
		if now := s.User(u); now.FirstName != "Tomasz" || now.LastName != u.LastName {
			t.Errorf("stored: %s %s", now.FirstName, now.LastName)
		}
		admin.Submit(late, "main form", testkit.Values{"first_name": "Tomasz"}).Want(200)
		if now := s.User(u); now.FirstName != "Tomasz" || now.LastName != "Adeyemi-Lane" {
			t.Errorf("saved again: %s %s", now.FirstName, now.LastName)
		}
		// An act on what somebody else has changed meanwhile does nothing, and says who did.
		ask := admin.Get("/company/users/" + u.ID + "/delete").Want(200)
		second.Press(second.Get("/company/users/"+u.ID+"/deactivate"), "Deactivate", nil).Want(200)
		if p := admin.Press(ask, "Delete", nil); p.Status != 409 || !p.Has("second, Today") || s.User(u).Deleted() {
			t.Errorf("a delete of what has changed: %d %q", p.Status, p.Text("main"))
		}
	})
}
