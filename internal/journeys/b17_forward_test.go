package journeys

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// portalSite moves Meridian UK to a domain that it shares with two applications.
var portalSite = testkit.WithSite("meridian-uk", func(text string) string {
	return strings.Replace(text, "uk.localhost", "login.portal.localhost", 1) +
		"\nforward_auth:\n  domain: portal.localhost\n  hosts: [wiki.portal.localhost, reports.portal.localhost]\n"
})

// wiki is an application that does not speak OpenID Connect and trusts its proxy.
func wiki(t *testing.T) string {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><title>Wiki</title><h1>%s %s</h1><p>", r.Method, r.URL.RequestURI())
		for _, name := range []string{"User", "Name", "Email", "Company", "Account-Number", "Role"} {
			fmt.Fprintf(w, "%s=%s;", name, r.Header.Get("X-Gatehouse-"+name))
		}
	}))
	t.Cleanup(app.Close)
	return strings.TrimPrefix(app.URL, "http://")
}

// The configurations are those of docs/platforms.md, with this test's addresses.
func nginxBefore(t *testing.T, s *testkit.Server, app string) int {
	return testkit.Nginx(t, `server {
  listen 127.0.0.1:PORT;
  server_name wiki.portal.localhost reports.portal.localhost;
  location / {
    auth_request /gatehouse;
    auth_request_set $sign_in $upstream_http_x_gatehouse_sign_in;
    auth_request_set $gatehouse_user $upstream_http_x_gatehouse_user;
    auth_request_set $gatehouse_name $upstream_http_x_gatehouse_name;
    auth_request_set $gatehouse_email $upstream_http_x_gatehouse_email;
    auth_request_set $gatehouse_company $upstream_http_x_gatehouse_company;
    auth_request_set $gatehouse_account_number $upstream_http_x_gatehouse_account_number;
    auth_request_set $gatehouse_role $upstream_http_x_gatehouse_role;
    error_page 401 =302 $sign_in;
    proxy_set_header X-Gatehouse-User $gatehouse_user;
    proxy_set_header X-Gatehouse-Name $gatehouse_name;
    proxy_set_header X-Gatehouse-Email $gatehouse_email;
    proxy_set_header X-Gatehouse-Company $gatehouse_company;
    proxy_set_header X-Gatehouse-Account-Number $gatehouse_account_number;
    proxy_set_header X-Gatehouse-Role $gatehouse_role;
    proxy_pass http://`+app+`;
  }
  location = /gatehouse {
    internal;
    proxy_pass http://`+s.Addr+`/api/v1/authorize-request;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_set_header Host login.portal.localhost;
    proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
    proxy_set_header X-Original-Method $request_method;
  }
}`)
}

func caddyBefore(t *testing.T, s *testkit.Server, app string) int {
	return testkit.Caddy(t, `http://wiki.portal.localhost:PORT, http://reports.portal.localhost:PORT {
  forward_auth http://`+s.Addr+` {
    uri /api/v1/authorize-request
    header_up Host login.portal.localhost
    copy_headers X-Gatehouse-User X-Gatehouse-Name X-Gatehouse-Email X-Gatehouse-Company X-Gatehouse-Account-Number X-Gatehouse-Role
  }
  reverse_proxy http://`+app+`
}`)
}

func TestB17_ForwardAuthentication(t *testing.T) {
	for name, before := range map[string]func(*testing.T, *testkit.Server, string) int{"nginx": nginxBefore, "caddy": caddyBefore} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *testkit.Server) { forwardJourney(t, s, before(t, s, wiki(t))) }, portalSite)
		})
	}
}

func forwardJourney(t *testing.T, s *testkit.Server, port int) {
	s.AddUser("meridian-uk", "zsantos", password, func(u *gatehouse.User) { u.FirstName = "Zoë" })
	c := testkit.NewClient(t, s.URL("meridian-uk", ""), "")
	page := func(host, path string) string {
		return fmt.Sprintf("http://%s.portal.localhost:%d%s", host, port, path)
	}

	p := c.Get(page("wiki", "/start?topic=a%20b&page=2"))
	if p.URL.Path != "/sign-in" || p.URL.Hostname() != "login.portal.localhost" {
		t.Fatalf("a stranger is at %s", p.URL)
	}
	forged, err := http.NewRequest(http.MethodGet, page("wiki", "/"), nil)
	if err != nil {
		t.Fatal(err)
	}
	forged.Header.Set("X-Gatehouse-User", "administrator")
	if p := c.Do(forged); p.Status != 302 || strings.Contains(string(p.Body), "administrator") {
		t.Fatalf("a stranger who says who he is: %d %s", p.Status, p.Body)
	}

	p = c.Submit(p, signInForm, testkit.Values{"username": "zsantos", "password": password})
	want := "User=zsantos;Name=Zoë Santos;Email=zsantos@northgate.example;Company=Northgate Systems Ltd;Account-Number=10482;Role=user;"
	if p.Text("h1") != "GET /start?topic=a%20b&page=2" || p.Text("p") != want {
		t.Fatalf("after signing in, at %s: %q %q", p.URL, p.Text("h1"), p.Text("p"))
	}
	if p := c.Get(page("reports", "/")); p.Text("p") != want || len(p.Via) != 0 {
		t.Errorf("the second application: %q by way of %q", p.Text("p"), p.Via)
	}
	forged.Header.Set("Cookie", "gatehouse-forward="+c.Cookie("/", "gatehouse-forward"))
	if p := c.Do(forged); p.Status != 200 || p.Text("p") != want {
		t.Errorf("a user who says he is somebody else: %d %q", p.Status, p.Text("p"))
	}

	c.Submit(c.Get("/account/profile"), "form[action='/sign-out']", nil)
	if p := c.Get(page("wiki", "/")); p.URL.Path != "/sign-in" {
		t.Errorf("after signing out, at %s", p.URL)
	}
}

