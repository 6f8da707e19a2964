package journeys

import (
	"strconv"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

const sharedList = "section[aria-labelledby=shared]"

// An administrator shares a search of the company's users with the other administrators, with its
// order and columns. They see whose it is, copy it, hide it, and cannot change it. Nobody else has it.
func TestA06_SearchesAreShared(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		boss := s.AddUser("meridian-uk", "boss", password, func(u *gatehouse.User) {
			u.FirstName, u.LastName, u.Role = "Bea", "Osei", gatehouse.RoleAdmin
		})
		c := visitor(t, s, "meridian-uk")
		signIn(c, "boss", password)
		form := c.Follow(c.Get("/company/users?sort=seen&order=down&col=email&col=created&after=x").Want(200), "Save this search").Want(200)
		p := c.Submit(form, newSearchForm, testkit.Values{"name": "Long away", "share": "on"}).Want(200)
		if got := p.URL.RequestURI(); got != "/company/users?col=email&col=created&order=down&sort=seen" || savedOn(p) != "Long away*" || p.Find("thead th").Length() != 3 {
			t.Fatalf("%s: %s, %q", got, savedOn(p), p.Texts("thead th"))
		}
		if p := c.Get("/searches"); !p.Has("everybody, among your company’s users; sorted by: Last sign-in, with chosen columns") || !p.Has("Shared with your company’s administrators") {
			t.Error(p.Text("main"))
		}
		one := c.Get("/searches").MustFind("main .list a.btn").AttrOr("href", "")

		other := administratorOf(t, s, boss)
		p = other.Get("/company/users").Want(200)
		if savedOn(p) != "Long away by Bea Osei" {
			t.Fatalf("another administrator has %q", savedOn(p))
		}
		if p := other.Get("/searches").Want(200); !strings.Contains(p.Text(sharedList), "by Bea Osei") || p.Has("No saved searches yet") {
			t.Error(p.Text("main"))
		}
		p = other.Get(one).Want(200)
		if !p.Has("Shared by Bea Osei since") || p.Find("#name, form[action$='/delete']").Length() != 0 {
			t.Error(p.Text("main"))
		}
		token := p.MustFind("main input[name=form_token]").AttrOr("value", "")
		for _, path := range []string{one, one + "/delete"} {
			other.Post(path, map[string][]string{"form_token": {token}, "name": {"Mine"}}).Want(404)
		}
		copied := other.Submit(other.Follow(p, "Save my own copy").Want(200), newSearchForm, nil).Want(200)
		if savedOn(copied) != "Long away*, Long away by Bea Osei*" {
			t.Errorf("copied: %q", savedOn(copied))
		}
		hidden := other.Press(other.Get(one), "Hide this search", nil).Want(200)
		if !hidden.Has("The search is hidden from you") || savedOn(other.Get("/company/users")) != "Long away" || savedOn(c.Get("/company/users")) != "Long away" {
			t.Errorf("hidden: %q", savedOn(other.Get("/company/users")))
		}
		other.Press(other.Get(one), "Show again", nil).Want(200)
		if savedOn(other.Get("/company/users")) != "Long away, Long away by Bea Osei" {
			t.Errorf("shown again: %q", savedOn(other.Get("/company/users")))
		}
		wantNobodyElse(t, s, boss, one)

		p = c.Submit(c.Get(one), "form[action='"+one+"']", testkit.Values{"name": "Away", "share": ""}).Want(200)
		if p.Has("Shared with") || savedOn(other.Get("/company/users")) != "Long away" {
			t.Errorf("no longer shared: %q", p.Text("main"))
		}
		other.Get(one).Want(404)
		events, err := s.Store.Read().EventPageOfUser(t.Context(), boss.SiteID, "", store.EventPage{Kinds: []gatehouse.EventKind{gatehouse.EventSearchShared, gatehouse.EventSearchUnshared}, Limit: 9})
		if err != nil || len(events) != 2 || events[0].Kind != gatehouse.EventSearchUnshared || events[1].Detail["name"] != "Long away" || events[1].CompanyID != boss.CompanyID {
			t.Errorf("%+v, %v", events, err)
		}
	})
}

