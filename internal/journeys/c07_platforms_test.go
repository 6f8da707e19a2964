package journeys

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"golang.org/x/oauth2"

	"gatehouse"
	"gatehouse/internal/testkit"
)

const platformsOfUK = "/operator/sites/meridian-uk/platforms"

// An owner adds a platform: what is wrong is said at its field and nothing typed is lost; the secret is
// shown once and works; the same form sent again adds no second one.
func TestC07_AnOwnerAddsAPlatform(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		_, c, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		empty := c.Follow(c.Get("/operator/sites/meridian-uk").Want(200), "Platforms of this site").Want(200)
		if !empty.Has("This site has no platforms yet") {
			t.Errorf("empty: %q", empty.Text("main"))
		}
		p := c.Follow(empty, "Add a platform").Want(200)
		const form = "form[action='" + platformsOfUK + "/new']"
		typed := testkit.Values{"name": "Shop", "redirect_uris": platformCallback + "\nhttps://*.example/back", "scopes": "profile", "access_token": "5 minutes"}
		bad := c.Submit(p, form, typed).Want(422)
		if bad.Find("#access_token[aria-invalid]").Length() != 1 || bad.Find("details[open]").Length() != 1 || !strings.Contains(bad.Find("#redirect_uris").Text(), "https://*.example/back") {
			t.Errorf("%q", bad.Text("main"))
		}
		typed["access_token"] = "5m"
		bad = c.Submit(bad, form, typed).Want(422)
		for _, field := range []string{"redirect_uris", "scopes"} {
			if bad.Find("#"+field+"[aria-invalid]").Length() != 1 || bad.Find(".alert a[href='#"+field+"']").Length() != 1 {
				t.Errorf("%s: %q", field, bad.Text("main"))
			}
		}
		typed["redirect_uris"], typed["scopes"] = platformCallback, "openid profile email company"
		made := c.Submit(bad, form, typed).Want(200)
		secret := made.Text("#secret")
		if len(secret) < 20 || !made.Has("it is shown only once") {
			t.Fatalf("%q", made.Text("main"))
		}
		again := c.Submit(bad, form, typed).Want(200)
		if !again.Has("This form had added the platform already") || strings.Contains(string(again.Body), secret) {
			t.Errorf("sent again: %q", again.Text("main"))
		}
		list := c.Get(platformsOfUK).Want(200)
		if rows := list.Texts("tbody tr"); len(rows) != 1 || !contains(rows[0], "Shop", "Signs users in", "Everyone") {
			t.Errorf("%q", rows)
		}
		all, err := s.SSO.List(t.Context(), s.Sites.ByID("meridian-uk"), operator, "", 10)
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		shop := &platform{t: t, s: s, app: all[0], config: oauth2.Config{ClientID: all[0].ID, ClientSecret: secret}}
		if got := shop.grant(redeeming("x")); got.json["error"] != "invalid_grant" {
			t.Errorf("the secret of the page: %s", got.body)
		}
		shop.config.ClientSecret += "x"
		if got := shop.grant(redeeming("x")); got.json["error"] != "invalid_client" {
			t.Errorf("another secret: %s", got.body)
		}
	})
}

