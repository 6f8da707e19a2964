package journeys

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// behind registers an application with the wiki's host behind a proxy.
func behind(t *testing.T, s *testkit.Server, change func(*gatehouse.ApplicationSettings)) gatehouse.Application {
	t.Helper()
	settings := gatehouse.DefaultApplication()
	settings.Grants, settings.Scopes, settings.Auth = nil, nil, gatehouse.AuthNone
	settings.ForwardHosts, settings.Home.LaunchURL = []string{"wiki.portal.localhost"}, "http://wiki.portal.localhost/start"
	if change != nil {
		change(&settings)
	}
	a, _, err := s.SSO.Create(t.Context(), s.Sites.ByID("meridian-uk"), support, "Wiki", settings)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const (
	wikiPage    = "http://wiki.portal.localhost/start"
	reportsPage = "http://reports.portal.localhost/"
)

// forwarded signs a user in and takes the cookie for applications behind proxies.
func forwarded(t *testing.T, s *testkit.Server, name string) (c *testkit.Client, cookie string) {
	t.Helper()
	c = testkit.NewClient(t, s.URL("meridian-uk", ""), "")
	c.SignIn(name, password).Want(200)
	c.Stay = true
	c.Get("/forward-auth?return_to=" + url.QueryEscape(reportsPage))
	return c, "gatehouse-forward=" + c.Cookie("/", "gatehouse-forward")
}

// asCaddy asks as Caddy and Traefik do, about a page or about what a page's script fetches.
func asCaddy(t *testing.T, s *testkit.Server, cookie, host, mode string) *testkit.Page {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.URL("meridian-uk", "/api/v1/authorize-request"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Cookie": cookie, "X-Forwarded-Method": "GET", "X-Forwarded-Host": host, "X-Forwarded-Uri": "/start", "Sec-Fetch-Mode": mode} {
		r.Header.Set(name, value)
	}
	c := testkit.NewClient(t, s.URL("meridian-uk", ""), "")
	c.Stay = true
	return c.Do(r)
}

// An application behind a proxy is open to the users whom the operator and the company allow:
// the others read whom to ask, ask, and get in when an administrator agrees.
func TestB17_WhoReachesAnApplicationBehindAProxy(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		s.AddUser("meridian-uk", "boss", password, func(b *gatehouse.User) { b.Role, b.FirstName = gatehouse.RoleAdmin, "Ines" })
		c, cookie := forwarded(t, s, "msantos")
		if p := authorize(t, s, cookie, wikiPage); p.Status != 200 {
			t.Fatalf("a host that no application claims: %d", p.Status)
		}
		a := behind(t, s, forAdministrators)
		if p := authorize(t, s, cookie, reportsPage); p.Status != 200 {
			t.Errorf("another host: %d", p.Status)
		}
		p := authorize(t, s, cookie, wikiPage)
		lead := p.Header.Get("X-Gatehouse-Sign-In")
		if p.Status != 401 || !strings.HasPrefix(lead, s.URL("meridian-uk", "/forward-auth?")) || p.Header.Get("X-Gatehouse-User") != "" {
			t.Fatalf("without access: %d %s", p.Status, lead)
		}
		if p := asCaddy(t, s, cookie, "wiki.portal.localhost", "navigate"); p.Status != 302 || p.Header.Get("Location") != lead {
			t.Errorf("a page by way of Caddy: %d %s", p.Status, p.Header.Get("Location"))
		}
		if p := asCaddy(t, s, cookie, "WIKI.portal.localhost", "cors"); p.Status != 403 {
			t.Errorf("what a script fetches: %d", p.Status)
		}
		c.Stay = false
		page := c.Get(strings.TrimPrefix(lead, s.URL("meridian-uk", ""))).Want(403)
		if page.Text("h1") != "You don’t have access to Wiki" || !page.Has("Ines") {
			t.Fatalf("no page that says whom to ask: %s %q", page.URL, page.Text("main"))
		}
		if !c.Press(page, "Ask for access", nil).Has("You’ll get the answer by email") || tilesOf(c.Get("/")) != "" {
			t.Error("not asked, or the launcher leads to what is closed")
		}
		office, admins := forwarded(t, s, "boss")
		office.Stay = false
		if p := authorize(t, s, admins, wikiPage); p.Status != 200 || p.Header.Get("X-Gatehouse-Role") != "admin" {
			t.Errorf("an administrator: %d", p.Status)
		}
		office.Press(office.Get("/company/platforms"), "Allow", nil).Want(200)
		mailOf(t, s, u.Email, "You now have access to Wiki")
		if p := authorize(t, s, cookie, wikiPage); p.Status != 200 {
			t.Errorf("after it was given: %d", p.Status)
		}
		home := c.Get("/")
		if tilesOf(home) != "Wiki" || strings.Contains(home.Text("#card-platforms"), "used") {
			t.Errorf("the launcher: %s", home.Text("#card-platforms"))
		}
		if p := c.Get("/account/platforms"); !p.Has("your profile") || p.Find("form[action$='/remove']").Length() != 0 {
			t.Error(p.Text("main"))
		}
		if _, err := s.SSO.Change(t.Context(), s.Sites.ByID("meridian-uk"), support, a.ID, "", func(a *gatehouse.Application) { a.State = gatehouse.ApplicationDisabled }); err != nil {
			t.Fatal(err)
		}
		if p := authorize(t, s, admins, wikiPage); p.Status != 403 {
			t.Errorf("turned off: %d", p.Status)
		}
		if p := office.Get("/forward-auth?return_to=" + url.QueryEscape(wikiPage)); p.Status != 403 {
			t.Errorf("turned off, asked for in the browser: %d", p.Status)
		}
	}, portalSite)
}