// wantNobodyElse has an ordinary user, an administrator of another company, and one of another site
// look for a shared search.
func wantNobodyElse(t *testing.T, s *testkit.Server, boss gatehouse.User, path string) {
	t.Helper()
	puts(t, s, func(q store.Queries) error {
		return q.InsertCompany(t.Context(), gatehouse.Company{ID: "com_other", SiteID: boss.SiteID, Name: "Other", AccountNumber: "2", CreatedAt: s.Clock.Now()})
	})
	s.AddUser(boss.SiteID, "plain", password, func(u *gatehouse.User) { u.CompanyID = boss.CompanyID })
	s.AddUser(boss.SiteID, "stranger", password, func(u *gatehouse.User) { u.CompanyID, u.Role = "com_other", gatehouse.RoleAdmin })
	s.AddUser("meridian-au", "abroad", password, func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
	for site, names := range map[string][]string{boss.SiteID: {"plain", "stranger"}, "meridian-au": {"abroad"}} {
		for _, name := range names {
			c := visitor(t, s, site)
			signIn(c, name, password)
			if p := c.Get("/searches").Want(200); p.Find(sharedList).Length() != 0 {
				t.Errorf("%s sees %s", name, p.Text(sharedList))
			}
			c.Get(path).Want(404)
		}
	}
}

// It ends with the administrator who shares it, and comes back with the same one.
func TestA06_SharingEndsWithTheAdministrator(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		s := testkit.NewServer(t, url)
		boss := s.AddUser("meridian-uk", "boss", password, func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
		c := visitor(t, s, "meridian-uk")
		signIn(c, "boss", password)
		c.Submit(c.Get("/searches/new?search=%2Fcompany%2Fusers%3Frole%3Dadmin"), newSearchForm, testkit.Values{"name": "Admins", "share": "on"}).Want(200)
		other := administratorOf(t, s, boss)
		for _, change := range []string{`role = 'user'`, `role = 'admin', state = 'deactivated'`, `state = 'active', deleted_at = 5`} {
			testkit.Exec(t, url, `UPDATE users SET `+change+` WHERE id = $1`, boss.ID)
			if got := savedOn(other.Get("/company/users").Want(200)); got != "" {
				t.Errorf("%s: %s", change, got)
			}
		}
		testkit.Exec(t, url, `UPDATE users SET deleted_at = 0 WHERE id = $1`, boss.ID)
		if got := savedOn(other.Get("/company/users").Want(200)); !strings.HasPrefix(got, "Admins by ") {
			t.Errorf("back: %q", got)
		}
	})
}

// Only searches among users are shared, and not without end.
func TestA06_SharingHasLimits(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		boss := s.AddUser("meridian-uk", "boss", password, func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
		puts(t, s, func(q store.Queries) error {
			for i := range gatehouse.MostSharedSearches - 1 {
				one := gatehouse.SavedSearch{ID: "sea_" + strconv.Itoa(i), Name: "One", SharedAt: s.Clock.Now(), Search: gatehouse.Search{Place: gatehouse.SearchUsers, UserFilter: gatehouse.UserFilter{Text: strconv.Itoa(i)}}}
				if err := q.PutSavedSearch(t.Context(), boss.SiteID, boss.ID, one); err != nil {
					return err
				}
			}
			return nil
		})
		c := administratorOf(t, s, boss)
		help := c.Get("/searches/new?search=%2Fhelp%3Fq%3Dmail").Want(200)
		if help.Find("#share").Length() != 0 {
			t.Error("a search of the help can be shared")
		}
		token := help.MustFind("main input[name=form_token]").AttrOr("value", "")
		c.Post("/searches/new", map[string][]string{"form_token": {token}, "search": {"/help?q=mail"}, "name": {"Mail"}, "share": {"on"}}).Want(403)
		form := c.Get("/searches/new?search=%2Fcompany%2Fusers%3Fq%3Da").Want(200)
		c.Submit(form, newSearchForm, testkit.Values{"share": "on"}).Want(200)
		form = c.Get("/searches/new?search=%2Fcompany%2Fusers%3Fq%3Db").Want(200)
		if p := c.Submit(form, newSearchForm, testkit.Values{"name": "Too many", "share": "on"}).Want(409); !p.Has("share 30 searches, which is the most they can") || p.MustFind("#name").AttrOr("value", "") != "Too many" || p.Find("#share[checked]").Length() != 1 {
			t.Error(p.Text("main"))
		}
		c.Submit(form, newSearchForm, testkit.Values{"name": "Mine"}).Want(200)
	})
}
