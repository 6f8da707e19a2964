package journeys

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/testkit"
)

// command is who runs commands on the server.
var command = gatehouse.Caller{Kind: gatehouse.Operator, Name: "root"}

// operatorSignIn signs an operator in whose app is known, from a new browser.
func operatorSignIn(t *testing.T, s *testkit.Server, u gatehouse.User, app phone) *testkit.Client {
	t.Helper()
	c := visitor(t, s, gatehouse.OperatorsSite)
	operatorAgain(t, s, c, u, app)
	return c
}

// operatorAgain is operatorSignIn in a browser that is known.
func operatorAgain(t *testing.T, s *testkit.Server, c *testkit.Client, u gatehouse.User, app phone) {
	t.Helper()
	s.Clock.Add(time.Minute)
	p := signIn(c, u.Username, password)
	if p = enterCode(c, p, app.shows(s)).Want(200); p.URL.Path != "/operator" {
		t.Fatalf("%s leads to %s: %q", u.Username, p.URL, p.Text("main"))
	}
}

// operatorWithApp is a new operator in a role, signed in, with an app.
func operatorWithApp(t *testing.T, s *testkit.Server, username string, role gatehouse.Role) (gatehouse.User, *testkit.Client, phone) {
	t.Helper()
	u := s.AddOperator(username, password, role)
	c := visitor(t, s, gatehouse.OperatorsSite)
	app, p := setsUpFirst(t, s, c, withCode(t, s, c, u))
	if p.URL.Path != "/operator" {
		t.Fatalf("%s: %q", p.URL, p.Text("main"))
	}
	return u, c, app
}

// setsUpFirst sets an app up in the first sign-in, and goes on.
func setsUpFirst(t *testing.T, s *testkit.Server, c *testkit.Client, step *testkit.Page) (phone, *testkit.Page) {
	t.Helper()
	waiting := c.Press(step, "Set up an authenticator app", nil).Want(200)
	app := scan(t, waiting)
	return app, c.Follow(c.Submit(waiting, factorForm, testkit.Values{"code": app.shows(s)}).Want(200), "I have saved them")
}

// The first operator: a command prints a link, the password is chosen there, the first sign-in asks
// for a code by mail and then for a factor, and nothing is open before there is one. The next sign-in
// asks for the app, and for nothing that is in the mailbox.
func TestC07_TheFirstOperatorSignsIn(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		st := s.Sites.Operators()
		u, link, err := s.Directory.CreateOperator(t.Context(), st, command, directory.UserFields{Username: "ohale", FirstName: "Owen", LastName: "Hale", Email: "owen@platform.example", Role: gatehouse.RoleOwner})
		if err != nil {
			t.Fatal(err)
		}
		if m := mailAbout(t, s, u.Email, "Choose your password"); !strings.Contains(m.Text, link) || !strings.Contains(m.Header.Get("From"), "no-reply@platform.example") {
			t.Errorf("%s: %s", m.From, m.Text)
		}
		c := visitor(t, s, gatehouse.OperatorsSite)
		path, _ := strings.CutPrefix(link, st.Origin)
		p := c.Submit(c.Get(path).Want(200), "form[action='/reset-password']", testkit.Values{"new_password": password, "repeat_password": password}).Want(200)
		if p.URL.Path != "/sign-in" {
			t.Fatalf("%s: %q", p.URL, p.Text("main"))
		}
		p = wantCodePage(t, c, u)
		if q := c.Get("/operator"); q.URL.Path == "/operator" {
			t.Fatal("open before the code")
		}
		p = enterCode(c, p, mailedCode(t, s, u.Email)).Want(200)
		if p.URL.Path != "/sign-in/factor" || p.Has("Not now") {
			t.Fatalf("%s: %q", p.URL, p.Text("main"))
		}
		if q := c.Get("/operator"); q.URL.Path == "/operator" {
			t.Fatal("open before there is a factor")
		}
		app, p := setsUpFirst(t, s, c, p)
		if p.URL.Path != "/operator" || !p.Has("Overview") || !p.Has("Meridian UK") || !p.Has("Owen Hale") {
			t.Fatalf("%s: %q", p.URL, p.Text("body"))
		}
		sent := mailsAbout(s, "code for")
		operatorSignIn(t, s, u, app)
		if n := mailsAbout(s, "code for"); n != sent {
			t.Errorf("%d codes were mailed", n-sent)
		}
	})
}

