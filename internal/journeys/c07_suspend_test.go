package journeys

import (
	"net/url"
	"strings"
	"sync"
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

// A platform redeems a code, renews its tokens and asks about them while the company is suspended:
// whatever it got in time is good for nothing when that has returned, and stays so when it has ended.
func TestC07_TokensOfPlatformsEndWithASuspension(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		p, c := signedIn(t, s)
		u, err := s.Store.Read().UserByUsername(t.Context(), "meridian-uk", "msantos")
		if err != nil {
			t.Fatal(err)
		}
		st := s.Sites.ByID("meridian-uk")
		token, _ := p.exchange(p.answered(c.Get(p.ask())))
		code := p.answered(c.Get(p.ask())).Get("code")
		got := make([]programAnswer, 2)
		var all sync.WaitGroup
		all.Go(func() { got[0] = p.grant(redeeming(code)) })
		all.Go(func() {
			got[1] = p.grant(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.RefreshToken}})
		})
		if err := s.Directory.Suspend(t.Context(), st, operator, u.CompanyID, "not paid", ""); err != nil {
			t.Fatal(err)
		}
		all.Wait()
		refreshes, accesses := []string{token.RefreshToken}, []string{token.AccessToken}
		for _, a := range got {
			if text, ok := a.json["refresh_token"].(string); ok {
				refreshes = append(refreshes, text)
			}
			if text, ok := a.json["access_token"].(string); ok {
				accesses = append(accesses, text)
			}
		}
		dead := func(when string) {
			t.Helper()
			for _, access := range accesses {
				if a := p.call("GET", "/oauth2/userinfo", nil, "Authorization", "Bearer "+access); a.StatusCode != 401 {
					t.Errorf("%s: userinfo answers %d %s", when, a.StatusCode, a.body)
				}
			}
			for _, refresh := range refreshes {
				if a := p.grant(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}); a.StatusCode != 400 {
					t.Errorf("%s: a refresh token: %d %s", when, a.StatusCode, a.body)
				}
			}
			if a := p.grant(redeeming(code)); a.StatusCode != 400 {
				t.Errorf("%s: the code: %d %s", when, a.StatusCode, a.body)
			}
		}
		dead("suspended")
		if err := s.Directory.Resume(t.Context(), st, operator, u.CompanyID, ""); err != nil {
			t.Fatal(err)
		}
		dead("resumed")
	})
}
