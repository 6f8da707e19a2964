package journeys

import (
	"net/url"
	"strings"
	"sync"
	"testing"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/testkit"
)

// firmOfUK makes a company of Meridian UK.
func firmOfUK(t *testing.T, s *testkit.Server, name, number string) gatehouse.Company {
	t.Helper()
	c, err := s.Directory.CreateCompany(t.Context(), s.Sites.ByID("meridian-uk"), operator, directory.CompanyFields{Name: name, AccountNumber: number})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// An owner moves the last administrator of a company: the page says what ends, asks whether the company
// may be left without one, refuses what is no longer so, and signs the user out at once.
func TestC12_AUserGoesToAnotherCompany(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		from, to := firmOfUK(t, s, "Lindenhof", "L-1"), firmOfUK(t, s, "Harlow <b>Tools</b>", "H-1")
		in := func(firm gatehouse.Company, role gatehouse.Role) func(*gatehouse.User) {
			return func(u *gatehouse.User) { u.CompanyID, u.Role = firm.ID, role }
		}
		boss, clerk := s.AddUser("meridian-uk", "msantos", password, in(from, gatehouse.RoleAdmin)), s.AddUser("meridian-uk", "clerk", password, in(from, gatehouse.RoleUser))
		leader := s.AddUser("meridian-uk", "leader", password, in(to, gatehouse.RoleAdmin))
		page := companiesOfUK + "/" + from.ID
		admin := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(admin, boss.Username, password))
		_, security, _ := operatorWithApp(t, s, "skeller", gatehouse.RoleSecurity)
		security.Get(page + "/move?user=" + boss.ID).Want(403)
		if p := security.Get(page).Want(200); p.Find("input[name='user']").Length() > 0 {
			t.Error("security is offered to choose users")
		}
		_, c, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		if p := c.Get(page).Want(200); p.Find("input[name='user'][form='move']").Length() != 2 {
			t.Errorf("nobody can be chosen: %q", p.Text("main"))
		}
		if p := c.Get(page + "/move").Want(200); !p.Has("Nobody is chosen") {
			t.Errorf("%q", p.Text("main"))
		}
		one := c.Follow(c.Get("/operator/sites/meridian-uk/users/"+boss.ID).Want(200), "Move to another company").Want(200)
		found := c.Submit(one, "form[action='"+page+"/move']", testkit.Values{"q": "harl"}).Want(200)
		ask := c.Follow(found, "Harlow <b>Tools</b>").Want(200)
		if !ask.Has("Ends: 1 session Stays") || !ask.Has("Stays an administrator") || !ask.Has(leader.Email) || ask.Find("#leave").Length() != 1 {
			t.Errorf("%q", ask.Text("main"))
		}
		form := "form[method='post'][action='" + page + "/move']"
		if bad := c.Submit(ask, form, nil).Want(422); bad.Find("#leave[aria-invalid]").Length() != 1 {
			t.Errorf("%q", bad.Text("main"))
		}
		admin.Get("/company/users").Want(200)
		done := c.Submit(ask, form, testkit.Values{"leave": "on"}).Want(200)
		if !done.Has("The users were moved here") || !done.Has(boss.Email) {
			t.Errorf("%q", done.Text("main"))
		}
		if late := c.Submit(ask, form, testkit.Values{"leave": "on"}).Want(409); !late.Has("is not a user of this company") && !late.Has("Nobody is chosen") {
			t.Errorf("moved twice: %q", late.Text("main"))
		}
		if p := admin.Get("/company/users"); !strings.HasPrefix(p.URL.Path, "/sign-in") {
			t.Errorf("an open page of the administrator: %d %s", p.Status, p.URL)
		}
		if told := mailAbout(t, s, boss.Email, "belongs to"); !strings.Contains(told.Text, "Lindenhof") {
			t.Errorf("%q: %s", told.Subject, told.Text)
		}
		if told := mailAbout(t, s, leader.Email, "New users"); strings.Contains(told.Text, "Lindenhof") {
			t.Errorf("another customer is named: %s", told.Text)
		}
		wantHome(t, signIn(admin, boss.Username, password))
		admin.Get("/company/users").Want(403) // a plain user there
		other := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(other, leader.Username, password))
		if list := other.Get("/company/users").Want(200); !list.Has(boss.Email) || list.Has(clerk.Email) {
			t.Errorf("%q", list.Text("main"))
		}
		if p := other.Get("/company/users/" + boss.ID).Want(200); !p.Has("Came from another company") || p.Has("Lindenhof") {
			t.Errorf("%q", p.Text("main"))
		}
	})
}