// An application's requirements for a sign-in also apply behind a proxy.
func TestB17_AnApplicationBehindAProxyAsksForMore(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		a := behind(t, s, func(a *gatehouse.ApplicationSettings) { a.Access.MaxAge = 30 * time.Minute })
		c, cookie := forwarded(t, s, "msantos")
		if p := authorize(t, s, cookie, wikiPage); p.Status != 200 {
			t.Fatalf("a new sign-in: %d", p.Status)
		}
		s.Clock.Add(31 * time.Minute)
		p := authorize(t, s, cookie, wikiPage)
		if p.Status != 401 {
			t.Fatalf("one that is too old: %d", p.Status)
		}
		c.Stay = false
		page := c.Get(strings.TrimPrefix(p.Header.Get("X-Gatehouse-Sign-In"), s.URL("meridian-uk", ""))).Want(200)
		c.Stay = true
		page = c.Submit(page, signInForm, testkit.Values{"username": "msantos", "password": password})
		to := page.MustFind("main a[href^='/forward-auth?']").AttrOr("href", "")
		if back := c.Get(to).Header.Get("Location"); back != wikiPage {
			t.Fatalf("signing in again leads to %q", back)
		}
		if p := authorize(t, s, "gatehouse-forward="+c.Cookie("/", "gatehouse-forward"), wikiPage); p.Status != 200 {
			t.Errorf("after signing in again: %d", p.Status)
		}
		if _, err := s.SSO.Change(t.Context(), s.Sites.ByID("meridian-uk"), support, a.ID, "", func(a *gatehouse.Application) { a.Settings.Access.Level = 2 }); err != nil {
			t.Fatal(err)
		}
		c.Stay = false
		weak := c.Get("/forward-auth?return_to=" + url.QueryEscape(wikiPage)).Want(403)
		if weak.Text("h1") != "Wiki needs two-factor authentication" || weak.Find("a[href='/account/security']").Length() != 1 {
			t.Errorf("%s", weak.Text("main"))
		}
	}, portalSite)
}

// A host belongs to one application, and the site has to list it.
func TestB17_HostsBehindProxiesAreClaimedOnce(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		st := s.Sites.ByID("meridian-uk")
		first := behind(t, s, nil)
		settings := first.Settings
		_, _, err := s.SSO.Create(t.Context(), st, support, "Second", settings)
		if gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("a second application takes the host: %v", err)
		}
		settings.ForwardHosts, settings.Home.LaunchURL = []string{"elsewhere.portal.localhost"}, ""
		if _, _, err := s.SSO.Create(t.Context(), st, support, "Third", settings); gatehouse.KindOf(err) != gatehouse.Invalid {
			t.Errorf("a host that the site does not list: %v", err)
		}
		if _, err := s.SSO.Change(t.Context(), st, support, first.ID, "", func(a *gatehouse.Application) {
			a.Settings.ForwardHosts = []string{"reports.portal.localhost"}
			a.Settings.Home.LaunchURL = ""
		}); err != nil {
			t.Fatal(err)
		}
		settings.ForwardHosts = []string{"wiki.portal.localhost"}
		if _, _, err := s.SSO.Create(t.Context(), st, support, "Second", settings); err != nil {
			t.Errorf("a host that was given up: %v", err)
		}
	}, portalSite)
}
