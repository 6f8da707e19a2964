package journeys

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// register makes an application for third-party software with its own clock, which nobody
// moves: the server's shows the same time.
func register(t *testing.T, s *testkit.Server, name string) (gatehouse.Application, string) {
	t.Helper()
	s.Clock.Add(time.Since(s.Clock.Now()))
	settings := gatehouse.DefaultApplication()
	settings.RedirectURIs = []string{"https://later.example/"} // where it listens is known later
	settings.Grants = append(settings.Grants, gatehouse.GrantRefresh)
	app, secret, err := s.SSO.Create(t.Context(), s.Sites.ByID("meridian-uk"), gatehouse.Caller{Kind: gatehouse.Operator, Name: "support"}, name, settings)
	if err != nil {
		t.Fatal(err)
	}
	return app, secret
}

// change says where it listens.
func change(t *testing.T, s *testkit.Server, app gatehouse.Application, to func(*gatehouse.ApplicationSettings)) {
	t.Helper()
	_, err := s.SSO.Change(t.Context(), s.Sites.ByID("meridian-uk"), gatehouse.Caller{Kind: gatehouse.Operator, Name: "support"}, app.ID, "",
		func(a *gatehouse.Application) { to(&a.Settings) })
	if err != nil {
		t.Fatal(err)
	}
}

// openid-client, unmodified, signs a user in, reads userinfo, refreshes and signs out.
func TestB17_AnUnmodifiedClientOfNode(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		app, secret := register(t, s, "Node")
		port := testkit.NodePlatform(t, s, s.URL("meridian-uk", ""), app.ID, secret)
		own := fmt.Sprintf("http://node.localhost:%d", port)
		change(t, s, app, func(a *gatehouse.ApplicationSettings) {
			a.RedirectURIs, a.PostLogoutRedirectURIs = []string{own + "/callback"}, []string{own + "/bye"}
		})
		c := testkit.NewClient(t, s.URL("meridian-uk", ""), "")
		says := func(p *testkit.Page) (v map[string]any) {
			t.Helper()
			if err := json.Unmarshal(p.Body, &v); err != nil || p.Status != 200 {
				t.Fatalf("at %s: %d %s", p.URL, p.Status, p.Body)
			}
			return v
		}
		back := c.Follow(c.Submit(c.Get(own+"/"), signInForm, testkit.Values{"username": "msantos", "password": password}), "Continue")
		if v := says(back); v["sub"] != u.ID || v["refreshable"] != true {
			t.Errorf("signed in as %v", v)
		}
		if v := says(c.Get(own + "/userinfo")); v["email"] != u.Email || v["account_number"] != "10482" {
			t.Errorf("userinfo: %v", v)
		}
		if v := says(c.Get(own + "/refresh")); v["another"] != true {
			t.Errorf("refresh: %v", v)
		}
		if v := says(c.Get(own + "/userinfo")); v["sub"] != u.ID {
			t.Errorf("userinfo after that: %v", v)
		}
		if v := says(c.Get(own + "/sign-out")); v["state"] != "s" {
			t.Errorf("after signing out: %v", v)
		}
		if p := c.Get(own + "/refresh"); p.Status != 500 || !strings.Contains(string(p.Body), "invalid_grant") {
			t.Errorf("the refresh token outlives the session: %d %s", p.Status, p.Body)
		}
	})
}

// Apache with mod_auth_openidc signs a user in through a real browser, with Enhanced Security
// on, refreshes, signs out, and is told about a sign-out elsewhere.
func TestB17_AnUnmodifiedClientInApache(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", nil)
		app, secret := register(t, s, "Wiki")
		behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, "<!doctype html><title>Wiki</title><link rel=icon href=data:,><h1>Wiki</h1><p>%s, %s, %s</p><p id=token>%s</p>", r.Header.Get("OIDC_CLAIM_sub"),
				r.Header.Get("OIDC_CLAIM_email"), r.Header.Get("OIDC_CLAIM_account_number"), r.Header.Get("OIDC_access_token"))
		}))
		t.Cleanup(behind.Close)
		port := testkit.Apache(t, `ServerName wiki.localhost:PORT
OIDCProviderMetadataURL `+s.URL("meridian-uk", "/.well-known/openid-configuration")+`
OIDCClientID `+app.ID+`
OIDCClientSecret `+secret+`
OIDCRedirectURI http://wiki.localhost:PORT/oidc
OIDCCryptoPassphrase a-passphrase-of-this-test-alone
OIDCScope "openid profile email company"
OIDCPKCEMethod S256
OIDCRemoteUserClaim sub
OIDCDefaultLoggedOutURL http://wiki.localhost:PORT/public
LogLevel auth_openidc:info
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
<LocationMatch ^/(public|favicon.ico)$>
  AuthType None
  Require all granted
</LocationMatch>
ProxyPass /oidc !
ProxyPass /favicon.ico !
ProxyPass / `+behind.URL+`/`)
		own := fmt.Sprintf("http://wiki.localhost:%d", port)
		change(t, s, app, func(a *gatehouse.ApplicationSettings) {
			a.RedirectURIs, a.PostLogoutRedirectURIs, a.BackchannelLogoutURI = []string{own + "/oidc"}, []string{own + "/public"}, own+"/oidc?logout=backchannel"
		})
		b := testkit.Browser(t)
		enter := func() {
			t.Helper()
			b.Open(own + "/page")
			entersPassword(b, "Username", "msantos", password)
			b.Fill("Six-digit code", mailedCode(t, s, u.Email))
			b.Press("Verify")
			b.See(u.ID + ", " + u.Email + ", 10482")
		}
		enter()
		token := b.Text("#token")
		b.Open(own + "/oidc?refresh=" + own + "/page&access_token=" + token)
		b.See(u.ID)
		if again := b.Text("#token"); again == token || again == "" {
			t.Errorf("it was not refreshed: %q", again)
		}
		b.Open(own + "/oidc?logout=" + own + "/public")
		b.See("Wiki")
		if !strings.HasSuffix(b.URL(), "/public") {
			t.Errorf("signing out leads to %s", b.URL())
		}
		enter()
		if err := s.Directory.Deactivate(t.Context(), s.Sites.ByID("meridian-uk"), gatehouse.Caller{Kind: gatehouse.Operator, Name: "support"}, u.ID); err != nil {
			t.Fatal(err)
		}
		testkit.Eventually(t, "Apache to be told", func() bool {
			waiting, _, err := s.Store.Read().LogoutQueue(t.Context(), s.Clock.Now())
			return err == nil && waiting == 0
		})
		b.Open(own + "/page")
		b.See("Forgot password?")
	})
}
