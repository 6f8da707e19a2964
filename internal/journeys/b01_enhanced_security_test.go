package journeys

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

const (
	enhancedSecurityPath = "/company/enhanced-security"
	twoFactorForm        = "main form[action='" + enhancedSecurityPath + "']"
)

func administrator(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin }

// colleagues fills the company with two users of each kind, apart from its administrator,
// and returns their number.
func colleagues(s *testkit.Server, siteID string) int {
	kinds := map[string]func(*gatehouse.User){
		"plain":       func(*gatehouse.User) {},
		"unconfirmed": func(u *gatehouse.User) { u.EmailConfirmed = false },
		"locked":      func(u *gatehouse.User) { u.LockedAt, u.LockReason = s.Clock.Now(), gatehouse.LockedByAttempts },
		"own":         func(u *gatehouse.User) { u.OwnTwoFactor = true },
		"nowhere":     func(u *gatehouse.User) { u.Email = "" },
		"bouncing": func(u *gatehouse.User) {
			u.Bounce = gatehouse.Bounce{At: s.Clock.Now(), Reason: "5.1.1", Reported: true}
		},
		"invited": func(u *gatehouse.User) { u.State, u.FirstSignInAt = gatehouse.Invited, time.Time{} },
		"left":    func(u *gatehouse.User) { u.State = gatehouse.Deactivated },
	}
	for kind, change := range kinds {
		for _, n := range []string{"1", "2"} {
			s.AddUser(siteID, kind+n, "", change)
		}
	}
	return 2 * len(kinds)
}

// elsewhere is a user of another company of the site.
func elsewhere(t *testing.T, s *testkit.Server, siteID, name string, change func(*gatehouse.User)) gatehouse.User {
	t.Helper()
	now := s.Clock.Now()
	other := gatehouse.Company{ID: store.NewID("com", now), SiteID: siteID, Name: "Hartley Academy", AccountNumber: "20" + name, CreatedAt: now}
	s.Write(func(q store.Queries) error { return q.InsertCompany(t.Context(), other) })
	return s.AddUser(siteID, name, password, func(u *gatehouse.User) { u.CompanyID = other.ID; change(u) })
}

// setTwoFactor confirms a choice on the pages and returns the page of the enrolment.
func setTwoFactor(c *testkit.Client, choice string) *testkit.Page {
	p := c.Submit(c.Get(enhancedSecurityPath), twoFactorForm, testkit.Values{"two_factor": choice})
	return c.Submit(p.Want(200), twoFactorForm, nil).Want(200)
}

// finished is the page of an enrolment once it has ended.
func finished(t *testing.T, c *testkit.Client, run *testkit.Page) (result *testkit.Page) {
	t.Helper()
	testkit.Eventually(t, "the end of the run", func() bool {
		result = c.Get(run.URL.Path).Want(200)
		return result.Find("progress").Length() == 0
	})
	return result
}

// number is the first number of an element's text.
func number(t *testing.T, text string) int {
	t.Helper()
	for word := range strings.FieldsSeq(text) {
		if n, err := strconv.Atoi(strings.Trim(word, ".,:")); err == nil {
			return n
		}
	}
	t.Fatalf("no number in %q", text)
	return 0
}

// sum is the numbers of outcomes under a preview or a result, in order.
func sum(t *testing.T, p *testkit.Page, within string) (numbers []int) {
	t.Helper()
	for _, text := range p.Texts(within + " .card-foot .keys .num") {
		numbers = append(numbers, number(t, text))
	}
	if len(numbers) != len(gatehouse.Outcomes) {
		t.Fatalf("%s has no sum: %v", p.URL, numbers)
	}
	return numbers
}

func TestB01_ForAdministratorsOfTheCompanyOnly(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const site = "meridian-uk"
		s.AddUser(site, "msantos", password, administrator)
		s.AddUser(site, "tadeyemi", password, nil)
		elsewhere(t, s, site, "pnair", administrator)
		admin, user, stranger, other := visitor(t, s, site), visitor(t, s, site), visitor(t, s, site), visitor(t, s, site)
		wantHome(t, signIn(admin, "msantos", password))
		wantHome(t, signIn(user, "tadeyemi", password))
		wantHome(t, signIn(other, "pnair", password))
		admin.Get("/account/profile").MustFind(".nav a[href='" + enhancedSecurityPath + "']")
		page := admin.Get(enhancedSecurityPath).Want(200)
		if at := page.Text(".subnav [aria-current=page]"); at != "Enhanced Security" || page.Text(".tabs [aria-current=page]") != "Company" {
			t.Errorf("at %q", at)
		}
		run := setTwoFactor(admin, "enabled").URL.Path
		for _, path := range []string{enhancedSecurityPath, enhancedSecurityPath + "?two_factor=enabled", run, run + ".csv", run + "/events"} {
			user.Get(path).Want(403)
			if p := stranger.Get(path).Want(200); p.URL.Path != "/sign-in" || !strings.Contains(p.URL.RawQuery, "return_to") {
				t.Errorf("%s leads strangers to %s", path, p.URL)
			}
		}
		if p := user.Get("/account/profile"); p.Find("[href^='/company']").Length() > 0 {
			t.Error("who is no administrator gets a link")
		}
		token := map[string][]string{"form_token": {user.Get("/account/profile").MustFind("[name=form_token]").First().AttrOr("value", "")}, "two_factor": {"disabled"}, "confirm": {"yes"}}
		user.Post(enhancedSecurityPath, token).Want(403)
		for _, path := range []string{run, run + ".csv", run + "/events"} {
			other.Get(path).Want(404)
		}
		if p := other.Get(enhancedSecurityPath).Want(200); !p.Has("Hartley Academy") || p.Has("Northgate") || !p.Has("No changes yet") {
			t.Errorf("another company's page: %s", p.Text("main"))
		}
	})
}