// Support sees what a platform may and who uses it; security turns it off and on; only owners change
// it. What somebody else has changed meanwhile is not replaced, and a secret is made once.
func TestC07_PlatformsAreKept(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		s := testkit.NewServer(t, database)
		shop := newPlatform(t, s, nil)
		u := s.AddUser("meridian-uk", "tadeyemi", password, func(u *gatehouse.User) { u.FirstName, u.LastName = "Tom", "Adeyemi" })
		customer := visitor(t, s, "meridian-uk")
		shop.exchange(shop.answered(customer.Submit(customer.Get(shop.ask()), signInForm, testkit.Values{"username": u.Username, "password": password})))
		one := platformsOfUK + "/" + shop.app.ID
		_, support, _ := operatorWithApp(t, s, "tbello", gatehouse.RoleSupport)
		p := support.Get(one).Want(200)
		if !contains(p.Text("main"), "Shop", shop.app.ID, "1 user has opened it", "Stay signed in", platformCallback) || p.Find("main a[href$='/disable'], main a[href$='/edit']").Length() > 0 {
			t.Errorf("%q", p.Text("main"))
		}
		if who := support.Follow(p, "See who").Want(200); !contains(who.Text("main"), "Tom Adeyemi", "tadeyemi") || who.Find("a[href='/operator/sites/meridian-uk/users/"+u.ID+"']").Length() != 1 {
			t.Errorf("%q", who.Text("main"))
		}
		support.Get(one + "/edit").Want(403)
		support.Get(one + "/disable").Want(403)
		support.Get("/operator/sites/inkwell/platforms/" + shop.app.ID).Want(404)

		keller, security, _ := operatorWithApp(t, s, "skeller", gatehouse.RoleSecurity)
		security.Get(one + "/secret").Want(403)
		ask := security.Follow(security.Get(one).Want(200), "Turn off").Want(200)
		if off := security.Press(ask, "Turn off", nil).Want(200); !off.Has("Nobody can sign in to it") || !off.Has("Off") {
			t.Errorf("%q", off.Text("main"))
		}
		if late := security.Press(ask, "Turn off", nil).Want(409); !late.Has("Somebody changed the platform since you opened the page") {
			t.Errorf("%q", late.Text("main"))
		}
		security.Press(security.Get(one+"/enable").Want(200), "Turn on", nil).Want(200)

		hale, c, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		form := "form[action='" + one + "/edit']"
		stale := c.Get(one + "/edit").Want(200)
		if done := c.Submit(c.Get(one+"/edit").Want(200), form, testkit.Values{"name": "Shop <b>two</b>"}).Want(200); !done.Has("The platform is saved") || !done.Has("Shop <b>two</b>") {
			t.Errorf("%q", done.Text("main"))
		}
		late := c.Submit(stale, form, testkit.Values{"name": "Too late"}).Want(409)
		if !late.Has("Somebody else changed this platform") || late.Find("#name").AttrOr("value", "") != "Too late" {
			t.Errorf("%q", late.Text("main"))
		}
		old, two := c.Get(one+"/secret").Want(200), c.Get(one+"/secret").Want(200)
		if made := c.Press(old, "Make another secret", nil).Want(200); len(made.Text("#secret")) < 20 {
			t.Errorf("%q", made.Text("main"))
		}
		if p := c.Press(two, "Make another secret", nil).Want(409); p.Find("#secret").Length() > 0 {
			t.Errorf("made twice: %q", p.Text("main"))
		}
		if p := c.Press(c.Get(one+"/end-secrets").Want(200), "End the old secret", nil).Want(200); !p.Has("Only the newest secret") {
			t.Errorf("%q", p.Text("main"))
		}
		if p := c.Press(c.Get(one+"/delete").Want(200), "Delete", nil).Want(200); !p.Has("It is removed after") || p.Find("main a[href$='/edit']").Length() > 0 {
			t.Errorf("%q", p.Text("main"))
		}
		if p := c.Press(c.Get(one+"/restore").Want(200), "Restore", nil).Want(200); !p.Has("It is off until somebody turns it on") {
			t.Errorf("%q", p.Text("main"))
		}
		by := map[string]int{}
		rows, err := testkit.Raw(t, database).Query(`SELECT kind, actor_id FROM events WHERE site_id = 'meridian-uk' AND kind LIKE 'application.%'`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var kind, name string
			if err := rows.Scan(&kind, &name); err != nil {
				t.Fatal(err)
			}
			by[kind+" "+name]++
		}
		for _, want := range []string{"application.changed " + keller.ID, "application.changed " + hale.ID, "application.secret_made " + hale.ID, "application.deleted " + hale.ID, "application.restored " + hale.ID} {
			if by[want] == 0 {
				t.Errorf("no %s in %v", want, by)
			}
		}
	})
}

// Two owners press at once: one secret is made, however they race.
func TestC07_ASecretIsMadeOnce(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		shop := newPlatform(t, s, nil)
		st := s.Sites.ByID("meridian-uk")
		seen, err := s.SSO.Show(t.Context(), st, operator, shop.app.ID)
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		made := make(chan error, 8)
		for range cap(made) {
			wait.Go(func() {
				_, err := s.SSO.NewSecret(t.Context(), st, operator, shop.app.ID, seen.Version())
				made <- err
			})
		}
		wait.Wait()
		close(made)
		n := 0
		for err := range made {
			if err == nil {
				n++
			} else if gatehouse.KindOf(err) != gatehouse.Conflict {
				t.Error(err)
			}
		}
		if n != 1 {
			t.Errorf("%d secrets", n)
		}
	})
}

// oldPlatforms are the forms of all acts on platforms in each state.
func oldPlatforms(t *testing.T, s *testkit.Server, browser *testkit.Client, list string) (forms []oldForm) {
	t.Helper()
	st := s.Sites.ByID("meridian-uk")
	on, off, gone := newPlatform(t, s, nil).app.ID, newPlatform(t, s, nil).app.ID, newPlatform(t, s, nil).app.ID
	_, failed := s.SSO.NewSecret(t.Context(), st, operator, on, "")
	_, again := s.SSO.Delete(t.Context(), st, operator, gone, "")
	if err := errors.Join(failed, again, s.SSO.Turn(t.Context(), st, operator, off, "", gatehouse.ApplicationDisabled)); err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{on + "/edit", on + "/disable", on + "/secret", on + "/end-secrets", on + "/delete", off + "/enable", gone + "/restore"} {
		forms = append(forms, oldForms(browser.Get(list+page).Want(200))...)
	}
	return forms
}