// What an application gets is useless elsewhere: its cookie opens no page, and the
// session's cookie never reaches it.
func TestB17_ForwardCookieIsGoodForNothingElse(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := testkit.NewClient(t, s.URL("meridian-uk", ""), "")
		ask := func(cookie string) *testkit.Page { return authorize(t, s, cookie, "http://wiki.portal.localhost/") }
		c.SignIn("msantos", password).Want(200)
		c.Stay = true
		if p := c.Get("/forward-auth?return_to=" + url.QueryEscape("http://wiki.portal.localhost/a")); p.Header.Get("Location") != "http://wiki.portal.localhost/a" {
			t.Fatalf("%d %q", p.Status, p.Header.Get("Location"))
		}
		session, forward := c.Cookie("/", "gatehouse-session"), c.Cookie("/", "gatehouse-forward")
		if ask("gatehouse-forward="+forward).Status != 200 {
			t.Fatal("the cookie does not work")
		}
		for _, wrong := range []string{"gatehouse-forward=" + session, "gatehouse-session=" + session, "gatehouse-forward=" + forward + "x", "gatehouse-forward=", ""} {
			if p := ask(wrong); p.Status != 401 {
				t.Errorf("with %q: %d", wrong, p.Status)
			}
		}
		thief := testkit.NewClient(t, s.URL("meridian-uk", ""), "")
		thief.SetCookie(&http.Cookie{Name: "gatehouse-session", Value: forward, Path: "/"})
		if p := thief.Get("/account/profile"); p.URL.Path != "/sign-in" {
			t.Errorf("with an application's cookie one is at %s", p.URL)
		}
		s.Clock.Add(24 * time.Hour)
		if p := ask("gatehouse-forward=" + forward); p.Status != 401 {
			t.Errorf("when the session is over: %d", p.Status)
		}
	}, portalSite)
}

// authorize asks as nginx does, about a page.
func authorize(t *testing.T, s *testkit.Server, cookie, address string) *testkit.Page {
	r, err := http.NewRequest(http.MethodGet, s.URL("meridian-uk", "/api/v1/authorize-request"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", cookie)
	r.Header.Set("X-Original-URL", address)
	r.Header.Set("X-Original-Method", http.MethodGet)
	return testkit.NewClient(t, s.URL("meridian-uk", ""), "").Do(r)
}

// Redirects lead only to the applications that the site lists.
func TestB17_ForwardLeadsNowhereElse(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := testkit.NewClient(t, s.URL("meridian-uk", ""), "")
		c.SignIn("msantos", password).Want(200)
		c.Stay = true
		for _, to := range []string{
			"http://evil.example/", "http://portal.localhost/", "http://login.portal.localhost/", "http://other.portal.localhost/", "//wiki.portal.localhost/",
			"https://wiki.portal.localhost/", "http://wiki.portal.localhost.evil.example/", "http://wiki.portal.localhost@evil.example/",
			"http://user@wiki.portal.localhost/", "http://evil.example\\@wiki.portal.localhost/", "http:wiki.portal.localhost/", "/", "", "javascript:alert(1)",
			"http://wiki.portal.localhost%2eevil.example/", "http://wiki.portal.localhost\t.evil.example/", "http://wiki.portal.localhost./",
		} {
			if p := c.Get("/forward-auth?return_to=" + url.QueryEscape(to)); p.Status != 403 || p.Header.Get("Location") != "" || p.Header.Get("Set-Cookie") != "" {
				t.Errorf("%q: %d %q", to, p.Status, p.Header.Get("Location"))
			}
			if p := authorize(t, s, "", to); p.Status != 403 || p.Header.Get("X-Gatehouse-Sign-In") != "" {
				t.Errorf("a proxy that asks about %q: %d", to, p.Status)
			}
		}
	}, portalSite)
}