// What the page says before saving is what the enrolment does, and each number leads to
// the people.
func TestB01_ThePreviewIsWhatHappens(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const site = "meridian-uk"
		s.AddUser(site, "msantos", password, administrator)
		total := 1 + colleagues(s, site)
		c := visitor(t, s, site)
		wantHome(t, signIn(c, "msantos", password))
		for _, choice := range []string{"enabled", "disabled"} {
			page := c.Get(enhancedSecurityPath).Want(200)
			part := "[data-for=" + choice + "]"
			if got := number(t, page.Text("section"+part+" .card-head small")); got != total {
				t.Errorf("%s: %d users, there are %d", choice, got, total)
			}
			rows := page.Find("section" + part + " .list > li")
			if rows.Length() != len(gatehouse.GroupsFor(gatehouse.RequireCode)) {
				t.Errorf("%s: %q", choice, page.Texts("section"+part+" .list strong"))
			}
			for i := range rows.Length() {
				row := rows.Eq(i)
				people := c.Get(row.Find("a").AttrOr("href", "")).Want(200)
				if want := number(t, row.Find("strong").Text()); people.Find("tbody tr").Length() != want {
					t.Errorf("%q leads to %d people", row.Text(), people.Find("tbody tr").Length())
				}
			}
			promised := sum(t, page, "section"+part)
			ask := c.Submit(page, twoFactorForm, testkit.Values{"two_factor": choice}).Want(200)
			affected := promised[0]
			for _, where := range []string{"h1", "main form button"} {
				if got := number(t, ask.Text(where)); got != affected {
					t.Errorf("%q, want %d", ask.Text(where), affected)
				}
			}
			if named := ask.Find("main form .alert").Text(); (choice == "enabled") != strings.Contains(named, "4 users have no working email address") {
				t.Errorf("%s: who cannot sign in: %q", choice, named)
			}
			result := finished(t, c, c.Submit(ask, twoFactorForm, nil))
			if got := sum(t, result, "section"); total != got[0]+got[1]+got[2]+got[3] || got[0] != promised[0] || got[1] != promised[1] || got[2] != promised[2] || got[3] != promised[3] {
				t.Errorf("%s: promised %v, became %v of %d", choice, promised, got, total)
			}
		}
		if runs := c.Get(enhancedSecurityPath).Find("section[aria-labelledby=history] tbody tr"); runs.Length() != 2 {
			t.Errorf("%d runs in the history", runs.Length())
		}
	})
}

func TestB01_WhatIsSoAlreadyIsNotDoneAgain(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const site = "meridian-uk"
		s.AddUser(site, "msantos", password, administrator)
		s.AddUser(site, "tadeyemi", password, func(u *gatehouse.User) { administrator(u); u.FirstName, u.LastName = "Tom", "Adeyemi" })
		mira, tom := visitor(t, s, site), visitor(t, s, site)
		wantHome(t, signIn(mira, "msantos", password))
		wantHome(t, signIn(tom, "tadeyemi", password))
		p := mira.Submit(mira.Get(enhancedSecurityPath), twoFactorForm, testkit.Values{"two_factor": "disabled"}).Want(200)
		if !p.Has("is already off") || !p.Has("There is nothing to change") {
			t.Errorf("nothing to change: %s", p.Text("main .alert"))
		}
		mine := mira.Submit(mira.Get(enhancedSecurityPath), twoFactorForm, testkit.Values{"two_factor": "enabled"})
		his := tom.Submit(tom.Get(enhancedSecurityPath), twoFactorForm, testkit.Values{"two_factor": "enabled"})
		run := mira.Submit(mine, twoFactorForm, nil).Want(200)
		late := tom.Submit(his, twoFactorForm, nil).Want(409)
		if !late.Has("is already on") || !late.Has("Turned on by Mira Santos: Today") {
			t.Errorf("the second administrator reads %s", late.Text("main .alert"))
		}
		late.MustFind(".alert a[href='" + run.URL.Path + "']")
		if n := tom.Get(enhancedSecurityPath).Find("section[aria-labelledby=history] tbody tr").Length(); n != 1 {
			t.Errorf("%d runs", n)
		}
		bad := mira.Post(enhancedSecurityPath, map[string][]string{"form_token": {late.MustFind("[name=form_token]").First().AttrOr("value", "")}, "two_factor": {"perhaps"}})
		if bad.Status != 403 { // the token is Tom's
			t.Errorf("a stranger's token: %d", bad.Status)
		}
		own := mira.Get(enhancedSecurityPath).MustFind("[name=form_token]").First().AttrOr("value", "")
		if p := mira.Post(enhancedSecurityPath, map[string][]string{"form_token": {own}, "two_factor": {"perhaps"}}).Want(422); !p.Has("Choose disable or enable") {
			t.Error(p.Text("main"))
		}
	})
}
