package journeys

import (
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// proposedAct is the page of an act that an administrator has proposed for one user.
func proposedAct(t testing.TB, s *testkit.Server, admin gatehouse.User, a gatehouse.UserAct, users ...gatehouse.User) string {
	t.Helper()
	now := s.Clock.Now()
	b := gatehouse.BulkAct{Act: a, Run: gatehouse.Run{Kind: gatehouse.RunBulkAct, ID: store.NewID("bac", now), SiteID: admin.SiteID, CompanyID: admin.CompanyID,
		StartedBy: admin.ID, StartedName: admin.DisplayName(), StartedAt: now}}
	s.Write(func(q store.Queries) error {
		if err := q.ProposeBulkAct(t.Context(), b); err != nil {
			return err
		}
		return q.AddToBulkAct(t.Context(), b, users)
	})
	return "/company/bulk-acts/" + b.ID
}

func puts(t *testing.T, s *testkit.Server, change func(store.Queries) error) {
	t.Helper()
	s.Write(change)
}

// An administrator picks users, sees what would happen to whom, agrees, follows it, and finds the
// outcome of each, on the page and in a file; then takes it back. No script is needed.
func TestA09_AdministratorsActOnManyUsers(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, func(u *gatehouse.User) { u.FirstName, u.LastName = "Tom", "Adeyemi" })
		mira := s.AddUser("meridian-uk", "mira", password, func(m *gatehouse.User) { m.CompanyID, m.FirstName, m.LastName = u.CompanyID, "Mira", "Santos" })
		s.AddUser("meridian-uk", "left", password, func(m *gatehouse.User) {
			m.CompanyID, m.FirstName, m.LastName, m.State = u.CompanyID, "=1+1", "Gone", gatehouse.Deactivated
		})
		tom := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(tom, "tadeyemi", password))
		admin := administratorOf(t, s, u)

		list := admin.Get("/company/users").Want(200)
		if p := admin.Submit(list, "form#bulk", testkit.Values{"act": "deactivate"}).Want(200); !p.Has("Nobody is selected") {
			t.Errorf("nobody ticked: %q", p.Text("main"))
		}
		ask := admin.Submit(list, "form#bulk", testkit.Values{"act": "deactivate", "all": "yes"}).Want(200)
		for _, want := range []string{"Deactivate 2 users?", "Tom Adeyemi", "Mira Santos", "2 users are left out", "Already so", "Your own account", "You can activate the accounts again"} {
			if !ask.Has(want) {
				t.Errorf("%q is missing: %q", want, ask.Text("main"))
			}
		}
		if wantHome(t, tom.Get("/")); admin.Get("/company/users/" + u.ID).Has("Deactivated by") {
			t.Error("a question has deactivated somebody")
		}
		admin.Press(ask, "Deactivate 2 users", nil).Want(200)
		done := actDone(t, s, admin, ask.URL.Path)
		for _, want := range []string{"2 deactivated", "Result for each user", "Tom Adeyemi", "Already so", "Your own account"} {
			if !done.Has(want) {
				t.Errorf("%q is missing: %q", want, done.Text("main"))
			}
		}
		if p := tom.Get("/account"); p.URL.Path != "/sign-in" {
			t.Errorf("the session goes on: %s", p.URL)
		}
		if p := admin.Get(done.URL.Path + "?outcome=skipped").Want(200); p.Has("Tom Adeyemi") || !p.Has("Ines Marchetti") {
			t.Errorf("%q", p.Text("#users"))
		}
		file := admin.Get(done.URL.Path + ".csv").Want(200)
		if !strings.Contains(string(file.Body), "tadeyemi,Tom Adeyemi,"+u.Email+",Done,,2026-") || !strings.Contains(string(file.Body), "left,'=1+1 Gone,") {
			t.Errorf("%s", file.Body)
		}
		if all, err := s.Store.Read().MessagesOfUser(t.Context(), mira.SiteID, mira.ID, "", 10); err != nil || len(all) != 1 || all[0].Kind != "account-changed" {
			t.Errorf("%+v, %v", all, err)
		}
		if p := admin.Get("/company/users/" + u.ID).Want(200); !p.Has("Deactivated by Ines Marchetti") {
			t.Errorf("%q", p.Text("main"))
		}

		back := admin.Press(done, "Activate these 2 again", nil).Want(200)
		if !back.Has("Activate 2 users?") || back.Has("Gone") {
			t.Errorf("%q", back.Text("main"))
		}
		admin.Press(back, "Activate 2 users", nil).Want(200)
		actDone(t, s, admin, back.URL.Path)
		wantHome(t, signIn(visitor(t, s, "meridian-uk"), "tadeyemi", password))
		history := admin.Get("/company/bulk-acts").Want(200)
		if !history.Has("2 activated") || !history.Has("2 deactivated") {
			t.Errorf("%q", history.Text("main"))
		}
	})
}

// actDone waits until an act is done, and returns the page with its result.
func actDone(t *testing.T, s *testkit.Server, c *testkit.Client, path string) (p *testkit.Page) {
	t.Helper()
	testkit.Eventually(t, "the end of the act", func() bool {
		p = c.Get(path).Want(200)
		return p.Has("Result for each user")
	})
	return p
}

// What was shown is what is done: if users change first, the page shows them as they are now. A
// colleague's proposal and another company's acts are not found; an administrator who has lost the
// role does nothing.
func TestA09_WhatWasShownIsWhatIsDone(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, nil)
		other := elsewhere(t, s, "meridian-uk", "stranger", administrator)
		admin := administratorOf(t, s, u)
		boss, err := s.Store.Read().UserByUsername(t.Context(), u.SiteID, "imarchetti")
		if err != nil {
			t.Fatal(err)
		}
		path := proposedAct(t, s, boss, gatehouse.ActDeactivate, u)
		ask := admin.Get(path).Want(200)
		puts(t, s, func(q store.Queries) error { return q.SetUserState(t.Context(), u.SiteID, u.ID, gatehouse.Deactivated) })
		if p := admin.Press(ask, "Deactivate 1 user", nil).Want(409); !p.Has("Users have changed since this page was shown") || !p.Has("It applies to nobody") {
			t.Errorf("%q", p.Text("main"))
		}
		stranger := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(stranger, other.Username, password))
		for _, at := range []string{path, path + ".csv", path + "/events"} {
			if p := stranger.Get(at); p.Status != 404 {
				t.Errorf("%s: %d", at, p.Status)
			}
		}
		open := admin.Get(proposedAct(t, s, boss, gatehouse.ActActivate, u)).Want(200)
		puts(t, s, func(q store.Queries) error {
			boss.Role = gatehouse.RoleUser
			return q.UpdateProfile(t.Context(), boss, s.Clock.Now())
		})
		if p := admin.Press(open, "Activate 1 user", nil); p.Status != 403 {
			t.Errorf("%d %q", p.Status, p.Text("main"))
		}
	})
}