// An owner merges two companies that are one: the page says what becomes of everything, the stricter
// rule wins, and the old account number and page lead to the other one.
func TestC12_TwoCompaniesThatAreOneAreMerged(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		from, to := firmOfUK(t, s, "Lindenhof", "L-1"), firmOfUK(t, s, "Harlow", "H-1")
		boss := s.AddUser("meridian-uk", "msantos", password, func(u *gatehouse.User) { u.CompanyID, u.Role = from.ID, gatehouse.RoleAdmin })
		s.AddUser("meridian-uk", "leader", password, func(u *gatehouse.User) { u.CompanyID, u.Role, u.Email = to.ID, gatehouse.RoleAdmin, boss.Email })
		st := s.Sites.ByID("meridian-uk")
		if err := s.Directory.SetCompanyPolicy(t.Context(), st, operator, from.ID, gatehouse.CompanyPolicy{PasswordLength: 20}, ""); err != nil {
			t.Fatal(err)
		}
		page := companiesOfUK + "/" + from.ID
		_, c, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		found := c.Submit(c.Follow(c.Get(page).Want(200), "Merge into another company").Want(200), "form[action='"+page+"/merge']", testkit.Values{"q": "H-1"}).Want(200)
		ask := c.Follow(found, "Harlow").Want(200)
		if !ask.Has("1 email address that both have") || !ask.Has("This is new for the other company") || !ask.Has("Off for both companies") || ask.Has("Links that stop working") || !ask.Has("The administrators of Lindenhof stay administrators") {
			t.Errorf("%q", ask.Text("main"))
		}
		form := "form[method='post'][action='" + page + "/merge']"
		s.AddUser("meridian-uk", "late", password, func(u *gatehouse.User) { u.CompanyID = from.ID })
		if late := c.Submit(ask, form, testkit.Values{"keep": "on"}).Want(409); !late.Has("Something has changed in the meantime") || late.Find("#keep[checked]").Length() != 1 {
			t.Errorf("%q", late.Text("main"))
		} else {
			ask = late
		}
		if done := c.Submit(ask, form, testkit.Values{"keep": "on"}).Want(200); !done.Has("The companies were merged") || !strings.HasSuffix(done.URL.Path, to.ID) {
			t.Errorf("%q", done.Text("main"))
		}
		if old := c.Get(page).Want(200); old.Find("[data-merged] a[href$='"+to.ID+"']").Length() != 1 || old.Find("a[href$='/suspend'], a[href$='/edit']").Length() > 0 {
			t.Errorf("%q", old.Text("main"))
		}
		if p := c.Get(page + "/merge").Want(409); !p.Has("was merged into another") {
			t.Errorf("%q", p.Text("main"))
		}
		if list := c.Get(companiesOfUK + "?q=L-1").Want(200); !list.Has("Merged") {
			t.Errorf("%q", list.Text("main"))
		}
		if u := s.User(boss); u.CompanyID != to.ID || u.Role != gatehouse.RoleAdmin {
			t.Errorf("%+v", u)
		}
		mailAbout(t, s, boss.Email, "are now one company")
	})
}

// A user is moved while they sign in and a platform redeems a code and renews its tokens: no session is
// left in the former company, and whatever the platform got in time is good for nothing.
func TestC12_AMoveEndsWhatIsUnderWay(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		p, c := signedIn(t, s)
		st := s.Sites.ByID("meridian-uk")
		u, err := s.Store.Read().UserByUsername(t.Context(), st.ID, "msantos")
		if err != nil {
			t.Fatal(err)
		}
		to := firmOfUK(t, s, "Harlow", "H-1")
		token, _ := p.exchange(p.answered(c.Get(p.ask())))
		code := p.answered(c.Get(p.ask())).Get("code")
		got := make([]programAnswer, 2)
		browsers := make([]*testkit.Client, 4)
		for i := range browsers {
			browsers[i] = visitor(t, s, "meridian-uk")
		}
		var all sync.WaitGroup
		all.Go(func() { got[0] = p.grant(redeeming(code)) })
		all.Go(func() {
			got[1] = p.grant(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.RefreshToken}})
		})
		for _, b := range browsers {
			all.Go(func() { signIn(b, u.Username, password) })
		}
		if _, err := s.Directory.MoveUsers(t.Context(), st, operator, u.CompanyID, directory.Move{To: to.ID, Users: []string{u.ID}, Leave: true}); err != nil {
			t.Fatal(err)
		}
		all.Wait()
		open, err := s.Store.Read().SessionsOf(t.Context(), st.ID, u.ID, s.Clock.Now(), 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range open {
			if one.CompanyID != to.ID {
				t.Errorf("a session of the former company: %+v", one)
			}
		}
		accesses := []string{token.AccessToken}
		for _, a := range got {
			if text, ok := a.json["access_token"].(string); ok {
				accesses = append(accesses, text)
			}
		}
		for _, access := range accesses {
			if a := p.call("GET", "/oauth2/userinfo", nil, "Authorization", "Bearer "+access); a.StatusCode != 401 {
				t.Errorf("userinfo answers %d %s", a.StatusCode, a.body)
			}
		}
	})
}