// Sessions of operators are short: half an hour without use, eight hours at most.
func TestC07_OperatorsSessionsAreShort(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u, c, app := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		s.Clock.Add(31 * time.Minute)
		if p := c.Get("/operator"); p.URL.Path != "/sign-in" {
			t.Errorf("after half an hour: %s", p.URL)
		}
		c = operatorSignIn(t, s, u, app)
		for range 23 {
			s.Clock.Add(20 * time.Minute)
			c.Get("/operator").Want(200)
		}
		if s.Clock.Add(21 * time.Minute); c.Get("/operator").URL.Path != "/sign-in" {
			t.Error("after eight hours")
		}
	})
}

// The operators' pages are on no site's host, and the sites' pages are not on theirs; neither's
// session is one at the other.
func TestC07_OperatorsHaveAHostOfTheirOwn(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		_, c, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		admin := s.AddUser("meridian-uk", "msantos", password, func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
		a := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(a, admin.Username, password))
		for _, path := range []string{"/company/users", "/help", "/help/locked", "/contact", "/forgot-password", "/forgot-username", "/terms", "/account/profile",
			"/account/platforms", "/.well-known/openid-configuration", "/oauth2/authorize", "/api/v1/session", "/search", "/sign-in/challenge", "/home/platforms"} {
			if p := c.Get(path); p.Status != 404 {
				t.Errorf("the operators' host answers %s: %d", path, p.Status)
			}
		}
		for _, path := range []string{"/operator", "/operator/", "/operator/sites", "/operator/operators"} {
			if p := a.Get(path); p.Status != 404 {
				t.Errorf("a site answers %s: %d", path, p.Status)
			}
			if p := visitor(t, s, "inkwell").Get(path); p.Status != 404 {
				t.Errorf("a site answers a stranger %s: %d", path, p.Status)
			}
		}
		stolen := visitor(t, s, "meridian-uk")
		stolen.SetCookie(&http.Cookie{Name: "gatehouse-session", Path: "/", Value: c.Cookie("/", "gatehouse-session")})
		if p := stolen.Get("/account/security"); p.URL.Path != "/sign-in" {
			t.Errorf("an operator's session on a site: %s", p.URL)
		}
		other := visitor(t, s, gatehouse.OperatorsSite)
		other.SetCookie(&http.Cookie{Name: "gatehouse-session", Path: "/", Value: a.Cookie("/", "gatehouse-session")})
		if p := other.Get("/operator"); p.URL.Path != "/sign-in" {
			t.Errorf("an administrator's session at the operators': %s", p.URL)
		}
		if p := c.Get("/"); p.URL.Path != "/operator" {
			t.Errorf("home leads to %s", p.URL)
		}
	})
}

// An operator who is deactivated is out with the next request, and one whose role changes has the
// other role.
func TestC07_AnOperatorIsOutAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		_, owner, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleOwner)
		u, c, _ := operatorWithApp(t, s, "tbello", gatehouse.RoleSupport)
		c.Get("/operator").Want(200)
		if err := s.Directory.Deactivate(t.Context(), s.Sites.Operators(), command, u.ID); err != nil {
			t.Fatal(err)
		}
		if p := c.Get("/operator"); p.URL.Path != "/sign-in" {
			t.Errorf("still in: %s", p.URL)
		}
		owner.Get("/operator").Want(200)
	})
}
